/** A session of the proxy between two ends without a network, and the order in which their bytes, and the audit log, move on. */
import { fixedPassword } from "../../../proxy/src/credentials/password-source.ts";
import { someone } from "../../../engine/src/decide/someone.ts";
import { noCatalog } from "../no-catalog.ts";
import type { AuditLog } from "../../../proxy/src/audit/audit-log.ts";
import { proxyLimits } from "../../../proxy/src/limits.ts";
import { sessionFrames } from "../../../proxy/src/postgres/frame-rules.ts";
import type { SessionHost } from "../../../proxy/src/enforce/session-host.ts";
import { Meters } from "../../../proxy/src/metrics/meters.ts";
import { Session } from "../../../proxy/src/postgres/session.ts";
import { testEnforcer } from "../test-enforcer.ts";
import { asSocket, MemorySocket } from "./memory-socket.ts";
import { deniedWord } from "./streams.ts";

const enforcer = testEnforcer({ deniedWord });
const limits = { ...proxyLimits, closeMs: 1 };
const frames = sessionFrames(limits, 0);

/** Calls back when the test says so. */
class SteppedAuditLog implements AuditLog {
  readonly #callbacks: (() => void)[] = [];

  append(): void {
    // What is written has tests of its own.
  }

  flushed(callback: (error?: Error) => void): void {
    this.#callbacks.push(callback);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  flush(): boolean {
    const due = this.#callbacks.splice(0);
    for (const callback of due) callback();
    return due.length > 0;
  }
}

/** What answers on the other side. */
export interface Answering {
  receive(bytes: Buffer): void;
  take(): Buffer;
  readonly ended: boolean;
}

/** Small numbers, each of which picks what moves next and how far; used up, everything moves in turn. */
export type Schedule = readonly number[];

export class ProxiedConnection {
  readonly client = new MemorySocket();
  readonly upstream = new MemorySocket();
  readonly faults: Error[] = [];
  readonly session: Session;
  #audit = new SteppedAuditLog();
  #toProxy: Buffer = Buffer.alloc(0);
  #toClient: Buffer[] = [];
  #fromServer: Buffer = Buffer.alloc(0);
  readonly #server: Answering;

  constructor(server: Answering) {
    this.#server = server;
    const host: SessionHost = {
      limits,
      audit: this.#audit,
      enforcer,
      approvals: undefined,
      tokenKey: undefined,
      meters: new Meters(),
      redacts: false,
      notified: () => undefined,
      leaked: () => undefined,
      fault: (_session, error) => this.faults.push(error),
      closed: () => undefined,
    };
    this.session = new Session(host, {
      frames,
      client: asSocket(this.client),
      upstream: {
        socket: asSocket(this.upstream),
        parameters: new Map([["search_path", "public"]]),
        processId: 1,
        secret: Buffer.alloc(4),
      },
      target: {
        name: "model",
        engine: "postgres",
        environment: "test",
        tags: {},
        host: "127.0.0.1",
        port: 1,
        database: "model",
        user: "model",
        password: fixedPassword(undefined),
        tls: undefined,
        detection: undefined,
        catalog: {
          current: () => noCatalog,
          refresh: () => Promise.resolve(noCatalog),
          caughtUp: () => Promise.resolve(noCatalog),
          changed: () => undefined,
          isStale: false,
        },
      },
      who: someone(),
      early: Buffer.alloc(0),
      expiry: undefined,
    });
  }

  /** Everything that the client got. */
  async exchange(sent: Buffer, schedule: Schedule): Promise<Buffer> {
    this.#toProxy = sent;
    for (const pick of schedule) this.#step(pick);
    // Questions of the proxy's own go through promises: nothing moves for a few turns, and then it does.
    for (let idle = 0; idle < 8; idle++) {
      while (this.#moveAll()) idle = 0;
      // oxlint-disable-next-line no-await-in-loop -- one turn after the other
      await Promise.resolve();
    }
    this.#collect();
    return Buffer.concat(this.#toClient);
  }

  #step(pick: number): void {
    const bytes = 1 + (pick >> 2) * (pick >> 2);
    switch (pick & 3) {
      case 0:
        this.#clientSends(bytes);
        return;
      case 1:
        this.#serverReads();
        return;
      case 2:
        this.#serverSends(bytes);
        return;
      default:
        this.#audit.flush();
        this.#reads(pick);
    }
  }

  /** Either side reads slowly for a while. */
  #reads(pick: number): void {
    const socket = (pick & 4) === 0 ? this.client : this.upstream;
    if (socket.isFull) socket.drain();
    else socket.isFull = (pick & 8) !== 0;
  }

  #moveAll(): boolean {
    for (const socket of [this.client, this.upstream]) if (socket.isFull) socket.drain();
    const moved = [
      this.#clientSends(Number.MAX_SAFE_INTEGER),
      this.#audit.flush(),
      this.#serverReads(),
      this.#serverSends(Number.MAX_SAFE_INTEGER),
    ];
    return moved.includes(true);
  }

  #clientSends(bytes: number): boolean {
    if (this.#toProxy.length === 0 || this.client.isPaused() || this.session.isClosed) return false;
    const chunk = this.#toProxy.subarray(0, bytes);
    this.#toProxy = this.#toProxy.subarray(chunk.length);
    this.client.arrive(chunk);
    return true;
  }

  #serverReads(): boolean {
    const written = this.upstream.written.splice(0);
    for (const bytes of written) this.#server.receive(bytes);
    this.#fromServer = Buffer.concat([this.#fromServer, this.#server.take()]);
    return written.length > 0;
  }

  #serverSends(bytes: number): boolean {
    if (this.#fromServer.length === 0 || this.upstream.isPaused() || this.session.isClosed) return false;
    const chunk = this.#fromServer.subarray(0, bytes);
    this.#fromServer = this.#fromServer.subarray(chunk.length);
    this.upstream.arrive(chunk);
    this.#collect();
    return true;
  }

  #collect(): void {
    this.#toClient.push(...this.client.written.splice(0));
  }
}
