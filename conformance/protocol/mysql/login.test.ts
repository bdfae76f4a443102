/** Clients of MySQL's protocol log in through the proxy to a real MariaDB, and what they send is decided and recorded. */
import { createConnection } from "mysql2/promise";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type MariadbServer, startMariadb } from "../../support/mariadb-server.ts";
import { startTestProxy, type TestProxy, testPassword, testUser } from "../test-proxy.ts";

let server: MariadbServer;
let proxy: TestProxy;
beforeAll(async () => {
  server = await startMariadb();
  proxy = await startTestProxy(server, { engine: "mariadb" });
});
afterAll(async () => {
  await proxy.close();
  await server.stop();
});

const login = (overrides: object = {}) =>
  createConnection({
    host: "127.0.0.1",
    port: proxy.port,
    user: testUser,
    password: testPassword,
    database: "test",
    ...overrides,
  });

test("a client logs in without TLS by the key that the proxy gives it, and is recognised the next time", async () => {
  for (let time = 0; time < 2; time++) {
    const client = await login();
    const [rows] = await client.query("select 1 + 1 as two, database() as db");
    expect(rows).toEqual([{ two: 2, db: "test" }]);
    await client.end();
  }
});

test("ids of connections are positive for clients that take them for signed numbers too", async () => {
  for (let time = 0; time < 20; time++) {
    // oxlint-disable-next-line no-await-in-loop -- one at a time
    const client = await login();
    expect(client.threadId).toBeLessThan(2 ** 31);
    client.destroy();
  }
});

test("a wrong password and an unknown user are told the same", async () => {
  await expect(login({ password: "wrong" })).rejects.toMatchObject({ errno: 1045 });
  await expect(login({ user: "nobody" })).rejects.toMatchObject({ errno: 1045 });
});

test("a statement is decided: what is denied does not run, and the session goes on", async () => {
  const client = await login();
  await expect(client.query("select 'forbidden'")).rejects.toMatchObject({ errno: 1142, sqlState: "42000" });
  const [rows] = await client.query("select 2 as two");
  expect(rows).toEqual([{ two: 2 }]);
  await client.end();
  const texts = proxy.audit.of("statement").map(({ text }) => text);
  expect(texts).toContain("select 'forbidden'");
  expect(texts).toContain("select 2 as two");
});

test("what a client says of itself at its login is recorded as tags", async () => {
  const client = await login({ connectAttributes: { program_name: "report", groups: "dba", long: "x".repeat(300) } });
  await client.end();
  expect(proxy.audit.of("connect").at(-1)).toMatchObject({
    client: { application: "report" },
    roots: { principal: { groups: [] }, session: { tags: { program_name: "report", groups: "dba" } } },
  });
  expect(JSON.stringify(proxy.audit.of("connect").at(-1))).not.toContain("xxx");
});
