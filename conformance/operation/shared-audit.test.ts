/** Two real proxies with one PostgreSQL store: what one has recorded is found at the other, whatever is killed or away meanwhile. */
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import { Installation, password, policy, type RunningProxy, users } from "./proxy-process.ts";
import { Way } from "./way.ts";

interface Found {
  readonly proxy: string;
  readonly record: { readonly text?: string; readonly principal?: { readonly id: string } };
  readonly result?: { readonly rows: number };
}

let server: PostgresServer;
let direct: Client;
/** From `alpha` to the store; `beta` has one that nothing cuts. */
let way: Way;
let alpha: Site;
let beta: Site;

/** By name: what both proxies are called with. */
const tokenFiles = new Map<string, string>();
const tokenOf = (who: string) => tokenFiles.get(`${who}.token`) ?? "";

/** A proxy in a folder of its own. */
class Site {
  readonly installation: Installation;
  proxy: RunningProxy | undefined;

  constructor(name: string, storePort: number) {
    this.installation = new Installation(server);
    const sue = users.replace("ana", "sue").replace("analysts", "security").replace("\nusers:\n", "");
    this.installation.write("users.yaml", users + sue);
    this.installation.write(
      "policies/guard.policy",
      `${policy}\nlabel column as "pii" if column.path == "public.people.email"\n`,
    );
    this.installation.write("store.password", server.password);
    for (const [file, text] of tokenFiles) this.installation.write(file, text);
    const audit = `{ file: audit.jsonl, proxy_name: ${name}, redact: { labels: [pii] } }`;
    this.installation.write(
      "penstock.yaml",
      `${this.installation.config({ audit })}store: { url: "postgres://${server.user}@127.0.0.1:${storePort}/postgres", password_file: store.password, audit_index: true }
admin: { port: 0, tokens: tokens.yaml, allow: { audit: [security] } }
`,
    );
  }

  async start(): Promise<void> {
    this.proxy = await this.installation.start();
  }

  get url(): string {
    return `http://${/"?admin"?: ?"?([\d.]+:\d+)/.exec(this.proxy?.stderr ?? "")?.[1]}`;
  }

  async query(...texts: readonly string[]): Promise<void> {
    const client = new Client({
      connectionString: `postgres://ana:${encodeURIComponent(password)}@127.0.0.1:${this.proxy?.port}/shop`,
    });
    client.on("error", () => undefined);
    await client.connect();
    for (const text of texts) await client.query(text);
    await client.end();
  }

  ask(query: string, token = tokenOf("sue")): Promise<Response> {
    return fetch(`${this.url}/api/v1/audit/${query}`, { headers: { authorization: `Bearer ${token}` } });
  }

  async records(query: string): Promise<readonly Found[]> {
    const answer = await this.ask(`records?principal=ana&kind=select&${query}`);
    const body = (await answer.json()) as { readonly records: readonly Found[] };
    return body.records;
  }

  /** Texts that begin so, with the names of the proxies that have recorded them. */
  async texts(start: string, query = ""): Promise<readonly string[]> {
    const found = (await this.records(query)).map(({ proxy, record }) => `${proxy}: ${record.text}`);
    return found.filter((text) => text.includes(`: ${start}`)).toSorted();
  }

  /** Waits until so many are found there. */
  async found(start: string, count: number): Promise<readonly string[]> {
    for (;;) {
      const texts = await this.texts(start);
      if (texts.length >= count) return texts;
      await sleep(20);
    }
  }

  async stop(): Promise<void> {
    await this.proxy?.stop("SIGKILL");
    this.installation.remove();
  }
}

beforeAll(async () => {
  server = await startPostgres();
  direct = new Client({ connectionString: server.url() });
  await direct.connect();
  await direct.query("create table people (id int primary key, email text)");
  way = await Way.to(server.port);
  const maker = new Installation();
  for (const who of ["sue", "ana"]) {
    const { stdout } = await maker.run("api-token", "add", who, "--user", who, "--file", "tokens.yaml");
    tokenFiles.set(`${who}.token`, stdout.trim());
  }
  tokenFiles.set("tokens.yaml", maker.read("tokens.yaml"));
  maker.remove();
  alpha = new Site("alpha", way.port);
  beta = new Site("beta", server.port);
  await Promise.all([alpha.start(), beta.start()]);
});
afterAll(async () => {
  await Promise.all([alpha.stop(), beta.stop()]);
  way.close();
  await direct.end();
  await server.stop();
});

test("a statement at one proxy is found from the other in about a second, with what became of it", async () => {
  await alpha.query("select 101 as there");
  const beganMs = Date.now();
  expect(await beta.found("select 101", 1)).toEqual(["alpha: select 101 as there"]);
  expect(Date.now() - beganMs).toBeLessThan(10_000);
  await beta.query("select 101 as here");
  expect(await alpha.found("select 101", 2)).toEqual(["alpha: select 101 as there", "beta: select 101 as here"]);
  expect((await alpha.records("proxy=beta"))[0]).toMatchObject({ proxy: "beta", result: { rows: 1 } });
  expect(await alpha.texts("select 101", "scope=own")).toEqual(["alpha: select 101 as there"]);
  expect(await alpha.texts("select 101", "scope=own&proxy=alpha")).toEqual(["alpha: select 101 as there"]);
  expect(await alpha.texts("select 101", "scope=own&proxy=beta")).toEqual([]);
  expect(await alpha.texts("select 101", "proxy=gamma")).toEqual([]);
});

test("reports, and the command line, tell of both", async () => {
  const all = ["--all-proxies", "--url", beta.url, "--token-file", "sue.token"];
  const [report, found, own, both] = await Promise.all([
    beta.ask("report?by=principal&principal=ana&kind=select"),
    beta.installation.run("audit", "search", "--principal", "ana", "--proxy", "alpha", ...all),
    beta.installation.run("audit", "report", ...all, "--format", "csv"),
    beta.installation.run("audit", "search", "audit.jsonl", ...all),
  ]);
  expect(await report.json()).toMatchObject({ scope: "all", rows: [{ principal: "ana", statements: 2, rows: 2 }] });
  expect(found.stdout).toMatch(/allowed ana select: select 101 as there \| 1 rows in [\d.]+ ms \| at alpha\n/);
  expect(found.stdout).not.toContain("as here");
  expect(own.stdout).toMatch(/^principal,on behalf of,.*\r\nana,,shop,,2,0,2,/);
  expect(both).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("give audit.jsonl or --all-proxies, not both"),
  });
});

test("whoever may not search the own records may not search all", async () => {
  for (const query of ["records", "records?scope=all", "report?scope=all", "records?scope=own"]) {
    expect((await beta.ask(query, tokenOf("ana"))).status).toBe(403);
    expect((await beta.ask(query, "nobody's")).status).toBe(401);
    expect((await beta.ask(query)).status).toBe(200);
  }
});

test("what is left out of records is in no table of the store, and what is not, is", async () => {
  await alpha.query("select id from people where email = 'hidden-7531'", "select 'shown-7531' as shown");
  expect(await beta.found("select 'shown-7531'", 1)).toEqual(["alpha: select 'shown-7531' as shown"]);
  const { rows: tables } = await direct.query<{ name: string }>(
    "select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname = 'penstock'",
  );
  expect(tables.length).toBeGreaterThan(6);
  const holders = async (text: string) => {
    const found: string[] = [];
    for (const { name } of tables) {
      const { rowCount } = await direct.query(`select from ${name} as each where each::text like $1`, [`%${text}%`]);
      if (rowCount !== 0) found.push(name);
    }
    return found;
  };
  expect(await holders("shown-7531")).toEqual(["penstock.audit_records"]);
  expect(await holders("hidden-7531")).toEqual([]);
  expect(await holders("email = ?")).toEqual(["penstock.audit_records"]);
});

test("while the store is away, statements go on and the own records are found; afterwards all is there, once", async () => {
  way.cut();
  await alpha.query("select 301 as meanwhile", "select 302 as meanwhile");
  const refused = await alpha.ask("records");
  expect(refused.status).toBe(503);
  expect(await refused.json()).toMatchObject({
    detail: expect.stringMatching(
      /^the records of all proxies cannot be searched: the store postgres:\/\/127.0.0.1:\d+\/postgres cannot be reached: .*\. With scope=own, this proxy's own can$/,
    ),
  });
  expect(await alpha.texts("select 30", "scope=own")).toHaveLength(2);
  await alpha.proxy?.says("an audit sink takes no records");
  expect(alpha.proxy?.stderr).toContain("store.index");
  const token = { headers: { authorization: `Bearer ${tokenOf("sue")}` } };
  const metrics = await (await fetch(`${alpha.url}/metrics`, token)).text();
  expect(metrics).toMatch(/^penstock_audit_sink_lag_bytes\{sink="store.index"\} [1-9]\d+$/m);
  expect(await beta.texts("select 30")).toEqual([]);
  way.open();
  expect(await beta.found("select 30", 2)).toEqual([
    "alpha: select 301 as meanwhile",
    "alpha: select 302 as meanwhile",
  ]);
});

test("a proxy that is killed has lost nothing: what was brought before is found at once, the rest after its next start", async () => {
  await alpha.query("select 401 as before");
  expect(await beta.found("select 401", 1)).toEqual(["alpha: select 401 as before"]);
  way.cut();
  const late = Array.from({ length: 20 }, (_, n) => `select 4${n + 10} as late`);
  await alpha.query(...late);
  await alpha.proxy?.stop("SIGKILL");
  way.open();
  expect(await beta.texts("select 4")).toEqual(["alpha: select 401 as before"]);
  await alpha.start();
  const texts = [...late, "select 401 as before"].map((text) => `alpha: ${text}`);
  expect(await beta.found("select 4", texts.length)).toEqual(texts.toSorted());
});
