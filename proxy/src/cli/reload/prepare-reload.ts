/**
 * A changed configuration is tried before anything is changed: targets are connected to, policies loaded, certificates read, ports listened on. What
 * does not work is told, all of it, and nothing has changed. What works is put in force in one go (`apply-reload.ts`).
 */
import { readApiTokens } from "../../admin/api-tokens.ts";
import type { ProxyConfig } from "../../config/load-config.ts";
import { formatProblems } from "../../config/problem.ts";
import { errorMessage } from "../../config/system-error.ts";
import type { LoginHost } from "../../enforce/session-host.ts";
import type { TokenLogins } from "../../identity/token-logins.ts";
import { tlsOf } from "../../proxy-server.ts";
import type { PreparedTargets } from "../../targets/changed-targets.ts";
import type { PreparedPorts } from "../listeners.ts";
import { openTokenLogins, tlsOptions } from "../open-identity.ts";
import type { ProxyParts } from "../proxy-parts.ts";
import type { PreparedPolicies } from "../running-policies.ts";
import type { ConfigChanges } from "./config-changes.ts";

/** In order, and not in force. */
export interface PreparedReload {
  readonly changes: ConfigChanges;
  readonly targets: PreparedTargets;
  readonly ports: PreparedPorts;
  readonly policies: PreparedPolicies;
  readonly tls: LoginHost["tls"];
  readonly tokens: TokenLogins | undefined;
  /** Puts other users in the place of those before, where the file or the names that nobody may have are others. @returns warnings */
  readonly users: (() => readonly string[]) | undefined;
}

/** @returns why it cannot be used: each problem with its help */
export async function prepareReload(
  parts: ProxyParts,
  changes: ConfigChanges,
): Promise<PreparedReload | readonly string[]> {
  const { config, sections } = changes;
  const problems: string[] = [];
  const users = prepareUsers(parts, changes, problems);
  const tls = prepareTls(config, problems);
  if (sections.has("admin") && config.admin !== undefined) {
    const read = readApiTokens(config.admin.tokensFile);
    if (!read.ok) problems.push(formatProblems(read.problems));
  }
  /** What fails by a fault of ours leaves nothing of the others open. */
  const attempt = <T>(work: Promise<T>): Promise<T | undefined> =>
    work.catch((error: unknown) => {
      problems.push(`a fault of the proxy. Please report this: ${errorMessage(error)}`);
      return undefined;
    });
  const [targets, policies, ports, tokens] = await Promise.all([
    attempt(parts.targets.prepare(config.targets, changes.targets.changed)),
    attempt(preparePolicies(parts, changes)),
    attempt(parts.listeners.prepare(config.targets)),
    sections.has("identity")
      ? attempt(openTokenLogins(config.identity, parts.log, parts.usedTokens, parts.tokens))
      : parts.tokens,
  ]);
  problems.push(...(targets?.problems ?? []), ...(ports?.problems ?? []));
  if (typeof policies === "string") problems.push(policies);
  else if (problems.length === 0 && targets !== undefined && ports !== undefined && policies !== undefined)
    return { changes, targets, ports, policies, tls, tokens, users };
  if (targets !== undefined) parts.targets.discard(targets);
  if (ports !== undefined) parts.listeners.discard(ports);
  return problems;
}

/** Where `policies` or what is left out of records has changed; also again, when newer ones have come in between. */
export async function preparePolicies(
  { policies }: ProxyParts,
  { config, sections }: ConfigChanges,
): Promise<PreparedPolicies | string> {
  const inForce = sections.has("policies") || sections.has("audit.redact");
  return await policies.prepare(config, { inForce, shadow: sections.has("policies.shadow") });
}

/** Lets the workers try the same configuration, with the policies that were loaded. @returns why it cannot be used */
export async function prepareCrew(
  { crew, policies }: ProxyParts,
  text: string,
  prepared: PreparedPolicies,
): Promise<readonly string[]> {
  const inForce = prepared.inForce?.first ?? policies.current;
  return (await crew?.prepare(text, { inForce: inForce.content, shadow: policies.shadow?.content })) ?? [];
}

export function discard(parts: ProxyParts, { targets, ports }: PreparedReload): void {
  parts.crew?.discard();
  parts.targets.discard(targets);
  parts.listeners.discard(ports);
}

function prepareUsers(
  { users }: ProxyParts,
  { config, sections }: ConfigChanges,
  problems: string[],
): PreparedReload["users"] {
  if (!sections.has("users") && !sections.has("identity")) return undefined;
  const prepared = users.prepare(config.usersFile, config.identity?.reservedUsers ?? []);
  if (typeof prepared === "function") return prepared;
  problems.push(`the users file cannot be used\n${formatProblems(prepared.problems)}`);
  return undefined;
}

function prepareTls(config: ProxyConfig, problems: string[]): LoginHost["tls"] {
  try {
    const tls = tlsOptions(config);
    return tls === undefined ? undefined : tlsOf(tls);
  } catch (error) {
    problems.push(`\`listen.tls\` and \`identity.certificates\` cannot be used together: ${errorMessage(error)}`);
    return undefined;
  }
}
