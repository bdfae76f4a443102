import type { PrincipalContext } from "../enforcer.ts";

/** For tests: an ordinary person on an ordinary connection. A new object each time: caches hang from its identity. */
export function someone(
  groups: readonly string[] = [],
  claims: Readonly<Record<string, unknown>> = {},
): PrincipalContext {
  return {
    principal: {
      id: "ann",
      name: "Ann",
      kind: "human",
      groups,
      claims,
      auth: { method: "scram", atNs: 0n, mfa: false },
    },
    session: {
      id: "s1",
      database: "app",
      user: "ann",
      client: { address: "127.0.0.1", application: "", tls: true },
      startedAtNs: 0n,
      tags: {},
    },
    target: { name: "app", engine: "postgres", version: "18.0", environment: "test", tags: {} },
  };
}
