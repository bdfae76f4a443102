/** A statement that waits, as its operators meet it: the real commands, and psql. */
import { rmSync, statSync } from "node:fs";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { until } from "../approvals/people.ts";
import { runTool } from "../protocol/run-tool.ts";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import { Installation, type RunningProxy, users } from "./proxy-process.ts";

let server: PostgresServer;
let installation: Installation;
let proxy: RunningProxy;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());

const policy = 'package guard\napprove by "dba" for "1h" because "it empties a table" if query.kind == "truncate"';
const person = (name: string, group: string) =>
  users.slice(users.indexOf("  - name")).replace("ana", name).replace("[analysts]", `[${group}]`);

beforeEach(async () => {
  installation = new Installation(server);
  installation.write("penstock.yaml", `${installation.config()}approvals: { folder: approvals }\n`);
  installation.write("users.yaml", users + person("bob", "dba"));
  installation.write("policies/guard.policy", policy);
  proxy = await installation.start();
});
afterEach(async () => {
  await proxy.stop("SIGKILL");
  installation.remove();
});

const psql = (sql: string) =>
  runTool("psql", ["-X", "-d", proxy.url, "-c", "create table if not exists notes (id int)", "-c", sql]);

async function request(): Promise<string> {
  await proxy.says("a statement waits for approval");
  let id = "";
  await until(
    () => (id = /"?request"?: ?"?([0-9a-f]{10})/.exec(proxy.stderr)?.[1] ?? "") !== "",
    () => proxy.stderr,
  );
  return id;
}

test("an operator sees what waits, says yes, and it runs", async () => {
  const session = psql("truncate notes");
  const id = await request();
  const listed = await installation.run("approvals");
  expect(listed.stdout).toMatch(`${id}  ana (human) on shop, database shop; until `);
  expect(listed.stdout).toContain("  truncate notes\n  needs dba, for 3600 s; it empties a table\n");
  expect(statSync(installation.path(`approvals/${id}.request.json`)).mode & 0o777).toBe(0o600);
  expect(await installation.run("approve", id, "--as", "ana")).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("own"),
  });
  expect(await installation.run("approve", id, "--as", "bob")).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("approved: the statement is decided once more and goes on"),
  });
  expect(await session).toMatchObject({ code: 0, stdout: expect.stringContaining("TRUNCATE TABLE") });
  expect((await installation.run("approvals")).stderr).toBe("no statement waits for approval\n");
  const log = await installation.run("audit", "tail", "audit.jsonl");
  expect(log.stdout).toContain(`bob answers approve to ${id}: approved`);
  expect(log.stdout).toMatch(/allowed ana truncate: truncate notes .*approved by bob/);
});

test("an operator says no, and the reason arrives", async () => {
  const session = psql("truncate notes");
  const id = await request();
  expect(await installation.run("deny", id, "--as", "bob", "--because", "not on Fridays")).toMatchObject({ code: 0 });
  expect(await session).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("not approved by bob: not on Fridays"),
  });
  const log = await installation.run("audit", "tail", "audit.jsonl", "--denied");
  expect(log.stdout).toContain("DENIED ana truncate: truncate notes | the statement was not approved by bob");
});

test.each([
  ["a request that is not there", ["approve", "0123456789", "--as", "bob"], 2, "there is no request 0123456789"],
  ["a request that is a path", ["approve", "../users", "--as", "bob"], 2, "there is no request ../users"],
  ["nobody's answer", ["approve", "0123456789"], 2, "required option '--as <user>'"],
  ["a denial without a reason", ["deny", "0123456789", "--as", "bob"], 2, "required option '--because <reason>'"],
  ["another configuration", ["approvals", "--config", "other.yaml"], 2, "other.yaml"],
])("%s is told", async (_, args, code, message) => {
  expect(await installation.run(...args)).toMatchObject({ code, stderr: expect.stringContaining(message) });
});

test("a folder that others can write to keeps the proxy from starting", async () => {
  await proxy.stop();
  rmSync(installation.path("approvals"), { recursive: true });
  installation.write("approvals", "no folder");
  expect(await installation.run("serve")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("the approvals' folder"),
  });
});

test("a proxy that stops tells whoever waits, and withdraws the request", async () => {
  const session = psql("truncate notes");
  const id = await request();
  expect(await proxy.stop()).toBe(0);
  expect((await session).stderr).toContain("the proxy is shutting down");
  expect(() => statSync(installation.path(`approvals/${id}.request.json`))).toThrow("ENOENT");
});
