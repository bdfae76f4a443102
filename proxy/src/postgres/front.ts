/** PostgreSQL's protocol: logins, sessions, and requests to cancel, which come on connections of their own. */
import { randomBytes, timingSafeEqual } from "node:crypto";
import type { Socket } from "node:net";
import type { Front, LoggedInClient, LoginProgress } from "../enforce/front.ts";
import type { FrontHost, OpenSession } from "../enforce/session-host.ts";
import type { CancelKey } from "../enforce/peers.ts";
import type { Target } from "../enforce/target.ts";
import type { ProxyLimits } from "../limits.ts";
import { sendCancel } from "./cancel.ts";
import { ClientLogin, type LoggedIn, type LoginFront } from "./client-login.ts";
import { endWithError } from "./end-with-error.ts";
import { sessionFrames, type SessionFrames } from "./frame-rules.ts";
import { encodeBackendKeyData } from "./messages/backend-key-data.ts";
import { encodeParameterStatus } from "./messages/parameter-status.ts";
import { encodeReadyForQuery, transactionStatus } from "./messages/ready-for-query.ts";
import { Session } from "./session.ts";
import { connectUpstream, type Upstream } from "./upstream.ts";

/** What may be cancelled, by the key that the proxy gave out. */
interface Cancellable {
  readonly secret: Buffer;
  readonly session: Session;
  readonly target: Target;
  readonly upstream: Upstream;
}

export class PostgresFront implements Front, LoginFront {
  readonly protocol = "postgres";
  /** Of those who connect now. */
  #frames: { readonly rules: SessionFrames; readonly limits: ProxyLimits; readonly tokenBytesMax: number } | undefined;
  readonly #host: FrontHost;
  readonly #keys = new Map<number, Cancellable>();
  readonly #processIds = new Map<OpenSession, number>();

  constructor(host: FrontHost) {
    this.#host = host;
  }

  get frames(): SessionFrames {
    const { limits, tokens } = this.#host;
    const tokenBytesMax = tokens?.tokenBytesMax ?? 0;
    if (this.#frames?.limits !== limits || this.#frames.tokenBytesMax !== tokenBytesMax)
      this.#frames = { rules: sessionFrames(limits, tokenBytesMax), limits, tokenBytesMax };
    return this.#frames.rules;
  }

  login(socket: Socket, { done }: LoginProgress): void {
    // Nothing refers to it but its socket.
    void new ClientLogin(this.#host, this, socket, (client) => done(this.#admitted(client)));
  }

  closed(session: OpenSession): void {
    const processId = this.#processIds.get(session);
    if (processId === undefined) return;
    this.#processIds.delete(session);
    this.#keys.delete(processId);
  }

  cancel(processId: number, secret: Buffer): void {
    if (!this.cancelOwn({ processId, secret })) this.#host.peers.cancel({ processId, secret });
  }

  /** @returns whether the key is of a session of this process */
  cancelOwn({ processId, secret }: CancelKey): boolean {
    const key = this.#keys.get(processId);
    if (key === undefined || key.secret.length !== secret.length || !timingSafeEqual(key.secret, secret)) return false;
    if (key.session.holding.cancel()) return true;
    const { upstream } = key;
    sendCancel(key.target, upstream.processId, upstream.secret, this.#host.limits.upstreamConnectMs);
    return true;
  }

  #admitted({ socket, identity, startup, tls, minor, early }: LoggedIn): LoggedInClient {
    const { upstreamConnectMs, keepAliveMs } = this.#host.limits;
    return {
      socket,
      identity,
      user: startup.user,
      database: startup.database,
      application: startup.applicationName,
      tags: {},
      tls,
      refuse: (sqlstate, message, hint) => endWithError(socket, sqlstate, message, hint),
      connect: async (chosen) => {
        const upstream = await connectUpstream(chosen, startup, upstreamConnectMs, keepAliveMs);
        return {
          serverVersion: upstream.parameters.get("server_version") ?? "",
          discard: () => upstream.socket.destroy(),
          begin: (target, who) => {
            const processId = this.#newProcessId();
            const secret = randomBytes(minor >= 2 ? 32 : 4);
            socket.write(
              Buffer.concat([
                ...[...upstream.parameters].map(([name, value]) => encodeParameterStatus(name, value)),
                encodeBackendKeyData(processId, secret),
                encodeReadyForQuery(transactionStatus.idle),
              ]),
            );
            socket.removeAllListeners("error");
            const start = {
              frames: this.frames,
              client: socket,
              upstream,
              target,
              who,
              expiry: identity.expiry,
              early,
            };
            const session = new Session(this.#host, start);
            this.#keys.set(processId, { secret, session, target, upstream });
            this.#processIds.set(session, processId);
            return session;
          },
        };
      },
    };
  }

  /** As positive as a process id, and nobody else's. */
  #newProcessId(): number {
    for (;;) {
      const processId = randomBytes(4).readUInt32BE() >>> 1;
      if (processId !== 0 && !this.#keys.has(processId)) return processId;
    }
  }
}
