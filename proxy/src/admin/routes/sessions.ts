import { createRoute, z } from "@hono/zod-openapi";
import { HTTPException } from "hono/http-exception";
import type { SessionState } from "../../enforce/session-state.ts";
import type { AdminHost, Permissions } from "../admin-host.ts";
import { type Api, demand } from "../routing.ts";
import { apiPath } from "../paths.ts";

const session = z
  .object({
    id: z.string(),
    principal: z.object({ id: z.string(), kind: z.string(), groups: z.array(z.string()) }),
    on_behalf_of: z.string().optional().openapi({ description: "Principal id of the person for whom an agent acts." }),
    user: z.string().openapi({ description: "The name that the client has logged in with." }),
    target: z.string(),
    database: z.string(),
    address: z.string(),
    application: z.string().openapi({ description: "As the client says; nobody has checked it." }),
    tls: z.boolean(),
    since: z.iso.datetime(),
    waits_for_approval: z.boolean(),
  })
  .openapi("Session");

/** Sessions that are open, and ending one. */
export function addSessionRoutes(api: Api, host: AdminHost, permissions: Permissions): void {
  api.openapi(
    createRoute({
      method: "get",
      path: `${apiPath}/sessions`,
      summary: "Sessions that are open, the oldest first.",
      request: { query: z.object({ principal: z.string().optional(), target: z.string().optional() }) },
      responses: {
        200: {
          description: "They.",
          content: { "application/json": { schema: z.object({ sessions: z.array(session) }) } },
        },
      },
    }),
    async (c) => {
      demand("sessions", permissions, c.var.person);
      const { principal, target } = c.req.valid("query");
      const sessions = (await host.activity.sessions())
        .filter(
          (each) =>
            (principal === undefined || each.principal.id === principal) &&
            (target === undefined || each.target === target),
        )
        .toSorted((one, other) => one.sinceMs - other.sinceMs);
      return c.json({ sessions: sessions.map(shown) }, 200);
    },
  );
  api.openapi(
    createRoute({
      method: "delete",
      path: `${apiPath}/sessions/{id}`,
      summary: "Ends a session: its client gets an error, and its transaction is rolled back.",
      request: {
        params: z.object({ id: z.string().max(100) }),
        query: z.object({ reason: z.string().max(500).optional() }),
      },
      responses: { 204: { description: "It has ended." }, 404: { description: "There is no such session." } },
    }),
    async (c) => {
      demand("sessions", permissions, c.var.person);
      const { id } = c.req.valid("param");
      const { reason } = c.req.valid("query");
      const found = (await host.activity.sessions()).find((each) => each.id === id);
      if (found === undefined) throw new HTTPException(404, { message: "there is no such session, or not any more" });
      await host.recordChange(c.var.person, "end_session", { session: id, principal: found.principal.id, reason });
      const because = reason === undefined ? "" : `: ${reason}`;
      await host.activity.end(id, {
        reason: "ended by an operator",
        sqlstate: "57P01",
        message: `terminating connection: an operator has ended the session${because}`,
      });
      return c.body(null, 204);
    },
  );
}

function shown({ principal, onBehalfOf, sinceMs, waitsForApproval, ...state }: SessionState): z.output<typeof session> {
  return {
    ...state,
    principal: { ...principal, groups: [...principal.groups] },
    ...(onBehalfOf === undefined ? {} : { on_behalf_of: onBehalfOf }),
    since: new Date(sinceMs).toISOString(),
    waits_for_approval: waitsForApproval,
  };
}
