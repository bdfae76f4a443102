/** What the sessions and logins of every protocol need of the proxy that they belong to. */
import type { KeyObject } from "node:crypto";
import type { SecureContext } from "node:tls";
import type { Enforcer, Notification, PrincipalContext } from "@penstock/engine";
import type { ApprovalDesk } from "../approvals/approval-desk.ts";
import type { AuditLog } from "../audit/audit-log.ts";
import type { SessionRecords } from "../audit/audit-records.ts";
import type { Expiry } from "../identity/identity.ts";
import type { Identities } from "../identity/login.ts";
import type { CertificateIdentities } from "../identity/certificate/certificate-logins.ts";
import type { TokenIdentities } from "../identity/token-logins.ts";
import type { ProxyLimits } from "../limits.ts";
import type { Meters } from "../metrics/meters.ts";
import type { Holding } from "./holding.ts";
import type { Peers } from "./peers.ts";
import type { Target } from "./target.ts";

/** Why a session ends, for the record and for its client. */
export interface SessionEnd {
  readonly reason: string;
  readonly sqlstate: string;
  readonly message: string;
}

/** A session as the proxy sees it, whatever its protocol. */
export interface OpenSession {
  readonly who: PrincipalContext;
  readonly records: SessionRecords;
  readonly holding: Holding;
  readonly isClosed: boolean;
  readonly target: Target;
  /** How many bytes the target had sent in all when it was last heard of, where an answer of its is awaited; `undefined` where none is. */
  readonly awaitedAfterBytes: number | undefined;
  /** Until when its login holds. */
  readonly expiry: Expiry | undefined;
  /** Goes on with the client's messages, where they waited for something that may have come. */
  resume(): void;
  /** The session ends as soon as no statement runs and no transaction is open. @param why left out, the proxy shuts down */
  endWhenIdle(why?: SessionEnd): void;
  /** From the next statement on: its target has other settings, of the same connection. */
  retarget(target: Target, who: PrincipalContext): void;
  /** From the next record on: whether literals are left out is another than when it began. */
  renewRecords(): void;
  /** Ends both connections; the client is told why, unless it left. */
  end(reason: string, error?: { readonly sqlstate: string; readonly message: string }): void;
}

export interface SessionHost {
  readonly limits: ProxyLimits;
  readonly audit: AuditLog;
  /** The one in force now. */
  readonly enforcer: Enforcer;
  /** `undefined` where nobody is asked for approval. */
  readonly approvals: ApprovalDesk | undefined;
  /** With which tokens are made; `undefined` where none are. */
  readonly tokenKey: KeyObject | undefined;
  readonly meters: Meters;
  /** Whether some labels keep literals out of the audit log. */
  readonly redacts: boolean;
  notified(session: OpenSession, statement: number, notification: Notification): void;
  leaked(session: OpenSession, statement: number, message: string): void;
  fault(session: OpenSession, error: Error): void;
  closed(session: OpenSession, reason: string): void;
}

export interface LoginHost {
  readonly limits: ProxyLimits;
  readonly identities: Identities;
  /** `undefined` where no tokens are taken. */
  readonly tokens: TokenIdentities | undefined;
  /** `undefined` where clients are asked for no certificates. */
  readonly certificates: CertificateIdentities | undefined;
  readonly tls: { readonly context: SecureContext; readonly certificateHash: Buffer | undefined } | undefined;
  readonly tlsRequired: boolean;
  /** Whether this connection is one too many. */
  isFull(): boolean;
  /** Whether this address has failed too often to be asked again. */
  isThrottled(address: string): boolean;
  loginFailed(address: string, user: string, reason: string): void;
  /** It could not be told whether the login is good: recorded, and not counted against the address. */
  loginUndecided(address: string, user: string, reason: string): void;
}

/** What a protocol's front needs. */
export interface FrontHost extends LoginHost, SessionHost {
  readonly limits: ProxyLimits;
  readonly peers: Peers;
}
