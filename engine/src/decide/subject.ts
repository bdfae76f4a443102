import { type Input, toValue } from "@penstock/language";
import type { Principal, PrincipalContext } from "../enforcer.ts";

/** The roots that do not change within a session, as runtime values. */
export type Subject = Pick<Input, "principal" | "session" | "target">;

export function subjectOf(who: PrincipalContext): Subject {
  return {
    principal: toValue(principalRecord(who.principal)),
    session: toValue({
      id: who.session.id,
      database: who.session.database,
      user: who.session.user,
      client: who.session.client,
      started_at_ns: who.session.startedAtNs,
      tags: who.session.tags,
    }),
    target: toValue(who.target),
  };
}

function principalRecord(principal: Principal): Record<string, unknown> {
  return {
    id: principal.id,
    name: principal.name,
    kind: principal.kind,
    groups: new Set(principal.groups),
    claims: principal.claims,
    ...(principal.onBehalfOf === undefined ? {} : { on_behalf_of: principalRecord(principal.onBehalfOf) }),
    auth: { method: principal.auth.method, at_ns: principal.auth.atNs, mfa: principal.auth.mfa },
  };
}

/** What a test or `policy eval` leaves out: an ordinary person on an ordinary connection. */
export const defaultSubject: { readonly [root in keyof Subject]: Readonly<Record<string, unknown>> } = {
  principal: {
    id: "somebody",
    name: "Somebody",
    kind: "human",
    groups: new Set<string>(),
    claims: {},
    auth: { method: "scram", at_ns: 0, mfa: false },
  },
  session: {
    id: "session-1",
    database: "app",
    user: "somebody",
    client: { address: "127.0.0.1", application: "", tls: true },
    started_at_ns: 0,
    tags: {},
  },
  target: { name: "app", engine: "postgres", version: "18.0", environment: "production", tags: {} },
};
