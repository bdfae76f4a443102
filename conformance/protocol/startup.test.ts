/** From the first byte to ReadyForQuery: TLS, versions, parameters, passwords, targets, cancel keys. */
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { Client } from "pg";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { freePort, type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import { selfSigned } from "./certificate.ts";
import { raw } from "./raw-client.ts";
import { runTool } from "./run-tool.ts";
import { startTestProxy, type TestProxy, type TestProxyOptions, testPassword, testUser } from "./test-proxy.ts";

let server: PostgresServer;
const open: TestProxy[] = [];
const tls = selfSigned();

beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server?.stop());
afterEach(async () => {
  for (const proxied of open.splice(0)) await proxied.close();
});

async function start(options: TestProxyOptions = {}): Promise<TestProxy> {
  const proxied = await startTestProxy(server, options);
  open.push(proxied);
  return proxied;
}

const psql = (proxied: TestProxy, parameters: string, env: Readonly<Record<string, string>> = {}) =>
  runTool(
    "psql",
    [
      `host=localhost hostaddr=127.0.0.1 port=${proxied.port} user=${testUser} dbname=postgres ${parameters}`,
      "-XAtc",
      "select 'in'",
    ],
    {
      env: { PGPASSWORD: testPassword, ...env },
    },
  );

/** What the proxy answers to raw bytes until it closes or says something whole. */
function answerTo(port: number, ...parts: readonly Buffer[]): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(Buffer.concat(parts)));
    const heard: Buffer[] = [];
    const timer = setTimeout(() => socket.destroy(), 1_000);
    socket.on("data", (chunk) => heard.push(chunk));
    socket.on("error", reject);
    socket.on("close", () => {
      clearTimeout(timer);
      resolve(Buffer.concat(heard));
    });
  });
}

function packet(code: number, ...rest: readonly Buffer[]): Buffer {
  const body = Buffer.concat(rest);
  const header = Buffer.alloc(8);
  header.writeUInt32BE(8 + body.length, 0);
  header.writeUInt32BE(code, 4);
  return Buffer.concat([header, body]);
}
const sslRequest = packet(80877103);
const startup = (minor: number, parameters: Readonly<Record<string, string>>) =>
  packet(
    (3 << 16) | minor,
    Buffer.from(
      `${Object.entries({ user: testUser, database: "postgres", ...parameters })
        .flat()
        .join("\0")}\0\0`,
    ),
  );

test("psql connects with TLS where it is configured, and binds the login to the certificate", async () => {
  const proxied = await start({ proxy: { tls } });
  expect(await psql(proxied, "sslmode=require channel_binding=require")).toMatchObject({ code: 0, stdout: "in\n" });
  expect(proxied.audit.of("connect")).toMatchObject([{ client: { tls: true } }]);
});

test("where TLS is required, a client without it is refused and told so", async () => {
  const proxied = await start({ proxy: { tls, tlsRequired: true } });
  const { code, stderr } = await psql(proxied, "sslmode=disable");
  expect([code, stderr]).toEqual([2, expect.stringContaining("connections must be encrypted")]);
});

test("without TLS configured the proxy says no, and a client that insists gives up", async () => {
  const proxied = await start();
  expect(await answerTo(proxied.port, sslRequest)).toEqual(Buffer.from("N"));
  expect((await psql(proxied, "sslmode=require")).stderr).toContain("server does not support SSL");
});

test("direct TLS needs the protocol's name in ALPN", async () => {
  const proxied = await start({ proxy: { tls } });
  const ask = (names: readonly string[]) =>
    new Promise<Buffer>((resolve, reject) => {
      const socket: Socket = connectTls(
        {
          port: proxied.port,
          host: "127.0.0.1",
          rejectUnauthorized: false,
          ...(names.length > 0 ? { ALPNProtocols: [...names] } : {}),
        },
        () => socket.write(startup(0, {})),
      );
      socket.on("data", (chunk) => {
        resolve(chunk);
        socket.destroy();
      });
      socket.on("error", reject);
    });
  expect(String.fromCharCode((await ask(["postgresql"]))[0] ?? 0)).toBe("R");
  expect((await ask([])).toString("latin1")).toContain("without ALPN");
});

test("bytes that came before TLS end the connection", async () => {
  const proxied = await start({ proxy: { tls } });
  const heard = await answerTo(proxied.port, sslRequest, startup(0, {}));
  expect(heard.toString("latin1")).toContain("unencrypted data");
  expect(heard[0]).toBe("E".charCodeAt(0));
});

test.each([
  ["3.2", startup(2, {}), "R"],
  ["a newer minor version", startup(9, {}), "v"],
  ["an option that nobody knows", startup(0, { "_pq_.nonsense": "1" }), "v"],
  ["replication", startup(0, { replication: "database" }), "E"],
  ["another major version", packet(2 << 16, Buffer.from("x\0")), "E"],
  ["an impossible length", Buffer.from([0xff, 0xff, 0xff, 0xff, 0, 3, 0, 0]), "E"],
  ["strings without an end", packet(3 << 16, Buffer.from("user")), "E"],
  ["GSS encryption", packet(80877104), "N"],
])("a start with %s is answered as the server would", async (_, bytes, answer) => {
  const proxied = await start();
  expect(String.fromCharCode((await answerTo(proxied.port, bytes))[0] ?? 0)).toBe(answer);
});

test.each([
  ["search_path and more", { PGOPTIONS: "-c search_path=one,two -cDateStyle=German --statement-timeout=5s" }, 0],
  ["a value with a space", { PGOPTIONS: "-c search_path=one,\\ two" }, 0],
  ["a setting that is not on the list", { PGOPTIONS: "-c session_replication_role=replica" }, 2],
  ["an option that is none", { PGOPTIONS: "-e" }, 2],
  ["another encoding", { PGCLIENTENCODING: "LATIN1" }, 2],
  ["UTF8", { PGCLIENTENCODING: "utf-8" }, 0],
])("startup parameters are let through from a list: %s", async (_, env, code) => {
  const proxied = await start();
  const result = await psql(proxied, "", env);
  expect([result.code, /not permitted|may hold|not supported/.test(result.stderr)]).toEqual([code, code !== 0]);
});

test("settings of the startup message reach the server", async () => {
  const proxied = await start();
  const client = new Client({
    connectionString: proxied.url(),
    options: "-c search_path=one,\\ two -c datestyle=German",
    application_name: "it's me",
  });
  await client.connect();
  const show = async (name: string) => (await client.query(`select current_setting('${name}') as v`)).rows[0].v;
  expect(await show("search_path")).toBe("one, two");
  expect(await show("datestyle")).toBe("German, DMY");
  expect(await show("application_name")).toBe("it's me");
  await client.end();
});

test("a wrong password and an unknown user are refused alike", async () => {
  const proxied = await start();
  const wrong = await psql(proxied, "", { PGPASSWORD: "wrong" });
  const unknown = await psql(proxied, "user=nobody", { PGPASSWORD: "wrong" });
  expect(wrong.stderr).toContain('password authentication failed for user "alice"');
  expect(unknown.stderr).toContain('password authentication failed for user "nobody"');
  expect(proxied.proxy.meters.loginFailures).toBe(2);
});

test("an address that fails too often is not asked again", async () => {
  const proxied = await start({ proxy: { limits: { loginFailures: 2 } } });
  for (let attempt = 0; attempt < 2; attempt++) await psql(proxied, "", { PGPASSWORD: "wrong" });
  expect((await psql(proxied, "")).stderr).toContain("too many failed logins");
});

test.each([
  ["cannot be reached", async () => ({ port: await freePort() }), "cannot be reached (ECONNREFUSED)"],
  ["refuses the login", () => Promise.resolve({ password: "stale secret" }), "refused the proxy's login"],
])("a target that %s is an error with a reason, without its address or login", async (_, upstream, message) => {
  const proxied = await start({ upstream: await upstream() });
  const { stderr } = await psql(proxied, "");
  expect(stderr).toContain(message);
  expect(stderr).not.toContain("stale secret");
  expect(stderr).not.toContain(server.user);
});

test("a database that does not exist is the server's error", async () => {
  const proxied = await start({ database: "nowhere" });
  expect((await psql(proxied, "")).stderr).toContain('database "nowhere" does not exist');
});

test("more sessions than permitted are refused", async () => {
  const proxied = await start({ proxy: { limits: { sessions: 1 } } });
  const client = new Client({ connectionString: proxied.url() });
  await client.connect();
  expect((await psql(proxied, "")).stderr).toContain("too many clients");
  await client.end();
});

test("who does not log in in time is cut off", async () => {
  const proxied = await start({ proxy: { limits: { loginMs: 200 } } });
  const began = Date.now();
  await answerTo(proxied.port, Buffer.from([0, 0]));
  expect(Date.now() - began).toBeLessThan(900);
});

function keyOf(client: unknown): { readonly processID: number; readonly secretKey: number } {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- fields that pg has and its types leave out
  return client as { readonly processID: number; readonly secretKey: number };
}

test("a statement is cancelled by the key that the proxy gave, and by no other", async () => {
  const proxied = await start();
  const client = new Client({ connectionString: proxied.url() });
  await client.connect();
  const { processID, secretKey } = keyOf(client);
  const key = (secret: number) => {
    const bytes = Buffer.alloc(8);
    bytes.writeInt32BE(processID, 0);
    bytes.writeInt32BE(secret, 4);
    return bytes;
  };
  const sleeping = client.query("select pg_sleep(0.5), 'slept' as v");
  await answerTo(proxied.port, packet(80877102, key(secretKey ^ 1)));
  expect((await sleeping).rows[0]).toMatchObject({ v: "slept" });
  const cancelled = client.query("select pg_sleep(20)").catch((error: unknown) => error);
  await new Promise((resolve) => setTimeout(resolve, 100));
  await answerTo(proxied.port, packet(80877102, key(secretKey)));
  expect(await cancelled).toMatchObject({ code: "57014" });
  await client.end();
});

test("a server that goes away is a FATAL error, not a silence", async () => {
  const proxied = await start();
  const client = new Client({ connectionString: proxied.url() });
  await client.connect();
  const lost = new Promise<unknown>((resolve) => client.on("error", resolve));
  const killer = new Client({ connectionString: server.url() });
  await killer.connect();
  await killer.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and backend_type = 'client backend'",
  );
  await killer.end();
  expect(await lost).toMatchObject({ code: "57P01" });
});

test("shutting down lets a running statement end, and tells idle sessions", async () => {
  const proxied = await start();
  const busy = new Client({ connectionString: proxied.url() });
  const idle = new Client({ connectionString: proxied.url() });
  await busy.connect();
  await idle.connect();
  const told = new Promise<unknown>((resolve) => idle.on("error", resolve));
  busy.on("error", () => undefined);
  const running = busy.query("select pg_sleep(0.3), 'done' as v");
  await new Promise((resolve) => setTimeout(resolve, 50));
  await proxied.close();
  open.length = 0;
  expect((await running).rows[0]).toMatchObject({ v: "done" });
  expect(await told).toMatchObject({ code: "57P01" });
});

test("a message that has no business before the login ends the connection", async () => {
  const proxied = await start();
  const heard = await answerTo(proxied.port, startup(0, {}), raw("Q", "select 1\0"));
  expect(heard.toString("latin1")).toContain("expected a SASL response");
});
