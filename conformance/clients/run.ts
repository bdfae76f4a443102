/**
 * `npm run conformance:clients [-- NAME …]`: drivers that do not come from npm, through the proxy. Debian's packages are installed when this runs
 * as root, else it says which are missing. Ends with 1 when a client fails or cannot be run.
 */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { libpqEnvironment, mysqlEnvironment } from "../support/client-tools.ts";
import { startMysqlShopUnderGuard } from "../support/mysql-shop-under-guard.ts";
import { startShopUnderGuard } from "../support/shop-under-guard.ts";
import { type DebianClient, mysqlClients, postgresClients } from "./debian-clients.ts";

const isInstalled = ({ files }: DebianClient) => files.every((file) => existsSync(file));

const shops = [
  { clients: postgresClients, start: startShopUnderGuard, environment: libpqEnvironment },
  { clients: mysqlClients, start: startMysqlShopUnderGuard, environment: mysqlEnvironment },
];
const wanted = process.argv.slice(2);
const isWanted = ({ name }: DebianClient) => wanted.length === 0 || wanted.includes(name);
const unknown = wanted.filter((name) => !shops.some(({ clients }) => clients.some((client) => client.name === name)));
if (unknown.length > 0) fail(`no client ${unknown.join(", ")}`);

for (const { clients: all, start, environment } of shops) {
  const clients = all.filter(isWanted);
  if (clients.length === 0) continue;
  install(clients.filter((client) => !isInstalled(client)).flatMap(({ packages }) => packages));
  const shop = await start();
  try {
    for (const client of clients) {
      console.log(`\n${client.name}`);
      if (!isInstalled(client)) {
        fail(`not installed: sudo apt-get install ${client.packages.join(" ")}`);
        continue;
      }
      shop.tap.clear();
      await runClient(client, environment(shop.as("analyst")));
      const seen = shop.hidden.findIn(shop.tap.received());
      if (seen.length > 0) fail(`hidden values came back: ${seen.join(", ")}`);
    }
  } finally {
    await shop.stop();
  }
}

function fail(message: string): void {
  console.error(`FAIL ${message}`);
  process.exitCode = 1;
}

/** The proxy runs in this process, so the client must not block it. */
async function runClient({ command }: DebianClient, env: NodeJS.ProcessEnv): Promise<void> {
  const [program, ...args] = command;
  const [code] = await once(spawn(program, args, { env, stdio: "inherit" }), "exit");
  if (code !== 0) fail(`exit code ${String(code)}`);
}

function install(packages: readonly string[]): void {
  if (packages.length === 0 || process.getuid?.() !== 0 || !existsSync("/usr/bin/apt-get")) return;
  console.log(`installing ${packages.join(" ")}`);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  for (const args of [
    ["update", "-qq"],
    ["install", "-y", "-qq", "--no-install-recommends", ...packages],
  ]) {
    if (spawnSync("apt-get", args, { stdio: ["ignore", "ignore", "inherit"], env }).status !== 0) return;
  }
}
