/** What the demo and its tests stand on: PostgreSQL with the shop, the proxy as `policy-proxy serve` runs it, three people. */
import { mkdtempSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, relative, resolve as absolutePath } from "node:path";
import { loadConfig, type PoliciesConfig } from "../../proxy/src/config/load-config.ts";
import { formatProblems } from "../../proxy/src/config/problem.ts";
import { createLogger } from "../../proxy/src/cli/logger.ts";
import { RunningProxy } from "../../proxy/src/cli/running-proxy.ts";
import { addUser } from "../../proxy/src/identity/edit-users.ts";
import { deriveVerifier, formatVerifier } from "../../proxy/src/identity/scram-verifier.ts";
import { UserStore } from "../../proxy/src/identity/user-store.ts";
import { type LoadedPolicies, PolicyLoader } from "../../proxy/src/policies/policy-loader.ts";
import { guard } from "../../engine/src/throw-away/guard.ts";
import type { PostgresMajor } from "../../engine/src/throw-away/postgres-binaries.ts";
import { freePort, type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import type { Person } from "./people.ts";
import { makePeople } from "./people.ts";
import { createShop, type Shop } from "./shop.ts";

export interface Stage {
  readonly address: { readonly host: string; readonly port: number; readonly database: string };
  readonly people: readonly Person[];
  readonly auditFile: string;
  /** Such as "PostgreSQL 18". */
  readonly serverName: string;
  /** The policy folder as a user would type it. */
  readonly policiesShown: string;
  /** Ends proxy and server and removes everything. */
  readonly stop: () => Promise<void>;
}

export interface StageOptions {
  readonly port: number | undefined;
  readonly policies: string | undefined;
  readonly major?: PostgresMajor;
  /** Messages of the proxy for its operator, such as new policies or their mistakes. */
  readonly log: (line: string) => void;
}

const host = "127.0.0.1";
const preferredPort = 6543;
const portsTried = 20;
const packs = new URL("../../policies", import.meta.url).pathname;

export async function setStage(options: StageOptions): Promise<Stage> {
  const policies = absolutePath(options.policies ?? packs);
  // First what takes no time: a mistake in a policy should not have to wait for a server.
  await compiled({ kind: "folder", paths: [policies], pollMs: 1000 });
  const folder = mkdtempSync(join(tmpdir(), "penstock-demo-"));
  const guarded = guard(folder);
  const ending: (() => Promise<void>)[] = [guarded.close];
  const stop = async () => {
    for (const end of ending.toReversed()) await end();
  };
  try {
    const server = await startPostgres(options.major === undefined ? {} : { major: options.major });
    ending.push(server.stop);
    const [shop, people, port] = await Promise.all([
      createShop(server),
      Promise.resolve(makePeople()),
      choosePort(options.port),
    ]);
    const configFile = await writeConfiguration(folder, { shop, people, port, policies });
    const proxy = await startProxy(configFile, options.log);
    ending.push(() => proxy.stop());
    return {
      address: { host, port, database: shop.database },
      people,
      auditFile: join(folder, "audit.jsonl"),
      serverName: nameOf(server),
      policiesShown: relative(process.cwd(), policies) || ".",
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface Configuration {
  readonly shop: Shop;
  readonly people: readonly Person[];
  readonly port: number;
  readonly policies: string;
}

/** The files that an operator would write. JSON is YAML. */
async function writeConfiguration(folder: string, { shop, people, port, policies }: Configuration): Promise<string> {
  const users = join(folder, "users.yaml");
  for (const { name, id, kind, groups, onBehalfOf, password } of people) {
    const verifier = formatVerifier(await deriveVerifier(password));
    const added = addUser(users, { name, id, kind, groups, claims: {}, onBehalfOf, verifier });
    if (!added.ok) throw new Error(formatProblems(added.problems));
  }
  writeFileSync(join(folder, "upstream-password"), shop.password, { mode: 0o600 });
  const { host: upstreamHost, port: upstreamPort, database, user } = shop;
  const target = {
    name: database,
    host: upstreamHost,
    port: upstreamPort,
    user,
    password_file: "upstream-password",
    environment: "demo",
  };
  const configuration = {
    listen: { host, port },
    targets: [target],
    users,
    policies: { path: policies, poll_seconds: 1 },
    audit: { file: "audit.jsonl" },
  };
  const file = join(folder, "penstock.yaml");
  writeFileSync(file, JSON.stringify(configuration, undefined, 2), { mode: 0o600 });
  return file;
}

async function startProxy(configFile: string, print: (line: string) => void): Promise<RunningProxy> {
  const read = loadConfig(configFile, process.env);
  if (!read.ok) throw new Error(formatProblems(read.problems));
  const users = new UserStore(read.config.usersFile);
  const loadedUsers = users.load();
  if (!loadedUsers.ok) throw new Error(formatProblems(loadedUsers.problems));
  const policies = await compiled(read.config.policies);
  const output = { isTTY: true, write: (text: string) => print(text.trimEnd()) };
  const log = createLogger({ level: "warn", format: "pretty" }, output);
  const proxy = await RunningProxy.start(read.config, users, policies, log);
  // The greeting has said what starting says; from here on, news.
  log.level = "info";
  return proxy;
}

async function compiled(
  config: PoliciesConfig,
): Promise<{ readonly first: LoadedPolicies; readonly loader: PolicyLoader }> {
  const loader = new PolicyLoader(config);
  const result = await loader.load();
  if (result.kind === "loaded") return { first: result.policies, loader };
  throw new Error(`the policies have errors\n${result.kind === "unchanged" ? "" : result.report}`);
}

async function choosePort(wanted: number | undefined): Promise<number> {
  if (wanted !== undefined) return wanted;
  for (let port = preferredPort; port < preferredPort + portsTried; port++) if (await isFree(port)) return port;
  return freePort();
}

function isFree(port: number): Promise<boolean> {
  const probe = createServer();
  return new Promise((resolve) => {
    probe.once("error", () => resolve(false));
    probe.listen(port, host, () => probe.close(() => resolve(true)));
  });
}

function nameOf(server: PostgresServer): string {
  return `PostgreSQL ${server.major}`;
}
