/** The systemd unit: its commands are run as it says, in an installation of their own; no systemd is needed. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { exitCodes } from "../../proxy/src/cli/exit-codes.ts";
import { proxyLimits } from "../../proxy/src/limits.ts";
import { Installation, RunningProxy } from "../operation/proxy-process.ts";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";

const repository = new URL("../..", import.meta.url).pathname;
const text = readFileSync(`${repository}/deploy/systemd/penstock.service`, "utf8");
const settings = new Map([...text.matchAll(/^(\w+)=(.*)$/gm)].map(([, name = "", value = ""]) => [name, value]));
const setting = (name: string): string => settings.get(name) ?? "";

let server: PostgresServer;
let installation: Installation;
beforeAll(async () => {
  server = await startPostgres();
  installation = new Installation(server);
});
afterAll(async () => {
  installation.remove();
  await server.stop();
});

/** Its words, with what lies elsewhere here. */
function command(name: string): readonly string[] {
  const here = new Map([
    ["/usr/bin/node", process.execPath],
    ["/opt/penstock/proxy/bin/policy-proxy.ts", `${repository}/proxy/bin/policy-proxy.ts`],
    ["/etc/penstock/penstock.yaml", installation.path("penstock.yaml")],
  ]);
  return setting(name)
    .split(" ")
    .map((word) => here.get(word) ?? word);
}

test("starts the proxy, has it read again, and ends it in the time that it has", async () => {
  const [node = "", ...args] = command("ExecStart");
  const child = spawn(node, args, { cwd: "/", stdio: ["ignore", "pipe", "pipe"] });
  const proxy = Object.assign(new RunningProxy(child), { port: 0 });
  proxy.port = await proxy.listening();
  const client = new Client({ connectionString: proxy.url });
  client.on("error", () => undefined);
  await client.connect();

  const [kill = "", ...how] = command("ExecReload").map((word) => (word === "$MAINPID" ? String(child.pid) : word));
  expect(spawnSync(kill, how).status).toBe(0);
  await proxy.says("SIGHUP");
  expect((await client.query("select 1 as one")).rows).toEqual([{ one: 1 }]);

  const running = client.query("select pg_sleep(0.5), 2 as two");
  await sleep(100);
  child.kill("SIGTERM");
  expect((await running).rows).toMatchObject([{ two: 2 }]);
  await once(child, "close");
  expect(child.exitCode).toBe(exitCodes.success);
  expect(Number(setting("TimeoutStopSec")) * 1000).toBeGreaterThan(2 * proxyLimits.closeMs);
});

test("does not start again what would end the same, and does so after a crash", async () => {
  const never = new Set(setting("RestartPreventExitStatus").split(" ").map(Number));
  installation.write("penstock.yaml", "listen: { prot: 1 }\n");
  const [node = "", ...args] = command("ExecStart");
  const outcome = spawnSync(node, args, { cwd: "/", encoding: "utf8" });
  expect(outcome.stderr).toContain("did you mean `port`?");
  expect(never).toContain(outcome.status);
  expect(never).toEqual(new Set([exitCodes.misuse, exitCodes.policies]));
  expect(setting("Restart")).toBe("on-failure");
});
