/** The audit log as an auditor meets it: what the real proxy has left, also after it was killed, and what the command says of it. */
import { readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { Client } from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import { Installation, type Outcome } from "./proxy-process.ts";

let server: PostgresServer;
let installation: Installation;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());
beforeEach(async () => {
  installation = new Installation(server);
  await installation.policy("keygen", "--output", installation.path("seal"));
  installation.write(
    "penstock.yaml",
    installation.config({ audit: "{ file: audit.jsonl, key_file: seal.key, segment_megabytes: 1 }" }),
  );
});
afterEach(() => installation.remove());

/** Starts the proxy, sends statements of one session, and ends it. */
async function work(texts: readonly string[], signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
  const proxy = await installation.start();
  const client = new Client({ connectionString: proxy.url });
  client.on("error", () => undefined);
  await client.connect();
  for (const text of texts) await client.query(text);
  if (signal === "SIGTERM") await client.end();
  await proxy.stop(signal);
}

function verify(...args: string[]): Promise<Outcome> {
  const file = installation.path("audit.jsonl");
  return installation.run("audit", "verify", file, "--key", installation.path("seal.pub"), ...args);
}

test("of what nobody has touched, verify says so, over restarts, a crash and several files", async () => {
  const long = `select '${"x".repeat(100_000)}' as long`;
  await work([long, long, long, long, long, long]);
  await work(
    Array.from({ length: 8 }, () => long),
    "SIGKILL",
  );
  await work(["select 1"]);
  expect(readdirSync(installation.folder).filter((name) => /^audit.*\.jsonl$/.test(name))).toHaveLength(2);
  const { code, stdout } = await verify();
  expect(stdout.trimEnd().split("\n").at(-1)).toBe("nothing is wrong");
  expect(stdout).toMatch(/lines before were sealed only when the proxy was started again, after a crash/);
  expect(stdout).not.toContain("no key was given");
  expect(code).toBe(0);
});

test("a record that was changed is found, with its place and an exit code", async () => {
  await work(["select 1", "select 2", "select 3"]);
  const file = installation.path("audit.jsonl");
  const text = readFileSync(file, "utf8");
  writeFileSync(file, text.replace("select 2", "select 9"));
  const { code, stdout } = await verify();
  expect(stdout).toMatch(
    /\nWRONG: \S+audit\.jsonl:\d+: lines 1 to \d+ are not what was sealed: something was changed, or moved, there\n1 thing is wrong\n$/,
  );
  expect(code).toBe(6);
  writeFileSync(file, text);
  expect((await verify()).code).toBe(0);
});

test("an end that was cut is found by the seal that was kept", async () => {
  await work(["select 1"]);
  const file = installation.path("audit.jsonl");
  const first = readFileSync(file, "utf8");
  await work(["drop table if exists evidence"]);
  writeFileSync(installation.path("kept"), readFileSync(file));
  writeFileSync(file, first);
  expect((await verify()).code).toBe(0);
  const { code, stdout } = await verify("--kept", installation.path("kept"));
  expect(stdout).toMatch(/which was kept elsewhere, is not in the log: it was cut or written anew/);
  expect(code).toBe(6);
});

test("what a session did is found and summed up, also after more was written", async () => {
  const file = installation.path("audit.jsonl");
  const search = async (...args: string[]) => (await installation.run("audit", "search", file, ...args)).stdout;
  await work(["select relname from pg_class limit 3", "select 2"]);
  expect(await search("--table", "pg_catalog.pg_class")).toMatch(
    /^\S+ \S+ [0-9a-f]{8}#1 allowed ana select: select relname from pg_class limit 3.* \| 3 rows in [\d.]+ ms\n$/,
  );
  await work(["select 3"]);
  expect((await search("--principal", "ana", "--event", "statement")).trimEnd().split("\n")).toHaveLength(3);
  const found = await search("--principal", "ana", "--kind", "select", "-n", "1", "--format", "json");
  expect(JSON.parse(found)).toMatchObject({ event: "statement", text: "select 3" });
  expect(await search("--principal", "nobody")).toBe("");
  const report = await installation.run("audit", "report", file, "--format", "csv");
  expect(report.stdout).toMatch(
    /^principal,on behalf of,target,table,statements,denied,rows,first,last,labels,rules\r\n/,
  );
  expect(report.stdout).toMatch(/\r\nana,,shop,,2,0,2,/);
  expect(report.stdout).toMatch(/\r\nana,,shop,pg_catalog\.pg_class,1,0,3,/);
});

test("a search for what cannot be is told", async () => {
  const wrong = await installation.run("audit", "search", installation.path("none"));
  expect(wrong).toMatchObject({ code: 2 });
  expect(wrong.stderr).toMatch(/^policy-proxy: \S+none cannot be searched: ENOENT[^\n]+\n {2}help: /);
  const time = await installation.run("audit", "search", "audit.jsonl", "--since", "yesterday");
  expect(time).toMatchObject({ code: 2, stderr: expect.stringContaining("yesterday is no time such as 2026-01-31") });
});

test("wrong arguments are told, and no stack", async () => {
  await work(["select 1"]);
  const file = installation.path("audit.jsonl");
  expect(await installation.run("audit", "verify", installation.path("none"))).toMatchObject({
    code: 2,
    stderr: `policy-proxy: ${installation.path("none")} does not exist\n`,
  });
  const wrong = await installation.run("audit", "verify", file, "--key", file);
  expect(wrong).toMatchObject({ code: 2 });
  expect(wrong.stderr).toMatch(/^policy-proxy: \S+audit\.jsonl is no public key to check seals with: [^\n]+\n$/);
  const without = await installation.run("audit", "verify", file);
  expect(without.stdout).toMatch(/note: no key was given: .*--key\nnothing is wrong\n$/);
});

test("a key that others can read, or that is none, is refused at the start", async () => {
  renameSync(installation.path("seal.pub"), installation.path("seal.key"));
  const { code, stderr } = await installation.run("serve");
  expect(code).toBe(2);
  expect(stderr).toContain("the key file can be read or written by others, who could forge seals");
  expect(stderr).toContain("the key file is no private key to sign with");
  expect(stderr).not.toContain("BEGIN");
});
