/**
 * What `audit.redact` leaves out of records, people who are asked are not shown either, whichever way they look: the store's file, messages, the page
 * of a link, the HTTP API, the command line, logs. A yes is for the statement as it is.
 */
import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { DatabaseSync } from "node:sqlite";
import { buffer } from "node:stream/consumers";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeApiToken } from "../../proxy/src/admin/api-tokens.ts";
import { until } from "../approvals/people.ts";
import { type MysqlStage, startMysqlStage } from "../support/mysql-stage.ts";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import { Installation, type RunningProxy, users } from "./proxy-process.ts";

const policy = `package hidden
label column as "pii.contact" if column.path in {"public.people.email", "shop.people.email"}
approve by "dba" for "1h" because sprintf("it runs %s", [query.text]) if {
    some table in query.tables
    table.name in {"people", "plain"}
}
notify "security" because sprintf("it ran %s", [query.text]) if query.kind == "delete"`;
const person = (name: string, group: string) =>
  users.slice(users.indexOf("  - name")).replace("ana", name).replace("[analysts]", `[${group}]`);
const tokens = new Map(["ana", "bob", "sue"].map((user) => [user, makeApiToken()]));

type Statement = readonly [text: string, values?: readonly string[]];
/** With what nobody may see. */
const secret = `secret${randomBytes(6).toString("hex")}`;
/** Too long to stand in a digest by chance. */
const number = 123_450_471_123;
const hidden: readonly Statement[] = [
  [`delete from people where email = '${secret}'`],
  [`select id from people where email = '${secret}' limit ${number}`],
  [`select id from people /* ${secret} */ where email = 'x'`],
  [`select id from people where email in (E'${secret}', $a$${secret}$a$)`],
  [`insert into people values (1, '${secret}', 'x')`],
  ["update people set email = $1 where id = $2", [secret, "7"]],
  [`select 1; select id from people where email = '${secret}'`],
  [`prepare p as select id from people where email = $1; execute p ('${secret}')`],
];
/** What people are to see. */
const plain = `plain${randomBytes(6).toString("hex")}`;
const shown: readonly Statement[] = [
  [`delete from plain where note = '${plain}'`],
  [`select id from plain /* ${plain} */ where note = 'x'`],
  ["update plain set note = $1 where id = 7", [plain]],
];

const messages: string[] = [];
const chat = createServer((incoming, response) => {
  void buffer(incoming).then((body) => {
    messages.push(body.toString());
    response.end("ok");
  });
});

/** A proxy before the same server, whose messages show statements or do not. */
class Place {
  readonly installation: Installation;
  proxy!: RunningProxy;
  readonly clients: Client[] = [];

  constructor(server: PostgresServer, showsStatement: boolean) {
    this.installation = new Installation(server);
    const webhook = `{ url_file: webhook.url, key_file: links.key, public_url: 'http://127.0.0.1', show_statement: ${showsStatement} }`;
    this.installation.write(
      "penstock.yaml",
      `${this.installation.config({ audit: "{ file: audit.jsonl, redact: { labels: [pii] } }" })}store: { file: store.db }
approvals: { command_line: account, webhook: ${webhook} }
admin: { port: 0, tokens: tokens.yaml }
limits: { held_statements_per_principal: 50 }
log: { level: debug }
`,
    );
    this.installation.write("users.yaml", users + person("bob", "dba") + person("sue", "security"));
    this.installation.write("policies/guard.policy", policy);
    this.installation.write("webhook.url", `http://127.0.0.1:${(chat.address() as AddressInfo).port}/channel`);
    this.installation.write("links.key", randomBytes(32).toString("base64"));
    const listed = [...tokens].map(([user, { sha256 }]) => `  - { name: ${user}, user: ${user}, sha256: ${sha256} }\n`);
    this.installation.write("tokens.yaml", `tokens:\n${listed.join("")}`);
  }

  async ask([text, values]: Statement): Promise<unknown> {
    const client = new Client({ connectionString: this.proxy.url });
    client.on("error", () => undefined);
    this.clients.push(client);
    await client.connect();
    return values === undefined ? client.query(text) : client.query(text, [...values]);
  }

  get admin(): string {
    return `http://${/"?admin"?: ?"?([\d.]+:\d+)/.exec(this.proxy.stderr)?.[1]}`;
  }

  async call(user: string, path: string, body?: unknown) {
    const headers = { authorization: `Bearer ${tokens.get(user)?.token}`, "content-type": "application/json" };
    const post = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
    const response = await fetch(`${this.admin}/api/v1/approvals${path}`, { headers, ...post });
    return { status: response.status, text: await response.text() };
  }

  async requests(): Promise<readonly { readonly id: string; readonly digest: string; readonly statement: string }[]> {
    return (JSON.parse((await this.call("bob", "")).text) as { requests: [] }).requests;
  }

  async links(): Promise<readonly URL[]> {
    const ids = (await this.requests()).map(({ id }) => id);
    const found = messages.map((text) => /"(http:[^"]*answer=approve)"/.exec(text)?.[1] ?? "");
    return found.filter((link) => ids.some((id) => link.includes(id))).map((link) => new URL(link));
  }

  async page(link: URL, form?: Record<string, string>): Promise<string> {
    const post = form === undefined ? {} : { method: "POST", body: new URLSearchParams(form) };
    return (await fetch(`${this.admin}${link.pathname}${link.search}`, post)).text();
  }

  /** Without the chain's own lines, which hold hashes only. */
  file(name: string): string {
    const { folder } = this.installation;
    const files = readdirSync(folder).filter((each) => each.startsWith(name));
    return files.map((each) => readFileSync(`${folder}/${each}`, "latin1")).join("\n");
  }

  async stop(): Promise<void> {
    for (const client of this.clients) await client.end();
    await this.proxy.stop("SIGKILL");
    this.installation.remove();
  }
}

let server: PostgresServer;
let open: Place;
let closed: Place;
let running: Promise<unknown>[];
/** By way: what somebody sees there while all of them wait. */
const ways = new Map<string, string>();
beforeAll(async () => {
  await new Promise<void>((resolve) => chat.listen(0, "127.0.0.1", resolve));
  server = await startPostgres();
  const owner = new Client({ connectionString: server.url() });
  await owner.connect();
  await owner.query(
    "create table people (id int primary key, email text, note text); create table plain (id int primary key, note text)",
  );
  await owner.end();
  [open, closed] = [new Place(server, true), new Place(server, false)];
  const start = async (place: Place) => {
    place.proxy = await place.installation.start();
  };
  await Promise.all([start(open), start(closed)]);
  const all = [...hidden, ...shown];
  running = all.map((statement) => open.ask(statement));
  for (const each of running) each.catch(() => undefined);
  const [attack, twin] = [hidden[0], shown[0]];
  if (attack === undefined || twin === undefined) throw new Error("there are some");
  for (const statement of [attack, twin]) void closed.ask(statement).catch(() => undefined);
  await until(
    async () => (await open.links()).length === all.length && (await closed.links()).length === 2,
    () => `not all of them were announced: ${messages.length}\n${open.proxy.stderr}`,
  );
  await look();
});
afterAll(async () => {
  chat.close();
  await open.stop();
  await closed.stop();
  await Promise.allSettled(running);
  await server.stop();
});

async function look(): Promise<void> {
  const links = await open.links();
  const [bob, ana] = ["bob", "ana"].map((user) => ({ token: tokens.get(user)?.token ?? "", answer: "show" }));
  const command = (...args: string[]) => open.installation.run("approvals", ...args);
  const ids = (await open.requests()).map(({ id }) => id);
  const texts = async (each: readonly Promise<string>[]) => (await Promise.all(each)).join("\n");
  const [list, json] = await Promise.all([command("list"), command("list", "--json")]);
  ways.set("the store's file", open.file("store.db"));
  ways.set("messages", messages.filter((message) => ids.some((id) => message.includes(id))).join("\n"));
  ways.set("pages of links", await texts(links.map((link) => open.page(link))));
  ways.set("pages for an approver", await texts(links.map((link) => open.page(link, bob))));
  ways.set("pages for whoever asks", await texts(links.map((link) => open.page(link, ana))));
  ways.set("the HTTP API for an approver", (await open.call("bob", "")).text);
  ways.set("the HTTP API for whoever asks", (await open.call("ana", "")).text);
  ways.set("one request of the HTTP API", await texts(ids.map(async (id) => (await open.call("bob", `/${id}`)).text)));
  ways.set("the command line", list.stdout);
  ways.set("the command line in JSON", json.stdout);
  ways.set("the audit log", open.file("audit.jsonl"));
  ways.set("the log", open.proxy.stderr);
}

const looked = [
  "the store's file",
  "messages",
  "pages of links",
  "pages for an approver",
  "pages for whoever asks",
  "the HTTP API for an approver",
  "the HTTP API for whoever asks",
  "one request of the HTTP API",
  "the command line",
  "the command line in JSON",
  "the audit log",
] as const;

test.each([...looked, "the log"])("%s: nothing that is redacted", (way) => {
  expect(ways.get(way)).not.toMatch(new RegExp(`${secret}|${number}`));
});

test.each(looked)("%s: what is not redacted, and the shape of what is", (way) => {
  const text = ways.get(way) ?? "";
  expect(text).toContain(plain);
  expect(text).toContain("delete from people where email = ?");
  expect(text).toContain("select id from people where email = ? limit ?");
});

test("values are told the same, by the ways that tell values", () => {
  expect(ways.get("the command line")).toContain(
    "  update people set email = $1 where id = $2\n  $1 = ***\n  $2 = ***\n",
  );
  expect(ways.get("the command line")).toContain(`  update plain set note = $1 where id = 7\n  $1 = "${plain}"\n`);
  expect(ways.get("pages for an approver")).toContain(`$1 = &quot;${plain}&quot;`);
  expect(ways.get("pages for an approver")).toContain("$1 = ***");
  expect(ways.get("pages of links")).not.toContain("$1 =");
  expect(ways.get("pages of links")).toContain("It has 1 values.");
});

test("the digest by which somebody who knows the rest could guess a value leaves the store by no way", () => {
  const database = new DatabaseSync(open.installation.path("store.db"), { readOnly: true });
  const digests = database
    .prepare("select digest, fingerprint from requests")
    .all()
    .flatMap((row) => Object.values(row))
    .filter((digest) => digest !== null)
    .map(String);
  database.close();
  expect(digests.length).toBeGreaterThan(hidden.length);
  const outside = [...ways].filter(([way]) => way !== "the store's file").map(([, text]) => text);
  expect(digests.filter((digest) => outside.some((text) => text.includes(digest)))).toEqual([]);
});

describe("where messages show no statement", () => {
  const pages = async (form?: Record<string, string>) =>
    (await Promise.all((await closed.links()).map((link) => closed.page(link, form)))).join("\n");
  const show = (user: string) => ({ token: tokens.get(user)?.token ?? "", answer: "show" });

  test("neither do they, nor does whoever holds the link see it there", async () => {
    const ids = (await closed.requests()).map(({ id }) => id);
    const told = messages.filter((message) => ids.some((id) => message.includes(id))).join("\n");
    expect(`${told}${await pages()}`).not.toMatch(/where (email|note) =|<pre>/);
    expect(await pages()).toContain("ana (human) on shop");
    for (const token of [show("sue"), { token: "penstock_wrong", answer: "show" }])
      expect(await pages(token)).not.toMatch(/where (email|note) =|<pre>/);
  });

  test("who may answer is shown it for their token, without what is redacted", async () => {
    const text = await pages(show("bob"));
    expect(text).toContain("delete from people where email = ?");
    expect(text).toContain(`delete from plain where note = &#39;${plain}&#39;`);
    expect(text).not.toContain(secret);
    expect(text).not.toContain(tokens.get("bob")?.token);
  });
});

test("a yes for what looks the same is for one of them only", async () => {
  const other = open.ask([`delete from people where email = '${secret} too'`]);
  const same = async () =>
    (await open.requests()).filter(({ statement }) => statement === "delete from people where email = ?");
  await until(
    async () => (await same()).length === 2,
    () => "it does not wait",
  );
  const [one, two] = await same();
  const answer = (id = "", digest = "") => open.call("bob", `/${id}/answer`, { digest, answer: "approve" });
  expect((await answer(two?.id, one?.digest)).status).toBe(409);
  expect((await answer(one?.id, one?.digest)).status).toBe(200);
  expect((await same()).map(({ id }) => id)).toEqual([two?.id]);
  expect((await answer(two?.id, two?.digest)).status).toBe(200);
  await other;
});

test("all of them run after a yes, and nothing redacted is left behind then either", async () => {
  for (const { id, digest } of await open.requests())
    expect((await open.call("bob", `/${id}/answer`, { digest, answer: "approve" })).status).toBe(200);
  await Promise.all(running);
  const grants = await open.installation.run("approvals", "grants");
  expect(grants.stdout).toContain("delete from people where email = ?");
  const left = [grants.stdout, open.file("store.db"), open.file("audit.jsonl"), open.proxy.stderr].join("\n");
  expect(left).toContain(plain);
  expect(left).toContain("notify security");
  expect(left).not.toMatch(new RegExp(`${secret}|${number}`));
});

test("a refusal for want of a yes keeps the computed reason from the record, and tells it the client", async () => {
  const { id } = await (async () => {
    const refused = open.ask([`delete from people where email = '${secret} no'`]).catch((error: unknown) => error);
    await until(
      async () => (await open.requests()).length === 1,
      () => "it does not wait",
    );
    const [request] = await open.requests();
    const said = { digest: request?.digest, answer: "deny", because: "no" };
    await open.call("bob", `/${request?.id}/answer`, said);
    expect(await refused).toMatchObject({ message: expect.stringContaining("not approved by bob: no") });
    return { id: request?.id };
  })();
  const record = open.installation.audit().findLast((line) => line["approval_request"] === id);
  expect(record).toMatchObject({ redacted: true, text: "delete from people where email = ?" });
  expect(JSON.stringify(record)).not.toContain(secret);
});

describe("MariaDB", () => {
  let stage: MysqlStage;
  beforeAll(async () => {
    stage = await startMysqlStage({
      setup:
        "create table people (id int primary key, email varchar(100)); create table plain (id int primary key, note varchar(100))",
      policy,
      redaction: { labels: ["pii"] },
      approvals: true,
    });
  });
  afterAll(() => stage.stop());

  test("what is redacted is not in the request, and the rest is", async () => {
    const client = await stage.enter("dba", { multipleStatements: true });
    const { store } = stage.proxied.asking;
    const texts: string[] = [];
    for (const run of [
      () => client.query(`delete from people where email = "${secret}" # ${secret}`),
      () => client.query(`execute immediate 'select id from people where email = ''${secret}'''`),
      () => client.execute("update people set email = ? where id = 1", [secret]),
      () => client.query(`delete from plain where note = '${plain}'`),
    ]) {
      const end = run().catch(() => undefined);
      await until(
        async () => (await store.waiting()).length > 0,
        () => "it does not wait",
      );
      const [request] = await store.waiting();
      texts.push(JSON.stringify(request));
      await store.answer({
        request: request?.id ?? "",
        digest: request?.digest ?? "",
        user: "x",
        proof: "token",
        says: "deny",
        needs: [],
        terms: { forMs: undefined, uses: undefined, isAlike: false },
        singleMs: 1000,
      });
      await end;
    }
    expect(texts.slice(0, 3).join("\n")).not.toContain(secret);
    expect(texts[0]).toContain("delete from people where email = ?");
    expect(texts[3]).toContain(plain);
  });
});
