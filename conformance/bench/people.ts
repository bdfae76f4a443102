/** Who asks in the benchmarks. */
import type { Engine, PrincipalContext } from "@penstock/engine";
import type { ProxiedUser } from "../support/proxied.ts";

export const database = "shop";
export const analyst: ProxiedUser = { name: "analyst", kind: "human", groups: ["analyst"] };
export const users: readonly ProxiedUser[] = [
  analyst,
  { name: "dba", kind: "human", groups: ["dba"] },
  { name: "agent", kind: "agent", groups: [] },
];

export function contextOf({ name, kind, groups = [] }: ProxiedUser, engine: Engine = "postgres"): PrincipalContext {
  return {
    principal: { id: name, name, kind, groups, claims: {}, auth: { method: "scram", atNs: 0n, mfa: false } },
    session: {
      id: "bench",
      database,
      user: name,
      client: { address: "127.0.0.1", application: "bench", tls: false },
      startedAtNs: 0n,
      tags: {},
    },
    target: { name: database, engine, version: "18.0", environment: "test", tags: {} },
  };
}
