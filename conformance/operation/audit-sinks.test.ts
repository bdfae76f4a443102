/** Sinks of the audit log behind the real proxy: a table of a real PostgreSQL, a webhook and a collector that come and go. */
import { createServer as createHttpServer, type Server } from "node:http";
import { readdirSync, readFileSync } from "node:fs";
import { Client } from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { signatureOf } from "../../proxy/src/audit/sinks/webhook-sink.ts";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import { Installation, type RunningProxy } from "./proxy-process.ts";
import { portOf, Way } from "./way.ts";

let server: PostgresServer;
let direct: Client;
let installation: Installation;
let proxy: RunningProxy | undefined;
let way: Way;
let listener: Listener;

beforeAll(async () => {
  server = await startPostgres();
  direct = new Client({ connectionString: server.url() });
  await direct.connect();
  await direct.query("create role collector login password 'collector''s password'");
  await direct.query("grant create, usage on schema public to collector");
  way = await Way.to(server.port);
  listener = await Listener.start();
});
afterAll(async () => {
  way.close();
  listener.close();
  await direct.end();
  await server.stop();
});
beforeEach(async () => {
  installation = new Installation(server);
  installation.write("secret", "shared secret");
  await direct.query("drop table if exists public.penstock_audit");
  listener.begin();
  way.open();
});
afterEach(async () => {
  await proxy?.stop("SIGKILL");
  proxy = undefined;
  installation.remove();
});

/** Whoever listens at the webhook's and the collector's address. */
class Listener {
  lines = new Map<string, string>();
  wrongSignatures = 0;
  readonly #server: Server;

  private constructor() {
    this.#server = createHttpServer((request, response) => {
      let body = "";
      request.setEncoding("utf8").on("data", (text: string) => {
        body += text;
      });
      request.on("end", () => {
        this.#take(request.url ?? "", String(request.headers["penstock-signature"]), body);
        response.end("{}");
      });
    });
  }

  static async start(): Promise<Listener> {
    const started = new Listener();
    await new Promise<void>((resolve) => started.#server.listen(0, "127.0.0.1", resolve));
    return started;
  }

  begin(): void {
    this.lines = new Map();
    this.wrongSignatures = 0;
  }

  get url(): string {
    return `http://127.0.0.1:${portOf(this.#server)}`;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  #take(path: string, signature: string, body: string): void {
    const content = JSON.parse(body);
    if (path === "/hook") {
      const [, seconds, hex] = /^t=(\d+),v1=(.*)$/.exec(signature) ?? [];
      if (hex !== signatureOf("shared secret", Number(seconds), body)) this.wrongSignatures++;
      for (const { id, record } of content.records) this.lines.set(id, JSON.stringify(record));
    } else {
      for (const { attributes, body: line } of content.resourceLogs[0].scopeLogs[0].logRecords)
        this.lines.set(attributes[0].value.stringValue, line.stringValue);
    }
  }
}

async function start(audit: string): Promise<RunningProxy> {
  installation.write("penstock.yaml", installation.config({ audit }));
  proxy = await installation.start();
  return proxy;
}

async function connect(running: RunningProxy): Promise<Client> {
  const client = new Client({ connectionString: running.url });
  client.on("error", () => undefined);
  await client.connect();
  return client;
}

/** All lines of the log, in order. */
function written(): string[] {
  const files = readdirSync(installation.folder).filter((name) => /^audit.*\.jsonl$/.test(name));
  return files
    .toSorted((a, b) => (a === "audit.jsonl" ? 1 : b === "audit.jsonl" ? -1 : a < b ? -1 : 1))
    .flatMap((name) => readFileSync(installation.path(name), "utf8").trimEnd().split("\n"));
}

async function inTable(): Promise<string[]> {
  const { rows } = await direct.query<{ record: string }>(
    "select record::text from public.penstock_audit order by segment, start",
  );
  return rows.map(({ record }) => record);
}

const table = (rule: string) =>
  `{ name: table, kind: postgres, when_behind: ${rule}, lag_megabytes: 1, wait_seconds: 20, timeout_seconds: 2, postgres: { host: 127.0.0.1, port: ${way.port}, database: postgres, user: collector, password: "collector's password" } }`;
const config = (...sinks: string[]) => `{ file: audit.jsonl, segment_megabytes: 1, sinks: [${sinks.join(", ")}] }`;
const long = (n: number) => `select ${n} as n, '${"x".repeat(100_000)}' as long`;
const errorOf = async (client: Client, text: string) =>
  client.query(text).then(
    () => undefined,
    (error: Error) => error,
  );

test("a table, a webhook and a collector get every line, over files, restarts and a SIGKILL", async () => {
  const hook = `{ name: hook, kind: webhook, url: "${listener.url}/hook", secret_file: secret }`;
  const otlp = `{ name: otlp, kind: otlp, url: "${listener.url}/v1/logs" }`;
  const audit = config(table("ignore"), hook, otlp);
  for (const signal of ["SIGKILL", "SIGTERM"] as const) {
    const running = await start(audit);
    const client = await connect(running);
    for (let n = 0; n < 8; n++) await client.query(long(n));
    // Half of a surrogate pair cannot be sent; U+0000 cannot be in a statement, but in what JSON names.
    await client.query(`select '\\u0000 \\ud800 ж 😀' as "a""b"`);
    if (signal === "SIGTERM") await client.end();
    await running.stop(signal);
  }
  const lines = written();
  expect(lines.length).toBeGreaterThan(40);
  expect(await inTable()).toEqual(lines);
  expect(new Set(listener.lines.values())).toEqual(new Set(lines));
  expect(listener.lines.size).toBe(lines.length);
  expect(listener.wrongSignatures).toBe(0);
  const { rows } = await direct.query(
    "select count(*)::int as n from public.penstock_audit where event = 'statement' and principal = 'ana' and target = 'shop' and decision = 'allow' and time > now() - interval '5 min'",
  );
  expect(rows).toEqual([{ n: 18 }]);
});

test("a database that is away is too far behind in the end, and policy refuses; afterwards all is there, once", async () => {
  way.cut();
  const running = await start(config(table("refuse")));
  const client = await connect(running);
  const answers: (Error | undefined)[] = [];
  for (let n = 0; n < 15; n++) answers.push(await errorOf(client, long(n)));
  expect(answers.slice(0, 9)).toEqual(Array.from({ length: 9 }));
  expect(answers.at(-1)).toMatchObject({
    code: "58030",
    message: expect.stringMatching(/^the audit sink "table" is [12] MB behind, so the statement was not run$/),
  });
  // It may be behind before it has given up its first attempt.
  await running.says("an audit sink takes no records");
  await running.says("an audit sink is too far behind: statements are refused");
  expect(running.stderr.match(/an audit sink takes no records/g)).toHaveLength(1);
  expect(running.stderr).not.toContain("collector's password");
  way.open();
  await running.says("an audit sink is not too far behind any more");
  expect(await errorOf(client, "select 1")).toBeUndefined();
  await client.end();
  await running.stop();
  expect(await inTable()).toEqual(written());
});

test("where policy says wait, a statement waits until the database is there again", async () => {
  way.cut();
  const running = await start(config(table("wait")));
  const client = await connect(running);
  let answered = 0;
  const work = async () => {
    for (; answered < 15; answered++) await client.query(long(answered));
  };
  const all = work();
  await running.says("an audit sink is too far behind: statements wait");
  const other = await connect(running);
  const waiting = other.query("select 1");
  const before = answered;
  expect(before).toBeLessThan(15);
  way.open();
  await all;
  await waiting;
  expect(answered).toBe(15);
  await other.end();
  await client.end();
});
