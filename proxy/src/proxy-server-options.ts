/** What a proxy is given, what it tells, and what can be done with it while it runs. */
import type { KeyObject } from "node:crypto";
import type { Socket } from "node:net";
import type { Enforcer } from "@penstock/engine";
import type { ApprovalEvent } from "./approvals/approval-desk.ts";
import type { People } from "./approvals/people.ts";
import type { ApprovalRules } from "./approvals/rules.ts";
import type { AuditLog } from "./audit/audit-log.ts";
import type { Peers, PeerService } from "./enforce/peers.ts";
import type { LoginHost, OpenSession } from "./enforce/session-host.ts";
import type { Protocol, Target, Targets } from "./enforce/target.ts";
import type { CertificateIdentities } from "./identity/certificate/certificate-logins.ts";
import type { Identities } from "./identity/login.ts";
import type { TokenIdentities } from "./identity/token-logins.ts";
import type { ProxyLimits } from "./limits.ts";
import type { Meters } from "./metrics/meters.ts";
import type { StoredRequest } from "./store/requests.ts";
import type { Store } from "./store/store.ts";

export interface ProxyServerOptions {
  readonly enforcer: Enforcer;
  readonly audit: AuditLog;
  readonly identities: Identities;
  /** Whose tokens are taken as passwords. Without it, nobody's. */
  readonly tokens?: TokenIdentities;
  readonly targets: Targets;
  /** PEM. Without it, TLS is not offered. */
  readonly tls?: TlsOptions;
  /** Whose client certificates say who they are. Without it, clients are not asked for any. Needs `tls.clientCa`. */
  readonly certificates?: CertificateIdentities;
  /** Refuse clients that do not ask for TLS. */
  readonly tlsRequired?: boolean;
  /** How people are asked for approval, and whose answers count. Without it, what needs approval is refused. */
  readonly approvals?: ApprovalOptions;
  /** With which columns that a policy masks by `token()` are shown. Without it, they are not. */
  readonly tokenKey?: KeyObject;
  /** Whether the enforcer leaves literals out of audit records, so that texts it has not read must be left out too. */
  readonly redacts?: boolean;
  readonly limits?: Partial<ProxyLimits>;
  /** Other processes, to which some of the clients come. Without it, there are none. */
  readonly peers?: Peers;
  /** What an operator should know; must not throw. */
  readonly report?: (event: ProxyEvent) => void;
}

interface ApprovalOptions {
  /** Open; whoever opened it closes it after the proxy. */
  readonly store: Store;
  readonly people: People;
  readonly rules?: ApprovalRules;
  /** Tells people of a request; must not throw. */
  readonly announce?: (request: StoredRequest) => void;
  /** What somebody has to do to approve a request, for the client. */
  readonly howTo?: (request: string) => string;
}

/** PEM. */
export interface TlsOptions {
  readonly cert: string | Buffer;
  readonly key: string | Buffer;
  /** Authorities of client certificates. */
  readonly clientCa?: string | Buffer;
  /** Which of their certificates were revoked. With it, there must be a list of each authority. */
  readonly clientCrl?: string | Buffer;
}

export type ProxyEvent =
  | {
      readonly kind: "session_opened" | "session_closed";
      readonly session: string;
      readonly user: string;
      readonly reason: string;
    }
  | { readonly kind: "login_failed"; readonly address: string; readonly user: string; readonly reason: string }
  | { readonly kind: "upstream_failed"; readonly target: string; readonly error: Error }
  /** A result named a masked column as its origin: it must never happen. */
  | { readonly kind: "origin_leak"; readonly session: string; readonly statement: number; readonly message: string }
  /** A `notify` rule fired; the statement is in the audit log under its session and number. */
  | {
      readonly kind: "notification";
      readonly session: string;
      readonly statement: number;
      readonly principal: string;
      readonly channel: string;
      readonly message: string | undefined;
      readonly rule: string;
    }
  | { readonly kind: "approval"; readonly event: ApprovalEvent }
  | { readonly kind: "fault"; readonly session: string; readonly error: Error };

export interface ProxyServer {
  /**
   * Resolves with the port; rejects with the system's error, such as EADDRINUSE.
   * @param protocol default: `postgres`
   * @param only name of the one target that clients of this port come to
   */
  listen(port: number, host: string, protocol?: Protocol, only?: string): Promise<number>;
  /**
   * A connection that was accepted elsewhere, and from which nobody has read.
   * @param only as of `listen`
   * @param closed called when it is over
   */
  take(accepted: Socket, protocol: Protocol, only: string | undefined, closed: () => void): void;
  /** What this one does for `peers`. */
  readonly forPeers: PeerService;
  /** To be called again and again while a target gives no answer: ends sessions that have waited for it too long. */
  endSilent(target: string): void;
  /** Takes no new connections, lets running statements end for a while, then ends the rest. */
  close(): Promise<void>;
  /** Takes no new connections at this port; those that are there stay. */
  unlisten(port: number): void;
  /** From the next connection at this port on, it is for another target. */
  relisten(port: number, protocol: Protocol, only: string): void;
  /** From the next connection on. Throws where it cannot be used: then what was in use stays. */
  setTls(tls: TlsOptions): void;
  /** All of it at once: no login and no statement sees a part. Never throws: a session that cannot follow is ended. */
  change(change: ServerChange): void;
  /** From the next statement of every session on. */
  setEnforcer(enforcer: Enforcer): void;
  /** Sessions that are open now. */
  readonly sessions: Iterable<OpenSession>;
  readonly meters: Readonly<Meters>;
}

/** Settings that a running proxy takes. */
interface ServerSettings {
  readonly enforcer: Enforcer;
  /** Made by `tlsOf`. */
  readonly tls: LoginHost["tls"];
  readonly tlsRequired: boolean;
  readonly certificates: CertificateIdentities | undefined;
  readonly tokens: TokenIdentities | undefined;
  readonly approvalRules: ApprovalRules;
  readonly redacts: boolean;
  readonly limits: Partial<ProxyLimits>;
}

export interface ServerChange {
  readonly settings: ServerSettings;
  readonly targets: ReplacedTargets;
  /** Statements are decided anew although the policies are the same: something that they see has changed. */
  readonly decidesAnew: boolean;
  /** Who may log in, and how, is another matter now: whoever is about to has to begin again. */
  readonly loginsBeginAnew: boolean;
}

interface ReplacedTargets {
  /** By what they were: the same connection with other settings. */
  readonly settings: ReadonlyMap<Target, Target>;
  /** Nobody is connected to them any more. */
  readonly gone: ReadonlySet<Target>;
}
