import { readFileSync } from "node:fs";
import { userInfo } from "node:os";
import type { Principal } from "@penstock/engine";
import { z } from "zod";
import { apiPath } from "../admin/paths.ts";
import { escapeForTerminal } from "../audit/escape.ts";
import { loadMintingConfig, type MintingConfig } from "../config/load-config.ts";
import { formatProblems } from "../config/problem.ts";
import { cannotRead, errorMessage } from "../config/system-error.ts";
import { TokenVerifier } from "../identity/jwt/token-verifier.ts";
import { agentFor } from "../identity/mint/agent-groups.ts";
import { mintToken } from "../identity/mint/mint-token.ts";
import { recordMinted } from "../identity/mint/record-minted.ts";
import { parseUsers, type Users } from "../identity/users.ts";
import { type ApiOptions, callApi } from "./api-client.ts";
import { CommandError, exitCodes } from "./exit-codes.ts";
import type { TokenOptions } from "./token.ts";

/** Who the agent acts for, who mints, and until when that is proven. */
interface Minter {
  readonly person: Pick<Principal, "id" | "name" | "kind" | "groups"> | undefined;
  readonly by: string;
  readonly untilMs: number;
}

const texts = { agent: 255, for: 255 } as const;

export async function runToken(options: TokenOptions): Promise<void> {
  for (const [option, most] of Object.entries(texts)) {
    const value = option === "agent" ? options.agent : options.for;
    if (value.trim() === "" || value.length > most || /\p{Cc}/u.test(value))
      throw misuse(`--${option} must be a text of 1 to ${most} characters without control characters`);
  }
  const { url, config: given, tokenFile, ca } = options;
  // Whoever names a configuration means the key that it names, wherever the API is.
  if (url !== undefined && given === undefined) {
    await mintByApi(options, {
      url,
      ...(tokenFile === undefined ? {} : { tokenFile }),
      ...(ca === undefined ? {} : { ca }),
    });
    return;
  }
  const file = given ?? "penstock.yaml";
  const loaded = loadMintingConfig(file, process.env);
  if (!loaded.ok) throw misuse(formatProblems(loaded.problems));
  const { identity, usersFile } = loaded.config;
  const mint = identity?.mint;
  if (identity === undefined || mint === undefined)
    throw misuse(`${file} has no \`identity.mint\`: nothing can be minted`);
  const lifetimeMs = lifetime(options.ttl, mint.lifetimeMsMax);
  const users = usersOf(usersFile);
  const minter = await minterOf(options, identity, users);
  const user = users.byName.get(options.agent);
  const acts = user?.onBehalfOf === undefined ? undefined : users.byName.get(user.onBehalfOf);
  const agent = agentFor({ name: options.agent, groups: options.group }, user, minter.person, acts);
  if (typeof agent === "string") throw misuse(agent);
  const expiresAtMs = Math.min(Date.now() + lifetimeMs, minter.untilMs);
  const { person, by } = minter;
  const { token, id } = await mintToken(mint, { agent, person, task: options.for, by, expiresAtMs });
  const expires = new Date(expiresAtMs).toISOString();
  const record = {
    token: id,
    agent: agent.id,
    groups: agent.groups,
    on_behalf_of: person?.id,
    task: options.for,
    by,
    expires,
  };
  try {
    recordMinted(mint.record, record);
  } catch (error) {
    throw new CommandError(
      `the token cannot be recorded in ${mint.record}, so it is not given out: ${errorMessage(error)}`,
      exitCodes.failure,
    );
  }
  process.stdout.write(`${token}\n`);
  process.stderr.write(`minted ${id}, good until ${expires}\n`);
}

const answer = z.object({ id: z.string(), token: z.string(), expires_at: z.string() });

/** As the person whose API token it is, on whose behalf the agent acts. */
async function mintByApi(
  { agent, for: task, ttl, group, byToken, onBehalfOf }: TokenOptions,
  api: ApiOptions,
): Promise<void> {
  if (byToken !== undefined || onBehalfOf !== undefined)
    throw misuse(
      "over the HTTP API the agent acts for whose API token it is: leave --by-token and --on-behalf-of out, or give --config to mint with the key",
    );
  const body = { agent, task, ttl_seconds: milliseconds(ttl) / 1000, groups: group };
  const { id, token, expires_at: until } = answer.parse(await callApi(api, "POST", `${apiPath}/tokens`, body));
  process.stdout.write(`${token}\n`);
  process.stderr.write(`minted ${escapeForTerminal(id)}, good until ${escapeForTerminal(until)}\n`);
}

async function minterOf(
  options: TokenOptions,
  identity: NonNullable<MintingConfig["identity"]>,
  users: Users,
): Promise<Minter> {
  const operator = `operator ${userInfo().username}`;
  if (options.byToken !== undefined) {
    if (options.onBehalfOf !== undefined)
      throw misuse("--by-token says for whom the agent acts: leave --on-behalf-of out");
    const principal = await bearer(options.byToken, identity);
    return { person: principal.principal, by: principal.principal.id, untilMs: principal.expiry?.atMs ?? Infinity };
  }
  if (options.onBehalfOf === undefined) return { person: undefined, by: operator, untilMs: Infinity };
  const user = users.byName.get(options.onBehalfOf);
  if (user === undefined) throw misuse(`there is no user "${options.onBehalfOf}" in the users file`);
  if (user.kind === "agent")
    throw misuse(`"${options.onBehalfOf}" is an agent itself: an agent acts for a person or a service`);
  return { person: user, by: operator, untilMs: Infinity };
}

/** Tokens that log in once are not used up by it: whoever mints has the key. */
async function bearer(file: string, { issuers, tokenBytesMax, clockSkewMs }: NonNullable<MintingConfig["identity"]>) {
  let token: string;
  try {
    token = tokenIn(readFileSync(file, "utf8"));
  } catch (error) {
    throw misuse(`the file ${file} ${cannotRead(error)}`);
  }
  const verifier = new TokenVerifier({ issuers, tokenBytesMax, clockSkewMs, report: () => undefined });
  const outcome = await verifier.verify(token);
  if (outcome.kind !== "proven") throw new CommandError(`the token in ${file} ${outcome.because}`, exitCodes.failure);
  if (outcome.identity.principal.kind === "agent")
    throw misuse(`the token in ${file} is an agent's: people mint tokens`);
  return outcome.identity;
}

/** Of a file that holds nothing else, or of the one that `policy-proxy login` keeps. */
function tokenIn(text: string): string {
  try {
    const stored: unknown = JSON.parse(text);
    const token: unknown = typeof stored === "object" && stored !== null ? Reflect.get(stored, "token") : undefined;
    if (typeof token === "string") return token;
  } catch {
    // No JSON: the token itself.
  }
  return text.trim();
}

function usersOf(file: string): Users {
  try {
    const parsed = parseUsers(file, readFileSync(file, "utf8"));
    if (!parsed.ok) throw misuse(formatProblems(parsed.problems));
    return parsed.users;
  } catch (error) {
    if (error instanceof CommandError) throw error;
    throw misuse(`the users file ${file} ${cannotRead(error)}`);
  }
}

const unitMs: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000 };

function milliseconds(text: string): number {
  const [, count = "", unit = ""] = /^([0-9]{1,6})([smh])$/.exec(text) ?? [];
  const ms = Number(count) * (unitMs[unit] ?? 0);
  if (ms <= 0) throw misuse("--ttl must be a time such as 90s, 15m or 1h");
  return ms;
}

function lifetime(text: string, mostMs: number): number {
  const ms = milliseconds(text);
  if (ms > mostMs) throw misuse(`--ttl must be at most ${mostMs / 1000}s (\`identity.mint.max_ttl_seconds\`)`);
  return ms;
}

function misuse(message: string): CommandError {
  return new CommandError(message, exitCodes.misuse);
}
