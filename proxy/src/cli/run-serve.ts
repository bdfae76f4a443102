import { loadConfig, type ProxyConfig } from "../config/load-config.ts";
import { formatProblems } from "../config/problem.ts";
import { UserStore } from "../identity/user-store.ts";
import type { LoadedPolicies } from "../policies/policy-content.ts";
import { PolicyLoader } from "../policies/policy-loader.ts";
import { CommandError, type ExitCode, exitCodes } from "./exit-codes.ts";
import type { HangUps } from "./hang-ups.ts";
import { createLogger } from "./logger.ts";
import { RunningProxy } from "./running-proxy.ts";

export interface ServeOptions {
  readonly config: string;
  readonly check?: boolean;
}

/** Runs the proxy until a signal ends it, or with `check` only reads what it would run with. */
export async function runServe(options: ServeOptions, hangUps?: HangUps): Promise<void> {
  const { config, users, loader, policies, warnings } = await prepare(options.config);
  if (options.check === true) {
    for (const warning of warnings) process.stderr.write(`warning: ${warning}\n`);
    if (policies.warnings !== "") process.stderr.write(`${policies.warnings}\n`);
    const count = `${config.targets.length} target(s), ${users.count} user(s), ${policies.files} policy file(s)`;
    process.stdout.write(`${options.config} is in order: ${count}, revision ${policies.enforcer.revision}\n`);
    return;
  }
  const log = createLogger(config.log);
  for (const warning of warnings) log.warn(warning);
  const running = await RunningProxy.start(options.config, config, users, { loader, first: policies }, log);
  hangUps?.hear(running.hangUp);
  await running.untilStopped();
}

interface Prepared {
  readonly config: ProxyConfig;
  readonly users: UserStore;
  readonly loader: PolicyLoader;
  readonly policies: LoadedPolicies;
  readonly warnings: readonly string[];
}

/** Reads everything that lies in files, and says all that is wrong with it at once. */
async function prepare(file: string): Promise<Prepared> {
  const read = loadConfig(file, process.env);
  if (!read.ok)
    throw new CommandError(`the configuration has mistakes\n${formatProblems(read.problems)}`, exitCodes.misuse);
  const { config } = read;
  const users = new UserStore(config.usersFile, config.identity?.reservedUsers);
  const loadedUsers = users.load();
  const loader = new PolicyLoader(config.policies, config.audit.redaction);
  const loadedPolicies = await loader.load();
  const failures: { readonly text: string; readonly code: ExitCode }[] = [];
  if (!loadedUsers.ok) {
    failures.push({
      text: `the users file cannot be used\n${formatProblems(loadedUsers.problems)}`,
      code: exitCodes.misuse,
    });
  }
  if (loadedPolicies.kind !== "loaded") {
    const report = loadedPolicies.kind === "unchanged" ? "" : loadedPolicies.report;
    failures.push({ text: `the policies cannot be used\n${report}`, code: exitCodes.policies });
  }
  if (loadedUsers.ok && loadedPolicies.kind === "loaded") {
    const { policies } = loadedPolicies;
    const notes = policies.note === "" ? [] : [policies.note];
    return { config, users, loader, policies, warnings: [...config.warnings, ...loadedUsers.warnings, ...notes] };
  }
  throw new CommandError(failures.map(({ text }) => text).join("\n"), failures[0]?.code ?? exitCodes.failure);
}
