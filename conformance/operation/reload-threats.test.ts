/** Attacks on a configuration that changes while the real proxy runs, each with a harmless twin: who was let in is not any more, who was not is. */
import { randomBytes } from "node:crypto";
import { readFileSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { createServer } from "node:http";
import { buffer } from "node:stream/consumers";
import { Client, type DatabaseError } from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { generateKeyPair } from "../../engine/src/bundle/signature.ts";
import { makeApiToken } from "../../proxy/src/admin/api-tokens.ts";
import { until as waitUntil } from "../approvals/people.ts";
import { audience, TestIssuer } from "../identity/issuers.ts";
import { certificate, type IssuedCertificate, revocationList, selfSigned } from "../protocol/certificate.ts";
import { type Gate, startGate } from "../support/gate.ts";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import { bundleOf } from "./bundles.ts";
import { Installation, password, type RunningProxy, users } from "./proxy-process.ts";

let server: PostgresServer;
let gate: Gate;
let installation: Installation;
let proxy: RunningProxy;
let api: string;
const bob = makeApiToken();
const clients: Client[] = [];
const tls = selfSigned();
const issuers = ["https://before.example", "https://after.example"].map((name) => new TestIssuer(name));
const authorities = ["before", "after"].map((commonName) => certificate({ commonName, isAuthority: true }));
const [before, after] = authorities.map((issuer) =>
  certificate({ commonName: "app", issuer, names: [["dns", "app.shop.example"]] }),
);
if (before === undefined || after === undefined) throw new Error("there are two authorities");
const release = generateKeyPair();
const denying = (kind: string) =>
  `package guard\n\ndeny "no ${kind}" if query.kind == "${kind}"\napprove by "dba" if query.kind == "truncate"\n`;

/** What the webhook was sent. */
const messages: string[] = [];
const chat = createServer((incoming, response) => {
  void buffer(incoming).then((body) => {
    messages.push(body.toString());
    response.end("ok");
  });
});

/** @param more sections @param gated another target, which answers when the gate is open */
const config = ({ more = "", policies = "{ path: policies }", gated = false } = {}) => {
  const gatedTarget = gated
    ? `  - { name: gated, host: 127.0.0.1, port: ${gate.port}, user: postgres, password: "${server.password}", database: postgres, environment: test }\n`
    : "";
  return `${installation
    .config({ policies })
    .replace("listen: { port: 0 }", "listen: { port: 0, tls: { cert: tls.pem, key: tls.key, required: false } }")
    .replace(
      "users:",
      `${gatedTarget}users:`,
    )}store: { file: store.db }\nadmin: { port: 0, tokens: tokens.yaml, allow: { policies: [dba], bundles: [dba] } }\n${more}`;
};

beforeAll(async () => {
  server = await startPostgres();
  gate = await startGate(server.port);
  await Promise.all([
    ...issuers.map((each) => each.server.start()),
    new Promise<void>((resolve) => chat.listen(0, "127.0.0.1", resolve)),
  ]);
  installation = new Installation(server);
  const address = chat.address();
  installation.write("webhook.url", `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}/hook\n`);
  const person = users.slice(users.indexOf("  - name")).replace("ana", "bob").replace("[analysts]", "[dba]");
  installation.write("users.yaml", users + person);
  installation.write("policies/guard.policy", denying("vacuum"));
  installation.write("tokens.yaml", `tokens: [{ name: bob, user: bob, sha256: ${bob.sha256} }]\n`);
  installation.write("tls.pem", tls.cert);
  installation.write("tls.key", tls.key);
  installation.write("release.pub", release.publicKey);
  for (const [n, each] of issuers.entries()) installation.write(`issuer${n}.pem`, each.server.certificate.cert);
  installation.write("penstock.yaml", config());
  await start();
});
afterAll(async () => {
  for (const client of clients) await client.end().catch(() => undefined);
  await proxy.stop("SIGKILL");
  chat.close();
  installation.remove();
  await Promise.all([gate.stop(), server.stop(), ...issuers.map((each) => each.server.stop())]);
});
/** Each test begins with the same configuration in force. */
beforeEach(async () => {
  for (const client of clients.splice(0)) await client.end().catch(() => undefined);
  gate.open();
  await take(config());
  proxy.stderr = "";
});

async function start(wrap?: string): Promise<void> {
  proxy = await installation.start(wrap);
  api = `http://${/"?admin"?: ?"?([\d.]+:\d+)/.exec(proxy.stderr)?.[1]}`;
}

interface Answer {
  readonly status: number;
  readonly body: { readonly outcome?: string; readonly detail?: string };
}

async function reload(text: string): Promise<Answer> {
  installation.write("penstock.yaml", text);
  const headers = { authorization: `Bearer ${bob.token}` };
  const response = await fetch(`${api}/api/v1/config/reload`, { method: "POST", headers });
  return { status: response.status, body: (await response.json()) as Answer["body"] };
}

async function take(text: string): Promise<void> {
  const { status, body } = await reload(text);
  if (status !== 200) throw new Error(body.detail);
}

async function connect(more: object = {}): Promise<Client> {
  const { port } = proxy;
  const client = new Client({ host: "127.0.0.1", port, database: "shop", user: "ana", password, ...more });
  client.on("error", () => undefined);
  clients.push(client);
  await client.connect();
  return client;
}

const errorOf = (work: Promise<unknown>): Promise<DatabaseError | undefined> =>
  work.then(
    () => undefined,
    (error: DatabaseError) => error,
  );
const until = (holds: () => boolean | Promise<boolean>) =>
  waitUntil(holds, () => `it did not come about:\n${proxy.stderr}`);
const reloads = () => installation.audit().filter((line) => line["action"] === "reload_config").length;

describe("who may log in", () => {
  const encrypted = { ssl: { rejectUnauthorized: false } };
  const byToken = (issuer: TestIssuer | undefined) =>
    connect({ ...encrypted, user: "token", password: issuer?.token() ?? "" });

  test("is whom the issuers of now vouch for; sessions by a token of one that is gone go on, as is documented", async () => {
    const [old, next] = issuers;
    const trusting = (n: number) =>
      config({
        more: `identity: { issuers: [{ issuer: "${issuers[n]?.issuer}", audiences: [${audience}], jwks: "${issuers[n]?.server.url.href}", ca: issuer${n}.pem }] }\n`,
      });
    await take(trusting(0));
    const session = await byToken(old);
    expect(await errorOf(byToken(next))).toMatchObject({ code: "28P01" });
    await take(trusting(1));
    expect(await errorOf(byToken(old))).toMatchObject({ code: "28P01" });
    expect((await (await byToken(next)).query("select 1")).rowCount).toBe(1);
    expect((await session.query("select 1")).rowCount).toBe(1);
    await take(config());
    expect(await errorOf(byToken(next))).toBeInstanceOf(Error);
    expect((await (await connect()).query("select 1")).rowCount).toBe(1);
  });

  test("is whom the authorities of now have certified, and have not taken back", async () => {
    const by = ({ cert, key }: IssuedCertificate) =>
      connect({ ssl: { rejectUnauthorized: false, cert, key }, user: "certificate", password: "" });
    const more =
      "identity: { certificates: { ca: clients.pem, crl: clients.crl, map: [{ dns: app.shop.example, id: app }] } }\n";
    const trusting = async (n: number, revoked: readonly IssuedCertificate[]) => {
      const authority = authorities[n];
      if (authority === undefined) throw new Error("there are two authorities");
      installation.write("clients.pem", authority.cert);
      installation.write("clients.crl", revocationList(authority, [...revoked]));
      await take(config({ more }));
    };
    await trusting(0, []);
    const session = await by(before);
    expect(await errorOf(by(after))).toBeInstanceOf(Error);
    await trusting(1, []);
    expect(await errorOf(by(before))).toBeInstanceOf(Error);
    expect((await (await by(after)).query("select 1")).rowCount).toBe(1);
    expect((await session.query("select 1")).rowCount).toBe(1);
    await trusting(1, [after]);
    expect(await errorOf(by(after))).toBeInstanceOf(Error);
    await trusting(0, [after]);
    expect((await (await by(before)).query("select 1")).rowCount).toBe(1);
  });
});

test("links that were sent with another key answer nothing, and those of the new one do", async () => {
  const more =
    "approvals: { webhook: { url_file: webhook.url, key_file: links.key, public_url: 'https://approve.example/' } }\n";
  const keyed = async () => {
    installation.write("links.key", randomBytes(32).toString("base64"));
    await take(config({ more }));
  };
  /** A statement that waits, and what its link answers. */
  const linked = async () => {
    messages.length = 0;
    const client = await connect();
    await client.query("create table if not exists emptied (id int)");
    const statement = client.query("truncate emptied");
    await until(() => messages.length > 0);
    const link = new URL(/"(https:[^"]*answer=approve)"/.exec(messages[0] ?? "")?.[1] ?? "");
    const page = `${api}${link.pathname}${link.search}`;
    const answer = async () =>
      (await fetch(page, { method: "POST", body: new URLSearchParams({ answer: "approve", token: bob.token }) }))
        .status;
    return { client, statement, answer };
  };
  await keyed();
  const old = await linked();
  await keyed();
  expect(await old.answer()).toBe(403);
  const left = errorOf(old.statement);
  await old.client.end();
  await left;
  const now = await linked();
  expect(await now.answer()).toBe(200);
  expect(await errorOf(now.statement)).toBeUndefined();
});

test("a bundle that is pushed while its source is read again stays in force, and the older one does not come back", async () => {
  const bundle = async (kind: string, sequence: number) =>
    bundleOf(denying(kind), { sequence, key: release.privateKey });
  installation.write("in-force.tar.gz", await bundle("vacuum", 1));
  const policies = "{ bundle: in-force.tar.gz, trusted_keys: [release.pub] }";
  await take(config({ policies }));
  const client = await connect();
  expect(await errorOf(client.query("vacuum"))).toMatchObject({ message: "no vacuum" });
  gate.close();
  const arrived = gate.arrived();
  const later = "{ bundle: in-force.tar.gz, trusted_keys: [release.pub], poll_seconds: 9 }";
  const reloading = reload(config({ policies: later, gated: true }));
  await arrived;
  const headers = { authorization: `Bearer ${bob.token}`, "content-type": "application/gzip" };
  const pushed = await fetch(`${api}/api/v1/policies/bundle`, {
    method: "POST",
    headers,
    body: new Uint8Array(await bundle("analyze", 2)),
  });
  expect(pushed.status).toBe(200);
  expect(await errorOf(client.query("analyze"))).toMatchObject({ message: "no analyze" });
  gate.open();
  expect((await reloading).body).toMatchObject({ outcome: "applied" });
  expect(await errorOf(client.query("analyze"))).toMatchObject({ message: "no analyze" });
  expect(await errorOf(client.query("vacuum"))).toBeUndefined();
});

test("where the audit log cannot be written nothing is changed, and that is said; where it can be, it is", async () => {
  await connect();
  const count = reloads();
  const audit = installation.path("audit.jsonl");
  renameSync(audit, `${audit}.kept`);
  symlinkSync("/dev/full", audit);
  const stricter = config({ more: "limits: { sessions: 1 }\n" });
  const refused = await reload(stricter);
  expect(refused.status).toBe(422);
  expect(refused.body.detail).toContain("the audit log cannot be written, so nothing was changed");
  // The session that is open would be the only one.
  expect((await errorOf(connect()))?.code).not.toBe("53300");
  rmSync(audit);
  renameSync(`${audit}.kept`, audit);
  expect(reloads()).toBe(count);
  await proxy.stop("SIGKILL");
  installation.write("penstock.yaml", config());
  await start();
  await connect();
  await take(stricter);
  expect(reloads()).toBe(count + 1);
  expect(await errorOf(connect())).toMatchObject({ code: "53300" });
});

test("SIGHUP while catalogs are first read is done when they are; SIGTERM in the midst of a reload ends the proxy, with nothing of it in force", async () => {
  await proxy.stop();
  gate.close();
  installation.write("penstock.yaml", config({ gated: true }));
  let arrived = gate.arrived();
  const starting = start("echo $$ > pid");
  await arrived;
  process.kill(Number(readFileSync(installation.path("pid"), "utf8")), "SIGHUP");
  gate.open();
  await starting;
  await proxy.says("users, policies and catalogs were read again");
  expect(proxy.stderr).toContain("SIGHUP: reading configuration");
  expect((await (await connect({ database: "gated" })).query("select 1")).rowCount).toBe(1);
  await take(config());
  const count = reloads();
  gate.close();
  arrived = gate.arrived();
  installation.write("penstock.yaml", config({ gated: true, more: "limits: { sessions: 1 }\n" }));
  proxy.child.kill("SIGHUP");
  await arrived;
  for (const client of clients.splice(0)) await client.end().catch(() => undefined);
  expect(await proxy.stop()).toBe(0);
  expect(reloads()).toBe(count);
  expect((await installation.run("audit", "verify", "audit.jsonl")).code).toBe(0);
  gate.open();
  await start();
});
