import { createRoute, z } from "@hono/zod-openapi";
import type { AdminHost } from "../admin-host.ts";
import type { Api } from "../routing.ts";

const health = z.object({ status: z.enum(["ok", "unready"]), reasons: z.array(z.string()) }).openapi("Health");
const asJson = (description: string) => ({ description, content: { "application/json": { schema: health } } });

/** For load balancers, supervisors and Prometheus: without a token, and so without anything that is secret. */
export function addHealthRoutes(api: Api, host: AdminHost): void {
  api.openapi(
    createRoute({
      method: "get",
      path: "/healthz",
      summary: "Whether the process works; a supervisor restarts it when there is no answer.",
      security: [],
      responses: { 200: asJson("It does.") },
    }),
    (c) => c.json({ status: "ok" as const, reasons: [] }, 200),
  );
  api.openapi(
    createRoute({
      method: "get",
      path: "/readyz",
      summary: "Whether new clients should be sent here.",
      security: [],
      responses: { 200: asJson("They should."), 503: asJson("They should not, and why.") },
    }),
    (c) => {
      const reasons = [...host.unready];
      return reasons.length === 0
        ? c.json({ status: "ok" as const, reasons }, 200)
        : c.json({ status: "unready" as const, reasons }, 503);
    },
  );
  api.openapi(
    createRoute({
      method: "get",
      path: "/metrics",
      summary: "Counters and histograms, in Prometheus' text format.",
      security: [],
      responses: { 200: { description: "They.", content: { "text/plain": { schema: z.string() } } } },
    }),
    async (c) => c.text(await host.metrics(), 200, { "content-type": "text/plain; version=0.0.4; charset=utf-8" }),
  );
}
