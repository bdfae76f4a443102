/** The proxy in front of a real server, with a user and a target made for the test. */
import type { ConnectionOptions } from "node:tls";
import { createProxyServer } from "../../proxy/src/proxy-server.ts";
import type { ProxyEvent, ProxyServer, ProxyServerOptions } from "../../proxy/src/proxy-server-options.ts";
import type { AuditLog } from "../../proxy/src/audit/audit-log.ts";
import { Login, type Identities } from "../../proxy/src/identity/login.ts";
import { fixedPassword } from "../../proxy/src/credentials/password-source.ts";
import { deriveVerifier } from "../../proxy/src/identity/scram-verifier.ts";
import { protocolOf, type Targets } from "../../proxy/src/enforce/target.ts";
import type { Enforcer, Engine, Principal } from "@penstock/engine";
import type { PostgresServer } from "../support/postgres-server.ts";
import { noCatalog } from "./no-catalog.ts";
import { testEnforcer } from "./test-enforcer.ts";

export interface TestProxy {
  readonly proxy: ProxyServer;
  readonly port: number;
  /** Connection URL of the test's user. */
  readonly url: (database?: string) => string;
  readonly events: ProxyEvent[];
  readonly audit: MemoryAuditLog;
  readonly close: () => Promise<void>;
}

export const testUser = "alice";
export const testPassword = "open sesame";

/** Lines in memory, flushed at the end of the turn as the file is. */
class MemoryAuditLog implements AuditLog {
  readonly lines: Record<string, unknown>[] = [];
  /** From now on writing fails. */
  failure: Error | undefined;

  append(line: string): void {
    if (this.failure !== undefined) return;
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- our own lines
    this.lines.push(JSON.parse(line) as Record<string, unknown>);
  }

  flushed(callback: (error?: Error) => void): void {
    const { failure } = this;
    setImmediate(() => callback(failure));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  of(event: string): Record<string, unknown>[] {
    return this.lines.filter((line) => line["event"] === event);
  }
}

export interface TestProxyOptions {
  readonly enforcer?: Enforcer;
  readonly proxy?: Partial<ProxyServerOptions>;
  /** Default: the server's `postgres` database. */
  readonly database?: string;
  /** Default: `postgres`. */
  readonly engine?: Engine;
  readonly upstream?: Partial<{
    readonly host: string;
    readonly port: number;
    readonly password: string;
    readonly tls: ConnectionOptions;
  }>;
}

/** Where the proxy finds its one target, and as whom it logs in there. */
export type TestServer = Pick<PostgresServer, "host" | "port" | "user" | "password">;

export async function startTestProxy(server: TestServer, options: TestProxyOptions = {}): Promise<TestProxy> {
  const audit = new MemoryAuditLog();
  const events: ProxyEvent[] = [];
  const proxy = createProxyServer({
    enforcer: options.enforcer ?? testEnforcer(),
    audit,
    identities: await testIdentities(),
    targets: testTargets(server, options),
    report: (event) => events.push(event),
    ...options.proxy,
  });
  const port = await proxy.listen(0, "127.0.0.1", protocolOf[options.engine ?? "postgres"]);
  return {
    proxy,
    port,
    url: (database = "postgres") =>
      `postgres://${testUser}:${encodeURIComponent(testPassword)}@127.0.0.1:${port}/${database}`,
    events,
    audit,
    close: () => proxy.close(),
  };
}

async function testIdentities(): Promise<Identities> {
  const verifier = await deriveVerifier(testPassword, { iterations: 4096 });
  const principal: Principal = {
    id: testUser,
    name: testUser,
    kind: "human",
    groups: [],
    claims: {},
    auth: { method: "scram", atNs: 0n, mfa: false },
  };
  return { begin: (user, channel) => new Login(verifier, user === testUser, channel, () => principal) };
}

function testTargets(server: TestServer, options: TestProxyOptions): Targets {
  const { upstream = {} } = options;
  return {
    find: (database) =>
      Promise.resolve({
        kind: "target",
        ...(database === "" ? {} : { database }),
        target: {
          name: "test",
          engine: options.engine ?? "postgres",
          environment: "test",
          tags: {},
          host: upstream.host ?? server.host,
          port: upstream.port ?? server.port,
          database: options.database ?? database,
          user: server.user,
          password: fixedPassword(upstream.password ?? server.password),
          tls: upstream.tls,
          detection: undefined,
          catalog: {
            current: () => noCatalog,
            refresh: () => Promise.resolve(noCatalog),
            caughtUp: () => Promise.resolve(noCatalog),
            changed: () => undefined,
            isStale: false,
          },
        },
      }),
  };
}
