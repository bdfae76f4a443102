import { createRoute, z } from "@hono/zod-openapi";
import type { AdminHost, Permissions } from "../admin-host.ts";
import { type Api, demand } from "../routing.ts";
import { apiPath } from "../paths.ts";

const target = z
  .object({
    name: z.string(),
    engine: z.string(),
    environment: z.string(),
    version: z.string().openapi({ description: "Of the server." }),
    relations: z.int().openapi({ description: "Tables and views that the proxy knows there." }),
    up: z.boolean().openapi({ description: "Whether the last look at its schema has succeeded." }),
    error: z.string().optional().openapi({ description: "Why it has not." }),
  })
  .openapi("Target");

export function addTargetRoutes(api: Api, host: AdminHost, permissions: Permissions): void {
  api.openapi(
    createRoute({
      method: "get",
      path: `${apiPath}/targets`,
      summary: "The databases behind the proxy.",
      responses: {
        200: {
          description: "They.",
          content: { "application/json": { schema: z.object({ targets: z.array(target) }) } },
        },
      },
    }),
    (c) => {
      demand("targets", permissions, c.var.person);
      const targets = host.targets.map(({ isUp, error, ...rest }) => ({
        ...rest,
        up: isUp,
        ...(error === undefined ? {} : { error }),
      }));
      return c.json({ targets }, 200);
    },
  );
}
