import { type KeyObject, randomUUID } from "node:crypto";
import type { Socket } from "node:net";
import { createSecureContext } from "node:tls";
import { type Enforcer, type Notification, type PrincipalContext, printRule } from "@penstock/engine";
import { ApprovalDesk } from "./approvals/approval-desk.ts";
import { ordinaryRules } from "./approvals/rules.ts";
import type { AuditLog } from "./audit/audit-log.ts";
import { refusedLine, SessionRecords } from "./audit/audit-records.ts";
import type { Front, LoggedInClient } from "./enforce/front.ts";
import type { FrontHost, LoginHost, OpenSession, SessionEnd } from "./enforce/session-host.ts";
import { NoPeers, type Peers, type PeerService } from "./enforce/peers.ts";
import { SilentSessions } from "./enforce/silent-sessions.ts";
import type { Protocol, Target } from "./enforce/target.ts";
import { UpstreamError } from "./enforce/upstream-error.ts";
import { certificateHash } from "./identity/certificate-hash.ts";
import type { Identities } from "./identity/login.ts";
import type { CertificateIdentities } from "./identity/certificate/certificate-logins.ts";
import type { TokenIdentities } from "./identity/token-logins.ts";
import { PendingLogins } from "./identity/pending-logins.ts";
import { LoginThrottle } from "./identity/login-throttle.ts";
import { proxyLimits, type ProxyLimits } from "./limits.ts";
import { Meters } from "./metrics/meters.ts";
import { MysqlFront } from "./mysql/front.ts";
import { PostgresFront } from "./postgres/front.ts";
import type { ProxyServer, ProxyServerOptions, ServerChange, TlsOptions } from "./proxy-server-options.ts";
import { PortListeners } from "./sockets/port-listeners.ts";
import { takeConnection } from "./sockets/reused-reads.ts";

export function createProxyServer(options: ProxyServerOptions): ProxyServer {
  return new Proxy(options);
}

/** Of a connection: as what it comes, and to which target alone. */
interface Way {
  readonly front: Front;
  readonly only: string | undefined;
}

/** Longest wait of a timer of Node. */
const timerMsMax = 2 ** 31 - 1;

/** Throws where it cannot be used. */
export function tlsOf({ cert, key, clientCa: ca, clientCrl: crl }: TlsOptions): NonNullable<LoginHost["tls"]> {
  const client = ca === undefined ? {} : { ca, sessionIdContext: "penstock", ...(crl === undefined ? {} : { crl }) };
  return {
    context: createSecureContext({ cert, key, ...client, minVersion: "TLSv1.2" }),
    certificateHash: certificateHash(cert),
  };
}

/** What policies see of a target besides its name and its server, both of which a session has for good. */
function seenOf({ environment, tags }: Target): Pick<PrincipalContext["target"], "environment" | "tags"> {
  return { environment, tags };
}

const otherTarget: SessionEnd = {
  reason: "target changed",
  sqlstate: "57P01",
  message: "terminating connection: the proxy's configuration has changed: connect again",
};
const mustEncrypt: SessionEnd = {
  reason: "encryption required",
  sqlstate: "57P01",
  message: "terminating connection: connections must be encrypted from now on: connect again with TLS",
};

class Proxy implements ProxyServer, FrontHost {
  limits: ProxyLimits;
  readonly audit: AuditLog;
  readonly identities: Identities;
  tokens: TokenIdentities | undefined;
  certificates: CertificateIdentities | undefined;
  tls: LoginHost["tls"];
  tlsRequired: boolean;
  readonly approvals: ApprovalDesk | undefined;
  readonly tokenKey: KeyObject | undefined;
  redacts: boolean;
  enforcer: Enforcer;
  readonly meters = new Meters();

  readonly #options: ProxyServerOptions;
  readonly peers: Peers;
  readonly #listeners = new PortListeners<Way>({
    keepAliveMs: () => this.limits.keepAliveMs,
    pauses: false,
    connected: (socket, way) => this.#connected(socket, way),
  });
  /** By protocol, and the target of a port of its own. */
  readonly #fronts = new Map<string, PostgresFront | MysqlFront>();
  readonly #sessions = new Map<OpenSession, Front>();
  /** Of clients, until they are closed. */
  readonly #connections = new Set<Socket>();
  readonly #loggingIn: PendingLogins<Socket>;
  /** Clients who have proven who they are, and wait for their connection upstream. */
  readonly #opening = new Set<Socket>();
  /** What gives back the places of sessions. */
  readonly #places = new Map<OpenSession, () => void>();
  readonly #silent = new SilentSessions();
  readonly #expiryTimers = new Map<OpenSession, NodeJS.Timeout>();
  readonly #throttle: LoginThrottle;
  #closing = false;

  constructor(options: ProxyServerOptions) {
    this.#options = options;
    this.limits = { ...proxyLimits, ...options.limits };
    this.#loggingIn = new PendingLogins(() => this.limits.pendingLogins);
    this.audit = options.audit;
    this.identities = options.identities;
    this.peers = options.peers ?? new NoPeers();
    this.tokens = options.tokens;
    this.enforcer = this.meters.timed(options.enforcer);
    this.tlsRequired = options.tlsRequired ?? false;
    this.certificates = options.certificates;
    this.tls = options.tls === undefined ? undefined : tlsOf(options.tls);
    this.tokenKey = options.tokenKey;
    this.redacts = options.redacts ?? false;
    this.approvals =
      options.approvals === undefined
        ? undefined
        : new ApprovalDesk({
            rules: ordinaryRules,
            ...options.approvals,
            limits: () => this.limits,
            audit: options.audit,
            report: (event) => options.report?.({ kind: "approval", event }),
          });
    this.#throttle = new LoginThrottle(() => this.limits);
  }

  listen(port: number, host: string, protocol: Protocol = "postgres", only?: string): Promise<number> {
    return this.#listeners.listen(port, host, { front: this.#front(protocol, only), only });
  }

  unlisten(port: number): void {
    this.#listeners.unlisten(port);
  }

  relisten(port: number, protocol: Protocol, only: string): void {
    this.#listeners.relisten(port, { front: this.#front(protocol, only), only });
  }

  take(accepted: Socket, protocol: Protocol, only: string | undefined, closed: () => void): void {
    const connection = this.#connected(accepted, { front: this.#front(protocol, only), only });
    if (connection === undefined) closed();
    else connection.once("close", closed);
  }

  readonly forPeers: PeerService = {
    loginFailed: (address) => this.#throttle.failed(address),
    cancel: (key) => {
      for (const front of this.#fronts.values()) if (front.protocol === "postgres") front.cancelOwn(key);
    },
    kill: (kill) => [...this.#fronts.values()].some((front) => front.protocol === "mysql" && front.killFor(kill)),
  };

  async close(): Promise<void> {
    this.#closing = true;
    const closed = [
      this.#listeners.close(),
      ...[...this.#connections].map((socket) => new Promise<void>((resolve) => socket.once("close", () => resolve()))),
    ];
    for (const socket of [...this.#loggingIn, ...this.#opening]) socket.destroy();
    for (const session of this.#sessions.keys()) session.endWhenIdle();
    const cutOff = setTimeout(() => {
      for (const session of this.#sessions.keys()) {
        session.end("shutdown", { sqlstate: "57P01", message: "terminating connection: the proxy is shutting down" });
      }
    }, this.limits.closeMs);
    await Promise.all(closed);
    clearTimeout(cutOff);
    await this.approvals?.close();
  }

  setTls(tls: TlsOptions): void {
    this.tls = tlsOf(tls);
  }

  change({ settings, targets, decidesAnew, loginsBeginAnew }: ServerChange): void {
    const { enforcer, tls, tlsRequired, certificates, tokens, approvalRules, redacts, limits } = settings;
    const [isEncryptionNew, isRedactionNew] = [tlsRequired && !this.tlsRequired, redacts !== this.redacts];
    Object.assign(this, { tls, tlsRequired, certificates, tokens, redacts });
    this.limits = { ...proxyLimits, ...limits };
    this.approvals?.setRules(approvalRules);
    if (loginsBeginAnew || isEncryptionNew)
      for (const socket of [...this.#loggingIn, ...this.#opening]) socket.destroy();
    if (decidesAnew) this.enforcer = this.meters.timed(enforcer);
    const follow = (session: OpenSession) => {
      const now = targets.settings.get(session.target);
      if (now !== undefined)
        session.retarget(now, { ...session.who, target: { ...session.who.target, ...seenOf(now) } });
      else if (isRedactionNew) session.renewRecords();
      if (targets.gone.has(session.target)) session.endWhenIdle(otherTarget);
      else if (isEncryptionNew && !session.who.session.client.tls) session.endWhenIdle(mustEncrypt);
      else if (decidesAnew && session.holding.isActive) session.resume();
    };
    for (const session of this.#sessions.keys()) {
      try {
        follow(session);
      } catch (error) {
        // Nobody goes on under settings that are no longer in force.
        this.fault(session, error instanceof Error ? error : new Error(String(error)));
        session.end(otherTarget.reason, otherTarget);
      }
    }
  }

  setEnforcer(enforcer: Enforcer): void {
    this.enforcer = this.meters.timed(enforcer);
    // What waits for people may need them no longer, or others.
    for (const session of this.#sessions.keys()) if (session.holding.isActive) session.resume();
  }

  endSilent(target: string): void {
    const own = this.#sessions.keys().filter((session) => session.target.name === target);
    for (const session of this.#silent.among(own, this.limits.upstreamSilentMs)) {
      session.end("upstream silent", {
        sqlstate: "08006",
        message: `the target "${target}" gives no answer any more: whether the statement has run is not known`,
      });
    }
  }

  get sessions(): Iterable<OpenSession> {
    return this.#sessions.keys();
  }

  // LoginHost

  isFull(): boolean {
    return this.#sessions.size + this.#opening.size >= this.limits.sessions;
  }

  isThrottled(address: string): boolean {
    return this.#throttle.isThrottled(address);
  }

  loginFailed(address: string, user: string, reason: string): void {
    this.#throttle.failed(address);
    this.peers.loginFailed(address);
    this.loginUndecided(address, user, reason);
  }

  loginUndecided(address: string, user: string, reason: string): void {
    this.meters.loginFailures++;
    this.audit.append(refusedLine(randomUUID(), user, { address }, reason));
    this.#options.report?.({ kind: "login_failed", address, user, reason });
  }

  // SessionHost

  notified(session: OpenSession, statement: number, { channel, message, rule }: Notification): void {
    const { session: own, principal } = session.who;
    this.#options.report?.({
      kind: "notification",
      session: own.id,
      statement,
      principal: principal.id,
      channel,
      message,
      rule: printRule(rule),
    });
  }

  leaked(session: OpenSession, statement: number, message: string): void {
    this.meters.originLeaks++;
    this.audit.append(session.records.alert(statement, message));
    this.#options.report?.({ kind: "origin_leak", session: session.who.session.id, statement, message });
  }

  fault(session: OpenSession, error: Error): void {
    this.meters.faults++;
    this.#options.report?.({ kind: "fault", session: session.who.session.id, error });
  }

  closed(session: OpenSession, reason: string): void {
    const front = this.#sessions.get(session);
    if (front === undefined) return;
    front.closed(session);
    clearTimeout(this.#expiryTimers.get(session));
    this.#expiryTimers.delete(session);
    this.#sessions.delete(session);
    this.#places.get(session)?.();
    this.#places.delete(session);
    this.meters.sessionsOpen--;
    const { id, user } = session.who.session;
    this.#options.report?.({ kind: "session_closed", session: id, user, reason });
  }

  #front(protocol: Protocol, only: string | undefined): Front {
    const key = JSON.stringify([protocol, only]);
    const known = this.#fronts.get(key);
    if (known !== undefined) return known;
    const front = protocol === "postgres" ? new PostgresFront(this) : new MysqlFront(this, this.#options.targets, only);
    this.#fronts.set(key, front);
    return front;
  }

  /** @returns the connection from then on; `undefined` where it is too late for one */
  #connected(accepted: Socket, { front, only }: Way): Socket | undefined {
    if (this.#closing) {
      accepted.destroy();
      return undefined;
    }
    const socket = takeConnection(accepted);
    this.#connections.add(socket);
    let timer: NodeJS.Timeout | undefined;
    const again = (): void => {
      // Not only the login: whatever `socket` is wrapped in later, this stays the connection.
      this.#loggingIn.add(socket);
      clearTimeout(timer);
      timer = setTimeout(() => {
        if (this.#loggingIn.has(socket) || this.#opening.has(socket)) socket.destroy();
      }, this.limits.loginMs);
    };
    again();
    front.login(socket, {
      again,
      done: (client) => {
        this.#loggingIn.delete(socket);
        this.#opening.add(socket);
        void this.#open(client, front, only).finally(() => this.#opening.delete(socket));
      },
    });
    socket.once("close", () => {
      clearTimeout(timer);
      this.#connections.delete(socket);
      this.#loggingIn.delete(socket);
      this.#opening.delete(socket);
    });
    return socket;
  }

  /** A statement that waits for people hears at once that it waits in vain. */
  #watchExpiry(session: OpenSession): void {
    const { expiry } = session;
    if (expiry === undefined) return;
    const timer = setTimeout(
      () => {
        if (session.holding.isActive) session.resume();
      },
      Math.min(Math.max(expiry.atMs - Date.now() + 1, 0), timerMsMax),
    ).unref();
    this.#expiryTimers.set(session, timer);
  }

  /** Never rejects. */
  async #open(client: LoggedInClient, front: Front, only: string | undefined): Promise<void> {
    const { socket, identity, user, database } = client;
    const { principal } = identity;
    const id = randomUUID();
    const address = socket.remoteAddress ?? "";
    const refuse = (sqlstate: string, message: string, hint?: string) => {
      this.audit.append(refusedLine(id, user, { address }, message));
      this.#options.report?.({ kind: "login_failed", address, user, reason: message });
      client.refuse(sqlstate, message, hint);
    };
    let asked = database;
    let giveBack: (() => void) | undefined;
    try {
      // Many may have begun to log in while there was room.
      if (this.#sessions.size + this.#opening.size > this.limits.sessions) {
        refuse("53300", "sorry, too many clients already", "try again later");
        return;
      }
      const choice = await this.#options.targets.find(database, principal, front.protocol, only);
      if (choice.kind === "refused") {
        refuse(choice.sqlstate, choice.message, choice.hint);
        return;
      }
      asked = choice.target.name;
      const taken = await this.peers.takePlace(choice.target, principal);
      if (typeof taken === "string") {
        refuse("53300", taken, "end sessions that are not needed, or try again later");
        return;
      }
      giveBack = taken;
      const connected = await client.connect(choice.target, choice.database);
      if (socket.destroyed || this.#closing) {
        connected.discard();
        socket.destroy();
        return;
      }
      const { targets } = this.#options;
      const target = targets.present === undefined ? choice.target : targets.present(choice.target);
      if (target === undefined) {
        connected.discard();
        refuse(otherTarget.sqlstate, `the target "${asked}" has changed while you connected`, "connect again");
        return;
      }
      const who: PrincipalContext = {
        principal,
        session: {
          id,
          database,
          user,
          client: { address, application: client.application, tls: client.tls },
          startedAtNs: BigInt(Date.now()) * 1_000_000n,
          tags: client.tags,
        },
        target: {
          name: target.name,
          engine: target.engine,
          version: connected.serverVersion,
          ...seenOf(target),
        },
      };
      this.audit.append(new SessionRecords(who).connect(identity.origin));
      this.meters.sessionsOpen++;
      this.meters.sessionsTotal++;
      const session = connected.begin(target, who);
      this.#sessions.set(session, front);
      this.#places.set(session, giveBack);
      giveBack = undefined;
      this.#options.report?.({ kind: "session_opened", session: id, user, reason: target.name });
      this.#watchExpiry(session);
      // It may have ended while it began.
      if (session.isClosed) this.closed(session, "client closed");
    } catch (error) {
      if (error instanceof UpstreamError) {
        const cause = error.cause instanceof Error ? error.cause : error;
        this.#options.report?.({ kind: "upstream_failed", target: asked, error: cause });
        refuse(error.sqlstate, error.message);
        return;
      }
      this.meters.faults++;
      this.#options.report?.({
        kind: "fault",
        session: id,
        error: error instanceof Error ? error : new Error(String(error)),
      });
      client.refuse("XX000", "internal error of the proxy");
    } finally {
      giveBack?.();
    }
  }
}
