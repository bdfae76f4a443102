import { createRoute, z } from "@hono/zod-openapi";
import { HTTPException } from "hono/http-exception";
import type { AdminHost, Permissions } from "../admin-host.ts";
import { apiPath } from "../paths.ts";
import { type Api, demand } from "../routing.ts";

const outcome = z
  .object({
    outcome: z.enum(["applied", "unchanged"]).openapi({ description: "Whether anything is another than before." }),
    digest: z.string().openapi({ description: "SHA-256 of the configuration; the audit log names it." }),
    changed: z.array(z.string()).openapi({ description: "What is in force now, such as `limits` or `targets.shop`." }),
    needs_restart: z.array(z.string()).openapi({ description: "What is in the file and waits for the next start." }),
  })
  .openapi("Reload");

export function addConfigRoutes(api: Api, host: AdminHost, permissions: Permissions): void {
  api.openapi(
    createRoute({
      method: "post",
      path: `${apiPath}/config/reload`,
      summary: "Reads the configuration again, with users, policies and catalogs, as SIGHUP does.",
      responses: {
        200: { description: "It is in order.", content: { "application/json": { schema: outcome } } },
        422: { description: "It has mistakes, or something in it cannot be used: nothing was changed." },
      },
    }),
    async (c) => {
      demand("policies", permissions, c.var.person);
      const { kind, digest, changed, needsRestart, report } = await host.reloadConfig(c.var.person);
      if (kind === "refused") throw new HTTPException(422, { message: report });
      return c.json({ outcome: kind, digest, changed: [...changed], needs_restart: [...needsRestart] }, 200);
    },
  );
}
