import { createRoute, z } from "@hono/zod-openapi";
import type { AdminHost, Permissions } from "../admin-host.ts";
import { type Api, demand } from "../routing.ts";
import { HTTPException } from "hono/http-exception";
import { apiPath, bundlePath } from "../paths.ts";

const policies = z
  .object({
    revision: z.string().openapi({ description: "Digest of what is in force; audit records name it." }),
    origin: z.string(),
    files: z.int(),
    since: z.iso.datetime(),
    reloads: z.object({
      in_force: z.int().openapi({ description: "Times that changed policies came into force." }),
      refused: z.int().openapi({ description: "Times that they had errors, and the old ones stayed." }),
      unreachable: z.int().openapi({ description: "Times that their address gave no answer." }),
    }),
    shadow: z
      .object({
        revision: z.string().optional(),
        decisions: z.record(z.string(), z.int()).openapi({
          description: "How many statements it decides alike (`same`), and how often each kind of difference came.",
        }),
      })
      .optional(),
  })
  .openapi("Policies");
const answer = { 200: { description: "They.", content: { "application/json": { schema: policies } } } };

export function addPolicyRoutes(api: Api, host: AdminHost, permissions: Permissions): void {
  api.openapi(
    createRoute({
      method: "get",
      path: `${apiPath}/policies`,
      summary: "The policies in force.",
      responses: answer,
    }),
    async (c) => {
      demand("policies", permissions, c.var.person);
      return c.json(await shown(host), 200);
    },
  );
  api.openapi(
    createRoute({
      method: "post",
      path: `${apiPath}/policies/reload`,
      summary:
        "Reads the policies again, now. What has errors is refused, and the old ones stay: compare the revision.",
      responses: answer,
    }),
    async (c) => {
      demand("policies", permissions, c.var.person);
      await host.recordChange(c.var.person, "reload_policies", {});
      await host.reloadPolicies();
      return c.json(await shown(host), 200);
    },
  );
  api.openapi(
    createRoute({
      method: "post",
      path: bundlePath,
      summary:
        "Puts a signed bundle in force, and keeps it where the proxy reads it at start. One without a trusted signature, or that is a step back, is refused, and the policies in force stay.",
      request: { body: { content: { "application/gzip": { schema: { type: "string", format: "binary" } } } } },
      responses: answer,
    }),
    async (c) => {
      const { person } = c.var;
      const bytes = Buffer.from(await c.req.arrayBuffer());
      const { revision: before } = host.policies;
      const put = await host.putBundle(bytes, ({ revision, name, sequence }) =>
        host.recordChange(person, "put_bundle", { revision, bundle: name, sequence, before }),
      );
      if (put.kind === "loaded") return c.json(await shown(host), 200);
      if (put.kind === "no place") throw new HTTPException(409, { message: put.report });
      await host.recordChange(person, "put_refused_bundle", { revision: put.revision, before });
      throw new HTTPException(400, { message: put.report });
    },
  );
}

async function shown({ policies: inForce, activity }: AdminHost): Promise<z.output<typeof policies>> {
  const { sinceMs, swaps, refusals, failures, shadow, ...rest } = inForce;
  const reloads = { in_force: swaps, refused: refusals, unreachable: failures };
  const since = new Date(sinceMs).toISOString();
  if (shadow === undefined) return { ...rest, since, reloads };
  const { shadow: counts } = await activity.readings();
  return { ...rest, since, reloads, shadow: { revision: shadow.revision, decisions: Object.fromEntries(counts) } };
}
