/** A statement that waits, as its operators meet it: the real commands, the real proxy that ends and starts again, and psql. */
import { randomBytes } from "node:crypto";
import { chmodSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { buffer } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeApiToken } from "../../proxy/src/admin/api-tokens.ts";
import { answerRequest } from "../../proxy/src/approvals/answering.ts";
import { ordinaryRules } from "../../proxy/src/approvals/rules.ts";
import { SqliteStore } from "../../proxy/src/store/sqlite-store.ts";
import { until } from "../approvals/people.ts";
import { runTool } from "../protocol/run-tool.ts";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import { Installation, password, type RunningProxy, users } from "./proxy-process.ts";

let server: PostgresServer;
let installation: Installation;
let proxy: RunningProxy;
let store: SqliteStore;
const tokens = new Map(["ana", "bob", "sue"].map((user) => [user, makeApiToken()]));
const policy = `package guard
approve by "dba" because "it empties a table" if query.kind == "truncate"
approve by "dba" for "1h" if query.kind == "delete"`;
const person = (name: string, group: string) =>
  users.slice(users.indexOf("  - name")).replace("ana", name).replace("[analysts]", `[${group}]`);
const webhook =
  "webhook: { url_file: webhook.url, key_file: links.key, public_url: 'https://approve.example/penstock/' }";
const configure = (approvals = "{}") =>
  installation.write(
    "penstock.yaml",
    `${installation.config()}store: { file: store.db }\napprovals: ${approvals.replace(/ ?}$/, `${approvals === "{}" ? "" : ","} ${webhook} }`)}\nadmin: { port: 0, tokens: tokens.yaml }\n`,
  );

/** What the webhook was sent. */
const messages: string[] = [];
const chat = createServer((incoming, response) => {
  void buffer(incoming).then((body) => {
    messages.push(body.toString());
    // Once it is not there.
    response.writeHead(messages.length === 1 ? 503 : 200).end("ok");
  });
});
chat.listen(0, "127.0.0.1");

/** Tests leave nothing that waits. */
beforeAll(async () => {
  server = await startPostgres();
  installation = new Installation(server);
  configure();
  installation.write("users.yaml", users + person("bob", "dba") + person("sue", "security"));
  installation.write("policies/guard.policy", policy);
  const listed = [...tokens].map(([user, { sha256 }]) => `  - { name: ${user}, user: ${user}, sha256: ${sha256} }\n`);
  await new Promise((resolve) => (chat.listening ? resolve(undefined) : chat.once("listening", resolve)));
  const address = chat.address();
  const chatPort = typeof address === "object" ? address?.port : 0;
  installation.write("webhook.url", `http://127.0.0.1:${chatPort}/secret-of-the-channel\n`);
  installation.write("links.key", randomBytes(32).toString("base64"));
  installation.write("tokens.yaml", `tokens:\n${listed.join("")}`);
  proxy = await installation.start();
  store = new SqliteStore(installation.path("store.db"));
  await store.open();
});
afterAll(async () => {
  chat.close();
  await store.close();
  await proxy.stop("SIGKILL");
  installation.remove();
  await server.stop();
});

const psql = (sql: string) =>
  runTool("psql", ["-X", "-d", proxy.url, "-c", "create table if not exists notes (id int)", "-c", sql]);
const approvals = (...args: string[]) => installation.run("approvals", ...args);
const asBob = (command: string, id: string, ...more: string[]) =>
  installation.runWith(`${password}\n`, "approvals", command, id, "--as", "bob", ...more);

/** Waits until a statement waits. */
async function request(sql: string): Promise<string> {
  let id: string | undefined;
  await until(
    async () => (id = (await store.waiting()).find(({ asked }) => asked.texts[0] === sql)?.id) !== undefined,
    () => `it does not wait:\n${proxy.stderr}`,
  );
  return id ?? "";
}

/** As the command does it, which the first tests run. */
const bobSays = (says: "approve" | "deny", id: string) => {
  const bob = { id: "bob", name: "bob", kind: "human", groups: ["dba"], claims: {}, auth } as const;
  const given = { request: id, user: "bob", person: bob, proof: "token", says, because: "because" } as const;
  return answerRequest({ store, rules: ordinaryRules, unusedMs: 60_000 }, given);
};
const auth = { method: "trust", atNs: 0n, mfa: false } as const;

test("an operator sees what waits, says yes, and it runs", async () => {
  const session = psql("truncate notes");
  const id = await request("truncate notes");
  const listed = await approvals();
  expect(listed.stdout).toMatch(`${id}  ana (human) on shop, database shop; until `);
  expect(listed.stdout).toContain("  truncate notes\n  needs dba, for this one run; it empties a table\n");
  expect(statSync(installation.path("store.db")).mode & 0o777).toBe(0o600);
  expect(await approvals("approve", id, "--as", "ana")).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("own"),
  });
  expect(await asBob("approve", id, "--because", "ticket 7")).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("approved: the statement is decided once more and goes on"),
  });
  expect(await session).toMatchObject({ code: 0, stdout: expect.stringContaining("TRUNCATE TABLE") });
  expect((await approvals("show", id)).stdout).toContain("database shop; approved\n  truncate notes\n");
  const log = await installation.run("audit", "tail", "audit.jsonl");
  expect(log.stdout).toContain(`bob answers approve to ${id}: approved`);
  expect(log.stdout).toMatch(/allowed ana truncate: truncate notes .*approved by bob/);
  const answer = installation
    .audit()
    .findLast((line) => line["event"] === "approval_answer" && line["counted"] === true);
  expect(answer).toMatchObject({ user: "bob", by: "bob", proof: "password", because: "ticket 7", counted: true });
});

test("an operator says no, and the reason arrives", async () => {
  const session = psql("truncate notes");
  const id = await request("truncate notes");
  expect(await asBob("reject", id, "--because", "not on Fridays")).toMatchObject({ code: 0 });
  expect(await session).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("not approved by bob: not on Fridays"),
  });
  const log = await installation.run("audit", "tail", "audit.jsonl", "--denied");
  expect(log.stdout).toContain("DENIED ana truncate: truncate notes | the statement was not approved by bob");
});

test("a wrong password answers nothing, and none is asked for where the account is trusted", async () => {
  const session = psql("truncate notes");
  const id = await request("truncate notes");
  expect(await installation.runWith("wrong\n", "approvals", "approve", id, "--as", "bob")).toMatchObject({
    code: 1,
    stderr: "policy-proxy: that is not the password of bob\n",
  });
  expect((await store.request(id))?.state).toBe("waiting");
  configure("{ command_line: account, reason: required }");
  expect(await approvals("approve", id, "--as", "bob")).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("reason"),
  });
  expect(await approvals("approve", id, "--as", "bob", "--because", "ok")).toMatchObject({ code: 0 });
  expect(await session).toMatchObject({ code: 0 });
  configure();
});

test("the HTTP API shows requests to whoever may answer and whoever asks, and takes answers with a token", async () => {
  const url = `http://${/"?admin"?: ?"?([\d.]+:\d+)/.exec(proxy.stderr)?.[1]}/api/v1/approvals`;
  const call = async (user: string, path = "", body?: unknown) => {
    const headers = { authorization: `Bearer ${tokens.get(user)?.token}`, "content-type": "application/json" };
    const post = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
    const response = await fetch(`${url}${path}`, { headers, ...post });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  const session = psql("truncate notes");
  const id = await request("truncate notes");
  const [mine, bobs, sues] = await Promise.all(["ana", "bob", "sue"].map((user) => call(user)));
  expect([mine, bobs, sues]).toMatchObject([
    { body: { requests: [{ id }] } },
    { body: { requests: [{ id, statement: "truncate notes", held: true, needs: [{ groups: ["dba"] }] }] } },
    { body: { requests: [] } },
  ]);
  const { digest } = (await call("bob", `/${id}`)).body;
  const refused = [
    [await call("nobody", `/${id}/answer`, { digest, answer: "approve" }), 401],
    [await call("sue", `/${id}/answer`, { digest, answer: "approve" }), 404],
    [await call("ana", `/${id}/answer`, { digest, answer: "approve" }), 409],
    [await call("bob", `/${id}/answer`, { digest: "another", answer: "approve" }), 409],
    [await call("bob", `/${id}/answer`, { answer: "approve" }), 400],
    [await call("bob", `/${id}/answer`, { digest, answer: "approve", uses: 3 }), 409],
  ] as const;
  expect(refused.map(([{ status }]) => status)).toEqual(refused.map(([, status]) => status));
  expect((await store.request(id))?.state).toBe("waiting");
  expect(await call("bob", `/${id}/answer`, { digest, answer: "approve" })).toEqual({
    status: 200,
    body: { counted: true, message: "approved: the statement is decided once more and goes on" },
  });
  expect(await session).toMatchObject({ code: 0 });
});

test("a signed link opens a page that changes nothing by itself, and takes the answer of whose token is given", async () => {
  const sql = "truncate notes -- <script>alert(1)</script>";
  const session = psql(sql);
  const id = await request(sql);
  const found = () =>
    messages.map((text) => /"(https:[^"]*answer=approve)"/.exec(text)?.[1]).find((each) => each?.includes(id));
  await until(
    () => found() !== undefined,
    () => `it was not announced:\n${proxy.stderr}`,
  );
  const link = new URL(found() ?? "");
  expect(link.href).toMatch(/^https:\/\/approve\.example\/penstock\/approvals\//);
  const admin = `http://${/"?admin"?: ?"?([\d.]+:\d+)/.exec(proxy.stderr)?.[1]}`;
  const open = (query: URLSearchParams, form?: Record<string, string>) => {
    const post = form === undefined ? {} : { method: "POST", body: new URLSearchParams(form) };
    return fetch(`${admin}/approvals/${id}?${query.toString()}`, post);
  };
  const text = await (await open(link.searchParams)).text();
  expect(text).toContain("truncate notes -- &lt;script&gt;");
  expect(text).not.toContain("<script");
  expect((await store.request(id))?.state).toBe("waiting");
  const changed = ["digest", "until", "signature"].map((name) => {
    const query = new URLSearchParams(link.searchParams);
    query.set(name, name === "until" ? String(Number(query.get(name)) + 1) : `${query.get(name)}0`);
    return open(query, { answer: "approve", token: tokens.get("bob")?.token ?? "" });
  });
  expect((await Promise.all(changed)).map(({ status }) => status)).toEqual([403, 403, 403]);
  const answer = async (token: string, form: Record<string, string> = { answer: "approve" }) =>
    (await open(link.searchParams, { token, ...form })).status;
  const tokenOf = (user: string) => tokens.get(user)?.token ?? "";
  expect([
    await answer("penstock_wrong"),
    await answer(tokenOf("ana")),
    await answer(tokenOf("sue")),
    await answer(tokenOf("bob"), { answer: "deny" }),
    await answer(tokenOf("bob"), {}),
  ]).toEqual([401, 409, 409, 400, 400]);
  expect((await store.request(id))?.state).toBe("waiting");
  expect(await answer(tokenOf("bob"))).toBe(200);
  expect(await session).toMatchObject({ code: 0 });
  expect(await answer(tokenOf("bob"))).toBe(409);
  expect(proxy.stderr).not.toContain("secret-of-the-channel");
});

test("what is wrong with a command is told", async () => {
  const wrong: readonly (readonly [args: readonly string[], message: string])[] = [
    [["approve", "0123456789", "--as", "bob"], "there is no request 0123456789"],
    [["show", "../users"], "there is no request ../users"],
    [["approve", "0123456789"], "required option '--as <user>'"],
    [["reject", "0123456789", "--as", "bob"], "required option '--because <reason>'"],
    [["list", "--config", "other.yaml"], "other.yaml"],
    [["approve", "0123456789", "--as", "bob", "--for", "ever"], "such as 10m"],
    [["revoke", "0123456789"], "there is no grant 0123456789"],
  ];
  const outcomes = await Promise.all(wrong.map(([args]) => approvals(...args)));
  expect(outcomes).toMatchObject(
    wrong.map(([, message]) => ({ code: 2, stderr: expect.stringContaining(message) as string })),
  );
});

test("what holds for a time is listed, holds as long and as often as was said, and is taken back", async () => {
  const session = psql("delete from notes where id = 1");
  const id = await request("delete from notes where id = 1");
  expect(await asBob("approve", id, "--for", "2h")).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("longer"),
  });
  expect(await asBob("approve", id, "--alike", "--uses", "2", "--for", "10m")).toMatchObject({ code: 0 });
  expect(await session).toMatchObject({ code: 0 });
  expect(await psql("delete from notes where id = 2")).toMatchObject({ code: 0 });
  expect(await approvals("grants")).toMatchObject({ stderr: "no approval can be used\n" });
  const again = psql("delete from notes where id = 3");
  await asBob("approve", await request("delete from notes where id = 3"), "--alike");
  expect(await again).toMatchObject({ code: 0 });
  const grants = (await approvals("grants")).stdout;
  expect(grants).toMatch(
    /^[0-9a-f]{10} {2}by bob for dba, until .*, used 1 times\n {2}ana on shop: delete from notes where id = \?\n$/,
  );
  expect(await approvals("revoke", grants.slice(0, 10))).toMatchObject({ code: 0, stdout: "revoked\n" });
  expect(await approvals("grants")).toMatchObject({ stdout: "" });
});

test("a proxy that was killed has lost no request, and the statement sent again passes, once", async () => {
  const session = psql("truncate notes");
  const id = await request("truncate notes");
  await proxy.stop("SIGKILL");
  await session;
  expect((await approvals()).stdout).toContain(id);
  await bobSays("approve", id);
  proxy = await installation.start();
  const other = psql("truncate  notes");
  expect(await psql("truncate notes")).toMatchObject({ code: 0 });
  const third = psql("truncate notes");
  for (const sql of ["truncate  notes", "truncate notes"]) await bobSays("deny", await request(sql));
  expect([(await other).code, (await third).code]).toEqual([1, 1]);
  const told = installation.audit().filter((line) => line["event"] === "approval_answer" && line["request"] === id);
  expect(told).toHaveLength(1);
});

test("a proxy that stops tells whoever waits, and the request waits on, to be joined", async () => {
  const session = psql("truncate notes");
  const id = await request("truncate notes");
  expect(await proxy.stop()).toBe(0);
  expect((await session).stderr).toContain("the proxy is shutting down");
  expect((await approvals()).stdout).toContain(
    "its connection is gone: when it is approved, it passes when it is sent again",
  );
  proxy = await installation.start();
  const again = psql("truncate notes");
  await until(
    async () => (await store.request(id))?.isHeld === true,
    () => "it has not joined",
  );
  expect((await bobSays("approve", id)).outcome).toEqual({ kind: "approved", held: true });
  expect(await again).toMatchObject({ code: 0, stderr: expect.stringContaining(`request ${id}`) });
});

test("whose statements do not wait is refused at once, and passes once somebody has said yes", async () => {
  await proxy.stop();
  configure("{ deferred: [human] }");
  proxy = await installation.start();
  const refused = await psql("truncate notes");
  const id = await request("truncate notes");
  expect(refused).toMatchObject({ code: 1 });
  expect(refused.stderr).toContain(
    `ERROR:  the statement needs approval of dba; it empties a table: they are asked, in request ${id}\n`,
  );
  expect(refused.stderr).toMatch(
    /HINT: {2}send the same statement again when it is approved, until .*; to approve it: /,
  );
  expect((await psql("truncate notes")).stderr).toContain(id);
  expect((await bobSays("approve", id)).outcome).toEqual({ kind: "approved", held: false });
  expect(await psql("truncate notes")).toMatchObject({ code: 0 });
  expect(await psql("truncate notes")).toMatchObject({ code: 1 });
  await bobSays("deny", await request("truncate notes"));
});

test("a store that others can open keeps the proxy from starting", async () => {
  await proxy.stop();
  chmodSync(installation.path("store.db"), 0o644);
  expect(await installation.run("serve")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("others may open it (mode 644)"),
  });
});
