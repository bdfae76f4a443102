/** Clients of both protocols log in with a token, and are who the token says. */
import { connect, type Socket } from "node:net";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createConnection } from "mysql2/promise";
import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { selfSigned } from "../protocol/certificate.ts";
import { runTool } from "../protocol/run-tool.ts";
import {
  startTestProxy,
  type TestProxy,
  type TestProxyOptions,
  testPassword,
  testUser,
} from "../protocol/test-proxy.ts";
import { type MariadbServer, startMariadb } from "../support/mariadb-server.ts";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import { claimMapping, TestIssuer, tokenLogins, tokenUser } from "./issuers.ts";

const issuer = new TestIssuer("https://login.example");
const tls = selfSigned();
const folder = mkdtempSync(join(tmpdir(), "penstock-tokens-"));
const ca = join(folder, "ca.pem");
writeFileSync(ca, tls.cert);

let postgres: PostgresServer;
let mariadb: MariadbServer;
let pg: TestProxy;
let my: TestProxy;
let options: NonNullable<TestProxyOptions["proxy"]>;
beforeAll(async () => {
  [postgres, mariadb] = await Promise.all([startPostgres(), startMariadb(), issuer.server.start()]);
  const groupTable = new Map([["okta-dba", ["dba", "oncall"]]]);
  const config = issuer.config({ agents: true, claims: { ...claimMapping, groupTable, shown: ["region"] } });
  const { tokens } = tokenLogins([config]);
  options = { tls, tokens };
  pg = await startTestProxy(postgres, { proxy: options });
  my = await startTestProxy(mariadb, { proxy: options, engine: "mariadb" });
});
afterAll(async () => {
  await Promise.all([pg?.close(), my?.close(), issuer.server.stop()]);
  await Promise.all([postgres?.stop(), mariadb?.stop()]);
  rmSync(folder, { recursive: true });
});

const lastConnect = (proxy: TestProxy) => proxy.audit.of("connect").at(-1);
const person = {
  sub: "ana@example.com",
  name: "Ana",
  groups: ["okta-dba", "okta-other"],
  region: "EU",
  amr: ["pwd", "mfa"],
};

test("psql logs in with a token, and the record says who it is and who says so", async () => {
  const jti = "token-1";
  const url = `postgres://${tokenUser}@localhost:${pg.port}/postgres?sslmode=verify-full&sslrootcert=${ca}`;
  const env = { PGPASSWORD: issuer.token({ ...person, jti }) };
  const { stdout, stderr, code } = await runTool("psql", ["-X", "-At", "-d", url, "-c", "select 41 + 1"], { env });
  expect({ stdout, stderr, code }).toEqual({ stdout: "42\n", stderr: "", code: 0 });
  const auth = { method: "jwt", at_ns: expect.any(Number), mfa: true };
  const principal = {
    id: "ana@example.com",
    name: "Ana",
    kind: "human",
    groups: ["dba", "oncall"],
    claims: { region: "EU" },
    auth,
  };
  expect(lastConnect(pg)).toMatchObject({
    principal: { id: "ana@example.com", kind: "human", groups: ["dba", "oncall"] },
    user: tokenUser,
    method: "jwt",
    login: { issuer: "https://login.example", token: jti, expires: expect.stringMatching(/^20.*Z$/) },
    roots: { principal },
  });
});

test("the client mariadb logs in with a token of any size", async () => {
  for (const padding of [0, 5000]) {
    const args = [
      "--ssl",
      `--ssl-ca=${ca}`,
      "--ssl-verify-server-cert",
      "-h",
      "localhost",
      "--protocol=tcp",
      "-P",
      String(my.port),
    ];
    const env = { MYSQL_PWD: issuer.token({ ...person, more: "x".repeat(padding) }) };
    // oxlint-disable-next-line no-await-in-loop -- one at a time
    const { stdout, stderr, code } = await runTool(
      "mariadb",
      [...args, "-u", tokenUser, "-N", "-e", "select 41 + 1", "test"],
      { env },
    );
    expect({ stdout, stderr, code }).toEqual({ stdout: "42\n", stderr: "", code: 0 });
    expect(lastConnect(my)).toMatchObject({
      principal: { id: "ana@example.com", groups: ["dba", "oncall"] },
      method: "jwt",
    });
  }
});

const viaMysql2 = (password: string, more: object = {}) =>
  createConnection({
    host: "localhost",
    port: my.port,
    user: tokenUser,
    password,
    database: "test",
    ssl: { ca: tls.cert },
    ...more,
  });
const viaPg = async (password: string, user = tokenUser, ssl: object | false = { ca: tls.cert }, port = pg.port) => {
  const client = new Client({ host: "localhost", port, user, password, database: "postgres", ssl });
  client.on("error", () => undefined);
  await client.connect();
  return client;
};

test("mysql2 logs in with a token as it is, and with the plugin for passwords in the clear", async () => {
  for (const more of [{}, { enableCleartextPlugin: true, authPlugins: {} }]) {
    // oxlint-disable-next-line no-await-in-loop -- one at a time
    const client = await viaMysql2(issuer.token(person), more);
    // oxlint-disable-next-line no-await-in-loop -- one at a time
    const [rows] = await client.query("select 41 + 1 as v");
    expect(rows).toEqual([{ v: 42 }]);
    // oxlint-disable-next-line no-await-in-loop -- one at a time
    await client.end();
  }
});

test("a client changes its user to a token and back on the same connection", async () => {
  const client = await viaMysql2(testPassword, { user: testUser });
  await client.changeUser({ user: tokenUser, password: issuer.token(person), database: "test" });
  expect(lastConnect(my)).toMatchObject({ principal: { id: "ana@example.com" } });
  await client.changeUser({ user: testUser, password: testPassword, database: "test" });
  expect(lastConnect(my)).toMatchObject({ principal: { id: testUser } });
  await client.end();
});

test("an agent is itself, with no group that its person does not have", async () => {
  const act = { sub: "ana-bot", groups: ["okta-dba", "okta-admin"] };
  const client = await viaPg(issuer.token({ ...person, groups: ["okta-dba"], act }));
  await client.end();
  expect(lastConnect(pg)).toMatchObject({
    principal: { id: "ana-bot", kind: "agent", groups: ["dba", "oncall"], on_behalf_of: "ana@example.com" },
    roots: { principal: { auth: { mfa: false }, on_behalf_of: { id: "ana@example.com", groups: ["dba", "oncall"] } } },
  });
  const poor = await viaPg(issuer.token({ ...person, groups: [], act }));
  await poor.end();
  expect(lastConnect(pg)).toMatchObject({ principal: { id: "ana-bot", groups: [] } });
});

test("users with a password log in beside them, and a token is no password of theirs", async () => {
  const client = await viaPg(testPassword, testUser);
  await client.end();
  expect(lastConnect(pg)).toMatchObject({ principal: { id: testUser }, method: "scram" });
  expect(lastConnect(pg)).not.toHaveProperty("login");
  await expect(viaPg(issuer.token(), testUser)).rejects.toMatchObject({ code: "28P01" });
  await expect(viaPg(testPassword)).rejects.toMatchObject({
    code: "28P01",
    message: "the token does not consist of three parts",
  });
});

test("without encryption nobody is asked for a token", async () => {
  const hint = "connect with sslmode=verify-full";
  await expect(viaPg(issuer.token(), tokenUser, false)).rejects.toMatchObject({ code: "28000", hint });
  await expect(viaMysql2(issuer.token(), { ssl: undefined })).rejects.toMatchObject({ errno: 1045 });
  const socket: Socket = connect(pg.port, "127.0.0.1");
  const body = Buffer.from(`user\0${tokenUser}\0database\0postgres\0\0`);
  const header = Buffer.alloc(8);
  header.writeUInt32BE(8 + body.length, 0);
  header.writeUInt32BE(196_608, 4);
  socket.write(Buffer.concat([header, body]));
  const answered = await once(socket, "data");
  expect(String(answered[0])).toMatch(/^E.*tokens are taken over encrypted connections only/s);
  socket.destroy();
});

test("who is refused is told why and what to do, in both protocols", async () => {
  const expired = { exp: Math.floor(Date.now() / 1000) - 60 };
  await expect(viaPg(issuer.token(expired))).rejects.toMatchObject({
    code: "28P01",
    message: "the token has expired",
    hint: "get a new token (policy-proxy login) and connect again",
  });
  await expect(viaMysql2(issuer.token(expired))).rejects.toMatchObject({
    errno: 1045,
    message: "Access denied: the token has expired; hint: get a new token (policy-proxy login) and connect again",
  });
  expect(pg.audit.of("refused").at(-1)).toMatchObject({ user: tokenUser, reason: "the token has expired" });
});

test("wrong tokens count as wrong passwords do: then nobody of that address is asked", async () => {
  const few = { ...options, limits: { loginFailures: 4 } };
  const strict = await Promise.all([
    startTestProxy(postgres, { proxy: few }),
    startTestProxy(mariadb, { proxy: few, engine: "mariadb" }),
  ]);
  const [onPg, onMy] = strict.map(({ port }) => port);
  const logins = [
    (token: string) => viaPg(token, tokenUser, { ca: tls.cert }, onPg),
    (token: string) => viaMysql2(token, { port: onMy }),
  ];
  for (const login of logins) {
    for (let count = 0; count < 4; count++)
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      await expect(login("wrong")).rejects.toThrow("the token does not consist of three parts");
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    await expect(login(issuer.token())).rejects.toThrow("too many failed logins from this address");
  }
  await Promise.all(strict.map((proxy) => proxy.close()));
});
