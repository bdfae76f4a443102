/** The protocol of MySQL and MariaDB: logins, sessions, and what kills statements of other connections. */
import { randomInt } from "node:crypto";
import type { Socket } from "node:net";
import type { Front, LoggedInClient, LoginProgress } from "../enforce/front.ts";
import type { FrontHost, OpenSession } from "../enforce/session-host.ts";
import type { PeerKill } from "../enforce/peers.ts";
import type { Target, Targets } from "../enforce/target.ts";
import { Sha2Cache } from "../identity/sha2-cache.ts";
import { status } from "./capabilities.ts";
import { ClientLogin, type LoggedIn, type LoginFront, type Relogin } from "./client-login.ts";
import { endWithError } from "./end-with-error.ts";
import { killUpstream } from "./kill-upstream.ts";
import type { ErrFields } from "./messages/err.ts";
import { encodeOk } from "./messages/ok.ts";
import { RsaKey } from "./rsa-key.ts";
import { Session, type SessionFront, type SessionStart } from "./session.ts";
import { connectUpstream } from "./upstream.ts";

/** Passwords that are recognised without being sent: one a user, so this many users. */
const passwordsMax = 10_000;
/** Of the greeting, where no target is known. */
const defaultVersion = "8.0.0";
/** Connector/J takes the id for a signed number, and says `KILL QUERY -5` of one beyond it. */
const connectionIdMax = 2 ** 31;

/** Of the attributes that a client connects with, as many as can be of use. */
const tagsMax = 32;
const tagCharactersMax = 256;

function tagsOf(attributes: ReadonlyMap<string, string>): Readonly<Record<string, string>> {
  const short = [...attributes].filter((pair) => pair.every((text) => text.length <= tagCharactersMax));
  return Object.fromEntries(short.slice(0, tagsMax));
}

export class MysqlFront implements Front, LoginFront, SessionFront {
  readonly protocol = "mysql";
  readonly passwords = new Sha2Cache(passwordsMax);
  readonly rsaKey = new RsaKey();
  readonly #targets: Targets;
  readonly #only: string | undefined;
  readonly #host: FrontHost;
  readonly #sessions = new Map<number, Session>();
  readonly #ids = new Map<OpenSession, number>();
  /** KILLs whose connection other processes are asked for. */
  readonly #asked = new WeakMap<Session, "waits" | { readonly isFound: boolean }>();

  /** @param only the target whose own port this is */
  constructor(host: FrontHost, targets: Targets, only?: string) {
    this.#host = host;
    this.#targets = targets;
    this.#only = only;
  }

  get serverVersion(): string {
    return this.#targets.mysqlVersion?.(this.#only) ?? defaultVersion;
  }

  login(socket: Socket, progress: LoginProgress): void {
    this.#login(socket, progress, undefined);
  }

  #login(socket: Socket, progress: LoginProgress, relogin: Relogin | undefined): void {
    const done = (client: LoggedIn) => progress.done(this.#admitted(client, progress));
    // Nothing refers to it but its socket.
    void new ClientLogin(this.#host, this, socket, done, relogin);
  }

  closed(session: OpenSession): void {
    const id = this.#ids.get(session);
    if (id === undefined) return;
    this.#ids.delete(session);
    this.#sessions.delete(id);
  }

  /** Nobody's, and nothing that could be guessed from others. */
  newConnectionId(): number {
    for (;;) {
      const id = randomInt(1, connectionIdMax);
      if (!this.#sessions.has(id)) return id;
    }
  }

  kill(session: Session, connectionId: number, kind: "query" | "connection"): ErrFields | "waits" | undefined {
    const asked = this.#asked.get(session);
    if (asked === "waits") return asked;
    this.#asked.delete(session);
    if (asked !== undefined) return asked.isFound ? undefined : unknownThread(connectionId);
    const { who, target } = session;
    const kill = { principal: who.principal.id, target: target.name, connectionId, kind };
    if (this.killFor(kill)) return undefined;
    this.#asked.set(session, "waits");
    void this.#host.peers.kill(kill).then((isFound) => {
      if (session.isClosed) return;
      this.#asked.set(session, { isFound });
      session.resume();
    });
    return "waits";
  }

  /** A connection of the same person; by the proxy's id, or by the server's own, which CONNECTION_ID() tells. @returns whether there is one */
  killFor({ principal, target, connectionId, kind }: PeerKill): boolean {
    const isOwn = (other: Session | undefined) => other?.who.principal.id === principal;
    const named = this.#sessions.get(connectionId);
    const victim = isOwn(named)
      ? named
      : [...this.#sessions.values()].find(
          (other) => isOwn(other) && other.target.name === target && other.upstream.connectionId === connectionId,
        );
    if (victim === undefined) return false;
    if (kind === "connection") victim.end("killed", { sqlstate: "57P01", message: "Connection was killed" });
    else if (!victim.holding.cancel()) victim.cancel();
    return true;
  }

  killUpstream(target: Target, connectionId: number, done: () => void): void {
    killUpstream(target, connectionId, this.#host.limits.upstreamConnectMs, done);
  }

  #admitted(client: LoggedIn, progress: LoginProgress): LoggedInClient {
    const { socket, identity, user, database, attributes, tls, sequence } = client;
    const { upstreamConnectMs, keepAliveMs } = this.#host.limits;
    return {
      socket,
      identity,
      user,
      database,
      application: attributes.get("program_name") ?? attributes.get("_client_name") ?? "",
      tags: tagsOf(attributes),
      tls,
      refuse: (sqlstate, message, hint) => endWithError(socket, sequence, sqlstate, message, hint),
      connect: async (wanted, chosen) => {
        const login = {
          database: chosen,
          capabilities: client.capabilities,
          collation: client.charset.collation,
          attributes: Object.fromEntries(attributes),
        };
        const upstream = await connectUpstream(wanted, login, upstreamConnectMs, keepAliveMs);
        return {
          serverVersion: upstream.serverVersion,
          discard: () => upstream.socket.destroy(),
          begin: (target, who) => {
            socket.write(encodeOk(status.autocommit, sequence));
            const { capabilities, early, charset } = client;
            const loginAgain: SessionStart["loginAgain"] = (asked, packets, behind) => {
              progress.again();
              this.#login(socket, progress, { before: client, asked, sequence: packets, early: behind });
            };
            const { results } = charset;
            const start = {
              client: socket,
              upstream,
              target,
              who,
              expiry: identity.expiry,
              capabilities,
              early,
              results,
              loginAgain,
            };
            const session = new Session(this.#host, this, start);
            this.#sessions.set(client.connectionId, session);
            this.#ids.set(session, client.connectionId);
            return session;
          },
        };
      },
    };
  }
}

function unknownThread(connectionId: number): ErrFields {
  return { code: 1094, sqlstate: "HY000", message: `Unknown thread id: ${connectionId}` };
}
