/** Clients of both protocols log in with a certificate, alone or beside a password, and strangers' certificates open nothing. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createConnection } from "mysql2/promise";
import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type CertificateRule, CertificateLogins } from "../../proxy/src/identity/certificate/certificate-logins.ts";
import {
  certificate,
  type CertificateAsked,
  type IssuedCertificate,
  revocationList,
  selfSigned,
} from "../protocol/certificate.ts";
import { runTool } from "../protocol/run-tool.ts";
import { startTestProxy, type TestProxy, testPassword, testUser } from "../protocol/test-proxy.ts";
import { type MariadbServer, startMariadb } from "../support/mariadb-server.ts";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import { TestIssuer, tokenLogins, tokenUser } from "./issuers.ts";

const tls = selfSigned();
const authority = certificate({ commonName: "clients", isAuthority: true });
const issued = (asked: Partial<CertificateAsked>) => certificate({ commonName: "app", issuer: authority, ...asked });
const app = issued({
  names: [
    ["uri", "spiffe://shop.example/ns/prod/sa/app"],
    ["dns", "App.shop.example"],
  ],
});
const revoked = issued({ names: [["uri", "spiffe://shop.example/ns/prod/sa/revoked"]] });
const ofUser = issued({ commonName: testUser });

const rule = (change: Partial<CertificateRule>): CertificateRule => ({
  kind: "spiffe",
  name: "spiffe://shop.example/ns/prod/*",
  user: "certificate",
  withPassword: false,
  id: undefined,
  principalKind: "service",
  groups: ["apps"],
  ...change,
});
const rules = [
  rule({}),
  rule({ kind: "dns", name: "report.shop.example", id: "report", groups: ["reports"] }),
  rule({ kind: "email", name: "ana@shop.example", id: "ana", principalKind: "human", groups: [] }),
  rule({ kind: "cn", name: "batch", user: "batch", id: "batch" }),
];
const both = rule({ kind: "cn", name: testUser, user: testUser, withPassword: true });

const issuer = new TestIssuer("https://login.example");
const folder = mkdtempSync(join(tmpdir(), "penstock-certificates-"));
const proxies: TestProxy[] = [];
let postgres: PostgresServer;
let mariadb: MariadbServer;
let pg: TestProxy;
let my: TestProxy;
const secured = { ...tls, clientCa: authority.cert, clientCrl: revocationList(authority, [revoked]) };

/** In front of the server of the protocol. */
async function proxyWith(
  engine: "postgres" | "mariadb",
  certificates: CertificateLogins,
  more: object = {},
): Promise<TestProxy> {
  const { tokens } = tokenLogins([issuer.config()]);
  const proxy = { tls: secured, certificates, tokens, limits: { loginFailures: 1_000 }, ...more };
  const made = await startTestProxy(engine === "postgres" ? postgres : mariadb, { proxy, engine });
  proxies.push(made);
  return made;
}

beforeAll(async () => {
  [postgres, mariadb] = await Promise.all([startPostgres(), startMariadb(), issuer.server.start()]);
  const certificates = new CertificateLogins(rules, false);
  [pg, my] = await Promise.all([proxyWith("postgres", certificates), proxyWith("mariadb", certificates)]);
});
afterAll(async () => {
  await Promise.all([...proxies.map((proxy) => proxy.close()), issuer.server.stop()]);
  await Promise.all([postgres?.stop(), mariadb?.stop()]);
  rmSync(folder, { recursive: true });
});

interface Way {
  readonly user?: string;
  readonly password?: string;
}

async function onPg(
  shown: IssuedCertificate | undefined,
  { user = "certificate", password = "" }: Way = {},
  proxy = pg,
): Promise<Client> {
  const ssl = { ca: tls.cert, ...(shown === undefined ? {} : { cert: shown.cert, key: shown.key }) };
  const client = new Client({ host: "localhost", port: proxy.port, user, password, database: "postgres", ssl });
  client.on("error", () => undefined);
  await client.connect();
  return client;
}

async function onMysql(
  shown: IssuedCertificate | undefined,
  { user = "certificate", password = "" }: Way = {},
  proxy = my,
) {
  const ssl = { ca: tls.cert, ...(shown === undefined ? {} : { cert: shown.cert, key: shown.key }) };
  return createConnection({ host: "localhost", port: proxy.port, user, password, database: "test", ssl });
}

/** By both protocols: the principal that got in, or why nobody did. */
async function enters(shown: IssuedCertificate | undefined, way?: Way, [onto, onto2] = [pg, my]): Promise<unknown> {
  const seen = await Promise.all([
    onPg(shown, way, onto).then((client) => client.end().then(() => last(onto)), messageOf),
    onMysql(shown, way, onto2).then((client) => client.end().then(() => last(onto2)), messageOf),
  ]);
  expect(seen[1]).toEqual(seen[0]);
  return seen[0];
}

const last = (proxy: TestProxy) => proxy.audit.of("connect").at(-1)?.["principal"];
const messageOf = (error: Error) => error.message.replace(/^Access denied: |; hint: .*$/g, "");

test("a client is who its certificate says, by any of its names", async () => {
  expect(await enters(app)).toEqual({ id: "spiffe://shop.example/ns/prod/sa/app", kind: "service", groups: ["apps"] });
  const report = issued({ names: [["dns", "Report.shop.example"]] });
  expect(await enters(report)).toEqual({ id: "report", kind: "service", groups: ["reports"] });
  expect(await enters(issued({ names: [["email", "ana@shop.example"]] }))).toEqual({
    id: "ana",
    kind: "human",
    groups: [],
  });
  const batch = issued({ commonName: "batch" });
  expect(await enters(batch, { user: "batch" })).toEqual({ id: "batch", kind: "service", groups: ["apps"] });
  expect(await enters(batch, { user: "batch", password: "is not looked at" })).toMatchObject({ id: "batch" });
  expect(pg.audit.of("connect")[0]).toMatchObject({
    method: "certificate",
    login: {
      certificate: {
        name: "spiffe://shop.example/ns/prod/sa/app",
        sha256: expect.stringMatching(/^([0-9A-F]{2}:){31}/),
      },
    },
  });
});

test("psql and mariadb show their certificates", async () => {
  const files = { ca: tls.cert, cert: app.cert, key: app.key };
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content, { mode: 0o600 });
  const [ca, cert, key] = ["ca", "cert", "key"].map((name) => join(folder, name));
  const url = `postgres://certificate@localhost:${pg.port}/postgres?sslmode=verify-full&sslrootcert=${ca}&sslcert=${cert}&sslkey=${key}`;
  expect(await runTool("psql", ["-X", "-At", "-d", url, "-c", "select 1"])).toMatchObject({ stdout: "1\n", code: 0 });
  const args = [
    `--ssl-ca=${ca}`,
    `--ssl-cert=${cert}`,
    `--ssl-key=${key}`,
    "-h",
    "localhost",
    "--protocol=tcp",
    "-P",
    String(my.port),
  ];
  const said = await runTool("mariadb", [...args, "-u", "certificate", "-N", "-e", "select 1", "test"]);
  expect(said).toMatchObject({ stdout: "1\n", code: 0 });
});

const nobody = 'the client certificate is of nobody who may connect as "certificate"';
const stranger = certificate({ commonName: "clients", isAuthority: true });
const uri = (...names: string[]) => issued({ names: names.map((name) => ["uri", name] as const) });
const wrong: Readonly<Record<string, readonly [IssuedCertificate | undefined, because: string]>> = {
  "no certificate": [undefined, "a client certificate is needed"],
  "one that has signed itself": [
    certificate({ commonName: "app", names: [["uri", "spiffe://shop.example/ns/prod/sa/app"]] }),
    "nobody trusted here has signed it",
  ],
  "one of another authority of that name": [
    issued({ issuer: stranger, names: [["uri", "spiffe://shop.example/ns/prod/sa/app"]] }),
    "is not accepted",
  ],
  "one of a client that signs others'": [
    issued({ issuer: app, names: [["uri", "spiffe://shop.example/ns/prod/sa/app"]] }),
    "is not accepted",
  ],
  "one that has expired": [
    issued({ validMs: -60_000, names: [["uri", "spiffe://shop.example/ns/prod/sa/app"]] }),
    "it has expired",
  ],
  "one that was revoked": [revoked, "it was revoked"],
  "one of nobody": [issued({}), nobody],
  "one of another trust domain": [uri("spiffe://evil.example/ns/prod/sa/app"), nobody],
  "one of another name space": [uri("spiffe://shop.example/ns/production/sa/app"), nobody],
  "the name space itself": [uri("spiffe://shop.example/ns/prod/"), nobody],
  "a way out of the name space": [uri("spiffe://shop.example/ns/prod/../admin"), nobody],
  "two ids": [uri("spiffe://shop.example/ns/prod/sa/app", "spiffe://evil.example/x"), nobody],
  "an id in another name": [issued({ names: [["dns", "x, URI:spiffe://shop.example/ns/prod/sa/app"]] }), nobody],
  "an id in its subject": [issued({ commonName: "x, URI:spiffe://shop.example/ns/prod/sa/app" }), nobody],
  "a name with a NUL": [issued({ names: [["dns", "report.shop.example\0.evil.example"]] }), nobody],
  "a subdomain": [issued({ names: [["dns", "x.report.shop.example"]] }), nobody],
  "the name of another rule": [issued({ commonName: "batch" }), nobody],
};
test.each(Object.entries(wrong))("%s opens nothing", async (_name, [shown, because]) => {
  expect(await enters(shown)).toContain(because);
});

test("who logs in otherwise need not show any, and one that is wrong is refused all the same", async () => {
  expect(await enters(undefined, { user: testUser, password: testPassword })).toMatchObject({ id: testUser });
  expect(await enters(app, { user: testUser, password: testPassword })).toMatchObject({ id: testUser });
  expect(await enters(revoked, { user: testUser, password: testPassword })).toContain("it was revoked");
});

test("where it is required, passwords and tokens need one too, and end with it", async () => {
  const required = new CertificateLogins([], true);
  const onto = await Promise.all([proxyWith("postgres", required), proxyWith("mariadb", required)]);
  expect(await enters(undefined, { user: testUser, password: testPassword }, onto)).toBe(
    "a client certificate is needed",
  );
  expect(await enters(app, { user: testUser, password: testPassword }, onto)).toMatchObject({ id: testUser });
  expect(await enters(app, { user: tokenUser, password: issuer.token() }, onto)).toMatchObject({ id: "ana" });
  const brief = issued({ validMs: 3_000 });
  const [client, session] = await Promise.all([
    onPg(brief, { user: tokenUser, password: issuer.token() }, onto[0]),
    onMysql(brief, { user: testUser, password: testPassword }, onto[1]),
  ]);
  await Promise.all([client.query("select 1"), session.query("select 1")]);
  await sleep(3_000);
  const because = /the certificate that you logged in with has expired/;
  await expect(client.query("select 1")).rejects.toThrow(because);
  await expect(session.query("select 1")).rejects.toThrow(because);
  await client.end();
  session.destroy();
});

test("a user who needs both has to have both", async () => {
  const certificates = new CertificateLogins([both], false);
  const onto = await Promise.all([proxyWith("postgres", certificates), proxyWith("mariadb", certificates)]);
  const right = { user: testUser, password: testPassword };
  expect(await enters(ofUser, right, onto)).toMatchObject({ id: testUser });
  expect(onto[0].audit.of("connect").at(-1)).toMatchObject({
    roots: { principal: { auth: { method: "scram", mfa: true } } },
  });
  expect(await enters(undefined, right, onto)).toBe("a client certificate is needed beside the password");
  expect(await enters(app, right, onto)).toBe(`the client certificate is not one of "${testUser}"`);
  await expect(onPg(ofUser, { ...right, password: "wrong" }, onto[0])).rejects.toMatchObject({ code: "28P01" });
  await expect(onMysql(ofUser, { ...right, password: "wrong" }, onto[1])).rejects.toMatchObject({ errno: 1045 });
});

test("a list of revoked certificates is taken anew for the next connection, and counts while it is in date", async () => {
  const proxy = await proxyWith("postgres", new CertificateLogins(rules, false));
  const client = await onPg(app, {}, proxy);
  await client.end();
  proxy.proxy.setTls({ ...secured, clientCrl: revocationList(authority, [app]) });
  await expect(onPg(app, {}, proxy)).rejects.toThrow("it was revoked");
  proxy.proxy.setTls({ ...secured, clientCrl: revocationList(authority, [], -60_000) });
  await expect(onPg(app, {}, proxy)).rejects.toThrow("the list of revoked certificates is out of date");
  proxy.proxy.setTls({ ...secured, clientCrl: revocationList(stranger, []) });
  await expect(onPg(app, {}, proxy)).rejects.toThrow(/is not accepted/);
});
