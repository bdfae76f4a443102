/** `policy-proxy doctor`: what it says of a set-up that works, and of each that does not. */
import { createServer } from "node:net";
import { once } from "node:events";
import { chmodSync } from "node:fs";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import { Installation } from "./proxy-process.ts";

let server: PostgresServer;
let installation: Installation;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());
beforeEach(() => {
  installation = new Installation(server);
});
afterEach(() => installation.remove());

test("a set-up that works is said to, and what is unwise beside", async () => {
  installation.write("penstock.yaml", `${installation.config()}store: { file: store.sqlite }\n`);
  const outcome = await installation.run("doctor");
  expect({ code: outcome.code, stderr: outcome.stderr }).toEqual({ code: 0, stderr: "" });
  const lines = outcome.stdout.split("\n");
  expect(
    lines.filter((line) => line.startsWith("works")).map((line) => line.replace(/^works {2}(\S+).*/, "$1")),
  ).toEqual(["configuration", "users:", "policies:", "audit", "store", "target", "port"]);
  expect(outcome.stdout).toContain("warns  audit log");
  expect(outcome.stdout).toContain("seals are not signed");
  expect(outcome.stdout).not.toContain(server.password);
});

test("everything that is wrong is told at once, with what to do, and the first kind of it is the exit code", async () => {
  installation.write("policies/guard.policy", "package guard\n\ndeny if\n");
  const target = "    port: 9\n    user: postgres\n    password: guess";
  installation.write("penstock.yaml", installation.config({ target }));
  const outcome = await installation.run("doctor");
  expect(outcome.code).toBe(3);
  expect(outcome.stdout).toMatch(/^FAILS {2}policies: error\[P\d+\]/m);
  expect(outcome.stdout).toMatch(/^FAILS {2}target shop: target `shop` \(127\.0\.0\.1:9\): nothing listens there$/m);
  expect(outcome.stdout).toContain("         help: check `host` and `port`");
  expect(outcome.stderr).toContain("2 of these keep the proxy from working");
  expect(outcome.stdout).not.toContain("guess");
});

test("a port that is taken, a wrong password, a folder that cannot be written to", async () => {
  const taken = createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  const address = taken.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const target = `    port: ${server.port}\n    user: postgres\n    database: postgres\n    password: guess`;
  installation.write("penstock.yaml", installation.config({ target, port, audit: "{ file: nowhere/audit.jsonl }" }));
  const outcome = await installation.run("doctor");
  taken.close();
  expect(outcome.code).toBe(2);
  expect(outcome.stdout).toMatch(/^FAILS {2}audit log .*nowhere\/audit\.jsonl: does not exist$/m);
  expect(outcome.stdout).toContain("the password for `postgres` is wrong");
  expect(outcome.stdout).toMatch(new RegExp(`^FAILS {2}port ${port} of 127\\.0\\.0\\.1: .*in use`, "m"));
});

test("users that others can read are a warning, a configuration with mistakes is no set-up", async () => {
  chmodSync(installation.path("users.yaml"), 0o644);
  expect((await installation.run("doctor")).stdout).toMatch(/^warns {2}users: .*can be read by every user/m);
  installation.write("penstock.yaml", "listen: 5\n");
  expect(await installation.run("doctor")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("the configuration has mistakes"),
  });
});
