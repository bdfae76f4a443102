/** The files that an operator would write, and a proxy that runs from them. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createLogger } from "../../proxy/src/cli/logger.ts";
import { RunningProxy } from "../../proxy/src/cli/running-proxy.ts";
import { loadConfig } from "../../proxy/src/config/load-config.ts";
import type { PoliciesConfig } from "../../proxy/src/config/sections/policies.ts";
import { formatProblems } from "../../proxy/src/config/problem.ts";
import { addUser } from "../../proxy/src/identity/edit-users.ts";
import { deriveVerifier, formatVerifier } from "../../proxy/src/identity/scram-verifier.ts";
import { UserStore } from "../../proxy/src/identity/user-store.ts";
import type { LoadedPolicies } from "../../proxy/src/policies/policy-content.ts";
import { PolicyLoader } from "../../proxy/src/policies/policy-loader.ts";
import type { Person } from "./people.ts";
import type { Shop } from "./shop.ts";

export interface Configuration {
  readonly host: string;
  readonly port: number;
  readonly mysqlPort: number;
  readonly postgres: Omit<Shop, "url">;
  readonly mariadb: Omit<Shop, "url"> | undefined;
  readonly people: readonly Person[];
  /** Absolute. */
  readonly policies: string;
}

/** Gives the path of the configuration. JSON is YAML. */
export async function writeConfiguration(folder: string, options: Configuration): Promise<string> {
  const { host, port, mysqlPort, postgres, mariadb, people, policies } = options;
  const users = join(folder, "users.yaml");
  for (const { name, id, kind, groups, onBehalfOf, password } of people) {
    const verifier = formatVerifier(await deriveVerifier(password));
    const added = addUser(users, { name, id, kind, groups, claims: {}, onBehalfOf, verifier });
    if (!added.ok) throw new Error(formatProblems(added.problems));
  }
  const targets = [{ name: postgres.database, engine: "postgres", ...loginOf(folder, "postgres", postgres) }];
  if (mariadb !== undefined) {
    const { database } = mariadb;
    targets.push({ name: "shop-mariadb", engine: "mariadb", ...loginOf(folder, "mariadb", mariadb), database });
  }
  const configuration = {
    listen: { host, port, mysql_port: mysqlPort },
    targets,
    users,
    policies: { path: policies, poll_seconds: 1 },
    audit: { file: "audit.jsonl" },
  };
  const file = join(folder, "penstock.yaml");
  writeFileSync(file, JSON.stringify(configuration, undefined, 2), { mode: 0o600 });
  return file;
}

function loginOf(folder: string, engine: string, { host, port, user, password, database }: Omit<Shop, "url">) {
  const file = `${engine}-password`;
  writeFileSync(join(folder, file), password, { mode: 0o600 });
  return { host, port, database, user, password_file: file, environment: "demo" };
}

export async function startProxy(configFile: string, print: (line: string) => void): Promise<RunningProxy> {
  const read = loadConfig(configFile, process.env);
  if (!read.ok) throw new Error(formatProblems(read.problems));
  const users = new UserStore(read.config.usersFile);
  const loadedUsers = users.load();
  if (!loadedUsers.ok) throw new Error(formatProblems(loadedUsers.problems));
  const policies = await compiled(read.config.policies);
  const output = { isTTY: true, write: (text: string) => print(text.trimEnd()) };
  const log = createLogger({ level: "warn", format: "pretty" }, output);
  const proxy = await RunningProxy.start(configFile, read.config, users, policies, log);
  // The greeting has said what starting says; from here on, news.
  log.level = "info";
  return proxy;
}

export async function compiled(
  config: PoliciesConfig,
): Promise<{ readonly first: LoadedPolicies; readonly loader: PolicyLoader }> {
  const loader = new PolicyLoader(config);
  const result = await loader.load();
  if (result.kind === "loaded") return { first: result.policies, loader };
  throw new Error(`the policies have errors\n${result.kind === "unchanged" ? "" : result.report}`);
}
