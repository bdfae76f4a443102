/** A session as its operator sees it: plain data, since the session may be another process's. */
import type { Principal } from "@penstock/engine";
import type { OpenSession } from "./session-host.ts";

export interface SessionState {
  readonly id: string;
  readonly principal: { readonly id: string; readonly kind: Principal["kind"]; readonly groups: readonly string[] };
  /** Principal id of the person for whom an agent acts. */
  readonly onBehalfOf: string | undefined;
  /** The name that the client has logged in with. */
  readonly user: string;
  readonly target: string;
  readonly database: string;
  readonly address: string;
  readonly application: string;
  readonly tls: boolean;
  readonly sinceMs: number;
  readonly waitsForApproval: boolean;
}

export function stateOf({ who, holding }: OpenSession): SessionState {
  const { principal, session, target } = who;
  return {
    id: session.id,
    principal: { id: principal.id, kind: principal.kind, groups: [...principal.groups] },
    onBehalfOf: principal.onBehalfOf?.id,
    user: session.user,
    target: target.name,
    database: session.database,
    address: session.client.address,
    application: session.client.application,
    tls: session.client.tls,
    sinceMs: Number(session.startedAtNs / 1_000_000n),
    waitsForApproval: holding.isActive,
  };
}
