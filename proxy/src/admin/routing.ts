/** What every route of the HTTP API needs. */
import type { OpenAPIHono } from "@hono/zod-openapi";
import type { Principal } from "@penstock/engine";
import { HTTPException } from "hono/http-exception";
import type { Permission, Permissions } from "./admin-host.ts";

export interface AdminEnv {
  /** `untilMs`: until when their token is good. */
  Variables: { person: Principal; untilMs: number };
}

export type Api = OpenAPIHono<AdminEnv>;

/** @throws 403 where they may not */
export function demand(permission: Permission, permissions: Permissions, person: Principal): void {
  const groups = permissions[permission];
  if (groups.some((group) => person.groups.includes(group))) return;
  const who = groups.length === 0 ? "nobody is" : `members of ${groups.join(", ")} are`;
  throw new HTTPException(403, {
    message: `${person.id} may not use \`${permission}\`: ${who} allowed to (\`admin.allow.${permission}\` in penstock.yaml)`,
  });
}
