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
    up: z.boolean().openapi({ description: "Whether it has answered when it was asked last." }),
    since: z.iso.datetime().optional().openapi({ description: "Since when it has been as `up` says." }),
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
      const targets = host.targets.map(({ isUp, sinceMs, error, ...rest }) => ({
        ...rest,
        up: isUp,
        ...(sinceMs === undefined ? {} : { since: new Date(sinceMs).toISOString() }),
        ...(error === undefined ? {} : { error }),
      }));
      return c.json({ targets }, 200);
    },
  );
}
