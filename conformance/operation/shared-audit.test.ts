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

/** A proxy in a folder of its own. */
class Site {
  readonly installation: Installation;
  proxy: RunningProxy | undefined;
  #token = "";

  constructor(name: string, storePort: number) {
    this.installation = new Installation(server);
    const sue = users.replace("ana", "sue").replace("analysts", "security").replace("\nusers:\n", "");
    this.installation.write("users.yaml", users + sue);
    this.installation.write(
      "policies/guard.policy",
      `${policy}\nlabel column as "pii" if column.path == "public.people.email"\n`,
    );
    this.installation.write("store.password", server.password);
    const audit = `{ file: audit.jsonl, proxy_name: ${name}, redact: { labels: [pii] } }`;
    this.installation.write(
      "penstock.yaml",
      `${this.installation.config({ audit })}store: { url: "postgres://${server.user}@127.0.0.1:${storePort}/postgres", password_file: store.password, audit_index: true }
admin: { port: 0, tokens: tokens.yaml, allow: { audit: [security] } }
`,
    );
  }

  async start(): Promise<void> {
    const token = (who: string) =>
      this.installation.run("api-token", "add", who, "--user", who, "--file", "tokens.yaml");
    if (this.#token === "") {
      this.#token = (await token("sue")).stdout.trim();
      this.installation.write("sue.token", this.#token);
      this.installation.write("ana.token", (await token("ana")).stdout.trim());
    }
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

  ask(query: string, token = this.#token): Promise<Response> {
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

  /** Waits until all are found there. */
  async finds(start: string, texts: readonly string[]): Promise<void> {
    while ((await this.texts(start)).length < texts.length) await sleep(20);
    expect(await this.texts(start)).toEqual(texts.toSorted());
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
  await beta.finds("select 101", ["alpha: select 101 as there"]);
  expect(Date.now() - beganMs).toBeLessThan(5000);
  await beta.query("select 101 as here");
  await alpha.finds("select 101", ["alpha: select 101 as there", "beta: select 101 as here"]);
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
    const token = beta.installation.read("ana.token");
    expect((await beta.ask(query, token)).status).toBe(403);
    expect((await beta.ask(query, "nobody's")).status).toBe(401);
    expect((await beta.ask(query)).status).toBe(200);
  }
});

test("what is left out of records is in no table of the store, and what is not, is", async () => {
  await alpha.query("select id from people where email = 'hidden-7531'", "select 'shown-7531' as shown");
  await beta.finds("select 'shown-7531'", ["alpha: select 'shown-7531' as shown"]);
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
  const token = { headers: { authorization: `Bearer ${alpha.installation.read("sue.token")}` } };
  const metrics = await (await fetch(`${alpha.url}/metrics`, token)).text();
  expect(metrics).toMatch(/^penstock_audit_sink_lag_bytes\{sink="store.index"\} [1-9]\d+$/m);
  expect(await beta.texts("select 30")).toEqual([]);
  way.open();
  await beta.finds("select 30", ["alpha: select 301 as meanwhile", "alpha: select 302 as meanwhile"]);
});

test("a proxy that is killed has lost nothing: what was brought before is found at once, the rest after its next start", async () => {
  await alpha.query("select 401 as before");
  await beta.finds("select 401", ["alpha: select 401 as before"]);
  way.cut();
  const late = Array.from({ length: 20 }, (_, n) => `select 4${n + 10} as late`);
  await alpha.query(...late);
  await alpha.proxy?.stop("SIGKILL");
  way.open();
  expect(await beta.texts("select 4")).toEqual(["alpha: select 401 as before"]);
  await alpha.start();
  const texts = [...late, "select 401 as before"].map((text) => `alpha: ${text}`);
  await beta.finds("select 4", texts);
});

test("a proxy whose place is lost, as on a disk that was put back, brings everything again, and nothing is there twice", async () => {
  const counted = async () => {
    const { rows } = await direct.query<{ n: number }>("select count(*)::int as n from penstock.audit_records");
    return rows[0]?.n ?? 0;
  };
  await alpha.proxy?.stop("SIGKILL");
  const before = await counted();
  const texts = await beta.texts("select ");
  alpha.installation.removeFiles(/\.sink-store\.index-/);
  await alpha.start();
  await alpha.query("select 501 as again");
  await beta.finds("select 501", ["alpha: select 501 as again"]);
  expect(await beta.texts("select ")).toEqual([...texts, "alpha: select 501 as again"].toSorted());
  // A connection, a statement, an end, and what the proxy has written before it was killed.
  expect((await counted()) - before).toBeLessThanOrEqual(5);
});
