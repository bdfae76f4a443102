import type { Enforcer } from "@penstock/engine";
import type { AuditLog } from "./audit/audit-log.ts";
import type { Identities } from "./identity/login.ts";
import type { ProxyLimits } from "./limits.ts";
import type { Targets } from "./postgres/target.ts";

export interface ProxyServerOptions {
  readonly enforcer: Enforcer;
  readonly audit: AuditLog;
  readonly identities: Identities;
  readonly targets: Targets;
  /** PEM. Without it, TLS is not offered. */
  readonly tls?: { readonly cert: string | Buffer; readonly key: string | Buffer };
  /** Refuse clients that do not ask for TLS. */
  readonly tlsRequired?: boolean;
  readonly limits?: Partial<ProxyLimits>;
  /** What an operator should know; must not throw. */
  readonly report?: (event: ProxyEvent) => void;
}

export type ProxyEvent =
  | { readonly kind: "session_opened" | "session_closed"; readonly session: string; readonly user: string; readonly reason: string }
  | { readonly kind: "login_failed"; readonly address: string; readonly user: string; readonly reason: string }
  | { readonly kind: "upstream_failed"; readonly target: string; readonly error: Error }
  /** A result named a masked column as its origin: it must never happen. */
  | { readonly kind: "origin_leak"; readonly session: string; readonly statement: number; readonly message: string }
  | { readonly kind: "fault"; readonly session: string; readonly error: Error };

export interface ProxyCounters {
  readonly sessionsOpen: number;
  readonly sessionsTotal: number;
  readonly loginFailures: number;
  readonly statements: number;
  readonly denials: number;
  readonly originLeaks: number;
  readonly faults: number;
}

export interface ProxyServer {
  /** Resolves with the port; rejects with the system's error, such as EADDRINUSE. */
  listen(port: number, host: string): Promise<number>;
  /** Takes no new connections, lets running statements end for a while, then ends the rest. */
  close(): Promise<void>;
  /** From the next statement of every session on. */
  setEnforcer(enforcer: Enforcer): void;
  readonly counters: ProxyCounters;
}
