import { createRoute, z } from "@hono/zod-openapi";
import type { Principal } from "@penstock/engine";
import { HTTPException } from "hono/http-exception";
import { isOfAny } from "../../approvals/eligible.ts";
import type { StoredGrant } from "../../store/grants.ts";
import type { ListedGrant } from "../../store/listed-grants.ts";
import type { Store } from "../../store/store.ts";
import { apiPath } from "../paths.ts";
import { reached } from "../reached.ts";
import type { Api } from "../routing.ts";

const grant = z
  .object({
    id: z.string(),
    request: z.string(),
    by: z.string().openapi({ description: "Principal id of who said yes." }),
    groups: z.array(z.string()),
    alike: z.boolean().openapi({ description: "Also for the statement with other values." }),
    until: z.iso.datetime(),
    uses_left: z.int().optional().openapi({ description: "Left out: any number." }),
    used: z.int(),
    principal: z.string().optional(),
    target: z.string().optional(),
    statement: z.string().optional(),
  })
  .openapi("Grant");

/** What was approved and can still be used: whoever may say yes to it sees it, and takes it back. */
export function addGrantRoutes(api: Api, store: Store): void {
  api.openapi(
    createRoute({
      method: "get",
      path: `${apiPath}/grants`,
      summary: "Approvals that can still be used, of groups that you are in, the first to end first.",
      responses: {
        200: {
          description: "They.",
          content: { "application/json": { schema: z.object({ grants: z.array(grant) }) } },
        },
      },
    }),
    async (c) => {
      const mine = (await reached(() => store.grants())).filter((each) => mayRevoke(c.var.person, each.grant));
      return c.json({ grants: mine.map(shown) }, 200);
    },
  );
  api.openapi(
    createRoute({
      method: "delete",
      path: `${apiPath}/grants/{id}`,
      summary: "Takes an approval back: it cannot be used again. What runs by it already runs on.",
      request: {
        params: z.object({ id: z.string().max(100) }),
        query: z.object({ because: z.string().max(1000).optional() }),
      },
      responses: { 204: { description: "It is gone." }, 404: { description: "There is none that you may take back." } },
    }),
    async (c) => {
      const { person } = c.var;
      const { id } = c.req.valid("param");
      const { because } = c.req.valid("query");
      const found = (await reached(() => store.grants())).find((each) => each.grant.grant === id);
      const isMine = found !== undefined && mayRevoke(person, found.grant);
      const by = { user: person.name, by: person.id, proof: "token", because };
      if (!isMine || !(await reached(() => store.revoke(id, by))))
        throw new HTTPException(404, { message: "there is no such approval, or none that you may take back" });
      return c.body(null, 204);
    },
  );
}

/** To take something back harms nobody's data: who asked may be among them. */
function mayRevoke(person: Principal, { groups, by }: StoredGrant): boolean {
  return person.kind === "human" && (person.id === by || isOfAny(person, groups));
}

function shown({ grant: given, asked }: ListedGrant): z.output<typeof grant> {
  const { grant: id, request, by, groups, isAlike, untilMs, usesLeft, used } = given;
  return {
    id,
    request,
    by,
    groups: [...groups],
    alike: isAlike,
    until: new Date(untilMs).toISOString(),
    ...(usesLeft === undefined ? {} : { uses_left: usesLeft }),
    used,
    ...(asked === undefined
      ? {}
      : {
          principal: asked.principal.id,
          target: asked.target,
          statement: isAlike ? (asked.alike ?? "") : (asked.texts[0] ?? ""),
        }),
  };
}
