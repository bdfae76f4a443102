/**
 * The HTTP API: what the console, the command line and other programs use. Routes are described by schemas, of which `/openapi.json` is made;
 * whatever is no JSON that fits one is refused before a route sees it. Errors are problem details (RFC 9457).
 */
import { getConnInfo } from "@hono/node-server/conninfo";
import { type Hook, OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import { bodyLimit } from "hono/body-limit";
import { createMiddleware } from "hono/factory";
import { HTTPException } from "hono/http-exception";
import { secureHeaders } from "hono/secure-headers";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { AnsweringOptions } from "../approvals/answering.ts";
import type { AdminHost, Permissions } from "./admin-host.ts";
import { bundleBytesMax } from "../policies/fetch-bundle.ts";
import { apiPath, bundlePath } from "./paths.ts";
import { addApprovalPage } from "./routes/approval-page.ts";
import { addApprovalRoutes } from "./routes/approvals.ts";
import { addAuditRoutes } from "./routes/audit.ts";
import { addGrantRoutes } from "./routes/grants.ts";
import { addConfigRoutes } from "./routes/config.ts";
import { addHealthRoutes } from "./routes/health.ts";
import { addPolicyRoutes } from "./routes/policies.ts";
import { addSessionRoutes } from "./routes/sessions.ts";
import { addSlackRoute } from "./routes/slack.ts";
import { addTargetRoutes } from "./routes/targets.ts";
import { addTokenRoutes } from "./routes/tokens.ts";
import { type AdminEnv, type Api, demand } from "./routing.ts";

export interface ApiOptions {
  readonly host: AdminHost;
  readonly permissions: Permissions;
  /** Whether `/metrics` is for everybody who can reach it, as health is. */
  readonly openMetrics: boolean;
  /** A fault of the proxy's own; the caller is told of no details. */
  readonly fault: (error: Error) => void;
}

const bodyBytesMax = 64 * 1024;

export function createApi({ host, permissions, openMetrics, fault }: ApiOptions): Api {
  const api = new OpenAPIHono<AdminEnv>({ defaultHook: refuseInvalid });
  api.use(secureHeaders({ contentSecurityPolicy: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } }));
  const small = atMost(bodyBytesMax);
  api.use((c, next) => (c.req.path === bundlePath ? next() : small(c, next)));
  const authenticate = authentication(host);
  api.use(`${apiPath}/*`, authenticate);
  // Of whoever may not send one, nothing is read.
  api.use(bundlePath, async (c, next) => {
    demand("bundles", permissions, c.var.person);
    await next();
  });
  api.use(bundlePath, atMost(bundleBytesMax));
  if (!openMetrics) api.use("/metrics", authenticate);
  addHealthRoutes(api, host);
  addSessionRoutes(api, host, permissions);
  addTargetRoutes(api, host, permissions);
  addPolicyRoutes(api, host, permissions);
  addConfigRoutes(api, host, permissions);
  addAuditRoutes(api, host, permissions);
  if (host.minting !== undefined) addTokenRoutes(api, host, host.minting, permissions);
  if (host.answering !== undefined) addAnswerRoutes(api, host, host.answering);
  api.openAPIRegistry.registerComponent("securitySchemes", "token", { type: "http", scheme: "bearer" });
  api.doc31("/openapi.json", {
    openapi: "3.1.0",
    info: {
      title: "Penstock",
      version: "1",
      description: "Operating a proxy: approvals, sessions, targets, policies, audit.",
    },
    security: [{ token: [] }],
  });
  api.notFound((c) => problem(c, 404, "there is nothing here; /openapi.json says what there is"));
  api.onError((error, c) => {
    if (error instanceof HTTPException) return problem(c, error.status, error.message);
    fault(error);
    return problem(c, 500, "internal error of the proxy: its log says more");
  });
  return api;
}

function addAnswerRoutes(api: Api, host: AdminHost, answering: AnsweringOptions): void {
  const { links } = host;
  addApprovalRoutes(api, answering);
  addGrantRoutes(api, answering.store);
  if (links === undefined) return;
  addApprovalPage(api, host, answering, links);
  if (links.slack !== undefined) addSlackRoute(api, host, answering, links, links.slack);
}

function atMost(bytes: number) {
  return bodyLimit({ maxSize: bytes, onError: (c) => problem(c, 413, `a body has at most ${bytes} bytes`) });
}

/** RFC 9457. */
function problem(c: Context, status: ContentfulStatusCode, detail: string, errors?: readonly unknown[]): Response {
  const body = { type: "about:blank", title: titles[status] ?? "Error", status, detail, ...(errors && { errors }) };
  return c.body(JSON.stringify(body), status, { "content-type": "application/problem+json" });
}

const titles: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  409: "Conflict",
  413: "Content Too Large",
  422: "Unprocessable Content",
  429: "Too Many Requests",
  500: "Internal Server Error",
  503: "Service Unavailable",
};

const refuseInvalid: Hook<unknown, AdminEnv, string, Response | undefined> = (result, c) => {
  if (result.success) return undefined;
  // Whatever was sent stays unsaid: it may be a secret in the wrong place.
  const errors = result.error.issues.map(({ path, message }) => ({ at: path.join("."), message }));
  return problem(c, 400, `the ${result.target} is not as /openapi.json says`, errors);
};

function authentication(host: AdminHost) {
  return createMiddleware<AdminEnv>(async (c, next) => {
    const address = getConnInfo(c).remote.address ?? "";
    if (host.isThrottled(address))
      return problem(c, 429, "too many wrong tokens came from this address: wait a minute");
    const [, token] = /^Bearer ([\w.~+/-]+=*)$/i.exec(c.req.header("authorization") ?? "") ?? [];
    const identified = token === undefined ? undefined : host.identify(token);
    if (identified === undefined) {
      if (token !== undefined) host.refused(address);
      c.header("www-authenticate", "Bearer");
      const why = token === undefined ? "no token was given" : "the token is not valid, or not any more";
      return problem(c, 401, `${why}: send \`Authorization: Bearer TOKEN\`; policy-proxy api-token add makes one`);
    }
    c.set("person", identified.person);
    c.set("untilMs", identified.untilMs);
    await next();
    return undefined;
  });
}
