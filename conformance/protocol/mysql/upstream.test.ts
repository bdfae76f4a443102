/** The way from the proxy to a MariaDB with TLS, and what happens when statements cannot be recorded. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ConnectionOptions as MysqlOptions, createConnection } from "mysql2/promise";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type MariadbServer, startMariadb } from "../../support/mariadb-server.ts";
import { selfSigned } from "../certificate.ts";
import { startTestProxy, type TestProxy, testPassword, testUser } from "../test-proxy.ts";

const folder = mkdtempSync(join(tmpdir(), "penstock-mariadb-tls-"));
const { cert, key } = selfSigned();
let server: MariadbServer;
const proxies: TestProxy[] = [];
beforeAll(async () => {
  writeFileSync(join(folder, "cert.pem"), cert);
  writeFileSync(join(folder, "key.pem"), key);
  server = await startMariadb([`--ssl-cert=${join(folder, "cert.pem")}`, `--ssl-key=${join(folder, "key.pem")}`]);
});
afterAll(async () => {
  for (const proxy of proxies) await proxy.close();
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

const proxyWith = async (upstream: NonNullable<Parameters<typeof startTestProxy>[1]>["upstream"]) => {
  const proxy = await startTestProxy(server, { engine: "mariadb", ...(upstream === undefined ? {} : { upstream }) });
  proxies.push(proxy);
  return proxy;
};
const login = ({ port }: TestProxy, options: MysqlOptions = {}) =>
  createConnection({ host: "127.0.0.1", port, user: testUser, password: testPassword, database: "test", ...options });

const cipher =
  "select variable_value <> '' as encrypted from information_schema.session_status where variable_name = 'Ssl_cipher'";

test("a server whose certificate is trusted and for its name is spoken to in TLS", async () => {
  const client = await login(await proxyWith({ host: "localhost", tls: { ca: cert, rejectUnauthorized: true } }));
  expect((await client.query(cipher))[0]).toEqual([{ encrypted: 1 }]);
  await client.end();
});

test("one whose certificate nobody trusted has signed gets no login, and the client hears that, and nothing of the login", async () => {
  const proxy = await proxyWith({ host: "localhost", tls: { rejectUnauthorized: true } });
  const message = await login(proxy).then(
    () => "a session",
    (error: unknown) => String(error),
  );
  expect(message).toContain(
    'the target "test" cannot be trusted: nobody trusted by the proxy has signed its certificate',
  );
  expect(message).not.toContain(server.user);
});

test("a login that the server refuses is told to the operator, not to the client", async () => {
  const proxy = await proxyWith({ password: "wrong" });
  await expect(login(proxy)).rejects.toMatchObject({
    message: expect.stringContaining('the target "test" refused the proxy\'s login'),
  });
  expect(proxy.events.some(({ kind }) => kind === "upstream_failed")).toBe(true);
});

test("what cannot be recorded does not run, and the session goes on when it can be again", async () => {
  const proxy = await proxyWith({});
  const client = await login(proxy);
  await client.query("create table entries (id int)");
  proxy.audit.failure = new Error("no space left");
  await expect(client.query("insert into entries values (1)")).rejects.toMatchObject({
    errno: 1105,
    message: expect.stringContaining("the audit log cannot be written"),
  });
  proxy.audit.failure = undefined;
  expect((await client.query("select count(*) as n from entries"))[0]).toEqual([{ n: 0 }]);
  await client.end();
});
