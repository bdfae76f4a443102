/** What is renamed while the proxy does not run, and how its operator learns of it and ends it. */
import { readFileSync, rmSync } from "node:fs";
import { Client } from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import { Installation, type RunningProxy } from "./proxy-process.ts";

const policyOf = (path: string) => `package guard

mask ${path} with redact()
`;

let server: PostgresServer;
let direct: Client;
let installation: Installation;
let proxy: RunningProxy;
beforeAll(async () => {
  server = await startPostgres();
  direct = new Client({ connectionString: server.url() });
  await direct.connect();
});
afterAll(async () => {
  await direct.end();
  await server.stop();
});
beforeEach(async () => {
  await direct.query("drop table if exists notes; create table notes (id int, secret text)");
  await direct.query("insert into notes values (1, 'hidden')");
  installation = new Installation(server);
  installation.write("penstock.yaml", `${installation.config()}catalog: { names: seen }\n`);
  installation.write("policies/guard.policy", policyOf("public.notes.secret"));
  proxy = await installation.start();
});
afterEach(async () => {
  await proxy.stop("SIGKILL");
  installation.remove();
});

async function read(column: string): Promise<unknown> {
  const client = new Client({ connectionString: proxy.url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(`select ${column} from notes`)).rows[0]?.[column];
  } finally {
    await client.end();
  }
}

const namesFile = "seen/shop.names.json";

async function renamedWhileStopped(): Promise<void> {
  await proxy.stop();
  await direct.query("alter table notes rename secret to open");
  proxy = await installation.start();
}

test("a column that was renamed while the proxy did not run stays masked, and the operator is told what to do", async () => {
  await renamedWhileStopped();
  expect(await read("open")).toBe("***");
  await proxy.says("public.notes.secret is now called public.notes.open");
  const told = installation.audit().filter(({ event }) => event === "renamed");
  expect(told).toMatchObject([{ target: "shop", was: "public.notes.secret", now: "public.notes.open" }]);
  expect((await installation.run("audit", "tail", "audit.jsonl")).stdout).toContain(
    "RENAMED in shop: public.notes.secret is now public.notes.open",
  );
  installation.write("policies/guard.policy", policyOf("public.notes.open"));
  await proxy.says("new policies are in force");
  expect(await read("open")).toBe("***");
  // It is told once, and a start with policies that name what there is tells nothing.
  await proxy.stop();
  proxy = await installation.start();
  expect(proxy.stderr).not.toContain("is now called");
  expect(await read("open")).toBe("***");
});

test("without its file, a running proxy forgets former names when it is told to read everything again", async () => {
  await renamedWhileStopped();
  // A rotation of the log must not.
  proxy.child.kill("SIGHUP");
  // Not before it has ended: it writes the file once more.
  await proxy.says("users, policies and catalogs were read again");
  expect(await read("open")).toBe("***");
  rmSync(installation.path(namesFile));
  proxy.child.kill("SIGHUP");
  await expect.poll(() => read("open"), { timeout: 15_000 }).toBe("hidden");
  await expect.poll(() => readFileSync(installation.path(namesFile), "utf8")).not.toContain("secret");
});

test("a file that says something else than names keeps the proxy from starting, and a running one to what it knows", async () => {
  await renamedWhileStopped();
  installation.write(namesFile, "{}");
  proxy.child.kill("SIGHUP");
  await proxy.says("the file with former names cannot be read");
  expect(await read("open")).toBe("***");
  await proxy.stop();
  const { code, stderr } = await installation.run("serve");
  expect(code).toBe(2);
  expect(stderr).toContain("a file with former names cannot be read");
  expect(stderr).toContain("`catalog.names`");
});
