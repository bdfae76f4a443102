/** A session of MySQL's protocol between two ends without a network. */
import { fixedPassword } from "../../../../proxy/src/credentials/password-source.ts";
import { someone } from "../../../../engine/src/decide/someone.ts";
import type { AuditLog } from "../../../../proxy/src/audit/audit-log.ts";
import type { SessionHost } from "../../../../proxy/src/enforce/session-host.ts";
import { proxyLimits } from "../../../../proxy/src/limits.ts";
import { Meters } from "../../../../proxy/src/metrics/meters.ts";
import { Session } from "../../../../proxy/src/mysql/session.ts";
import { asSocket, MemorySocket } from "../../fuzz/memory-socket.ts";
import { noCatalog } from "../../no-catalog.ts";
import { testEnforcer } from "../../test-enforcer.ts";
import { deniedWord } from "./streams.ts";

const audit: AuditLog = {
  append: () => undefined,
  flushed: (callback) => queueMicrotask(() => callback()),
  close: () => Promise.resolve(),
};

export class MemorySession {
  readonly client = new MemorySocket();
  readonly upstream = new MemorySocket();
  readonly faults: Error[] = [];
  /** Texts that were decided, denied ones too. */
  readonly decided = new Set<string>();
  readonly session: Session;

  constructor() {
    const enforcer = testEnforcer({ deniedWord });
    const host: SessionHost = {
      limits: { ...proxyLimits, closeMs: 1 },
      audit,
      enforcer: {
        ...enforcer,
        decide: (text, ...others) => {
          this.decided.add(text);
          return enforcer.decide(text, ...others);
        },
      },
      approvals: undefined,
      tokenKey: undefined,
      meters: new Meters(),
      redacts: false,
      notified: () => undefined,
      leaked: () => undefined,
      fault: (_session, error) => this.faults.push(error),
      closed: () => undefined,
    };
    const front = {
      kill: () => ({ code: 1094, sqlstate: "HY000", message: "Unknown thread id" }),
      killUpstream: () => undefined,
    };
    this.session = new Session(host, front, {
      client: asSocket(this.client),
      upstream: { socket: asSocket(this.upstream), serverVersion: "8.0.0", connectionId: 1, capabilities: 0 },
      target: {
        name: "model",
        engine: "mysql",
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
      expiry: undefined,
      capabilities: 0,
      early: Buffer.alloc(0),
      results: undefined,
      loginAgain: () => undefined,
    });
  }

  /** What is due without the network has been done. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 12; turn++) await Promise.resolve();
  }

  get isOver(): boolean {
    return this.session.isClosed;
  }
}
