import { spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { escapeForTerminal } from "../audit/escape.ts";
import { type ClientConfig, clientFolder, readClientConfig } from "../client/client-config.ts";
import { databaseClient } from "../client/database-client.ts";
import { loginByDevice, renew } from "../client/device-login.ts";
import { loadToken, saveToken, type StoredToken } from "../client/token-file.ts";
import { formatProblems } from "../config/problem.ts";
import { cannotRead, errorMessage } from "../config/system-error.ts";
import { CommandError, exitCodes } from "./exit-codes.ts";
import type { ClientOptions } from "./login.ts";

/** A token is renewed when it is good for less than that. */
const renewSeconds = 60;

export async function runLogin(options: ClientOptions): Promise<void> {
  const { config, tokenFile } = open(options);
  const token = await asCommand(() =>
    loginByDevice(config, ({ address, code, direct }) => {
      const complete = direct === undefined ? "" : `\nor this address alone: ${escapeForTerminal(direct)}`;
      process.stderr.write(
        `open ${escapeForTerminal(address)} and enter the code ${escapeForTerminal(code)}${complete}\n`,
      );
    }),
  );
  saveToken(tokenFile, token);
  const until = token.expires_at === undefined ? "" : `, good until ${new Date(token.expires_at * 1000).toISOString()}`;
  process.stderr.write(`logged in${until}; the token is in ${tokenFile}\n`);
}

export async function runConnect(
  name: string,
  more: readonly string[],
  options: ClientOptions & { readonly tokenFile?: string },
): Promise<void> {
  const { config, tokenFile, file } = open(options);
  const target = Object.hasOwn(config.targets, name) ? config.targets[name] : undefined;
  if (target === undefined) {
    const known = Object.keys(config.targets).map((each) => `\`${each}\``);
    throw new CommandError(
      `there is no target \`${escapeForTerminal(name)}\` in ${file}; there ${known.length === 0 ? "are none" : `is ${known.join(", ")}`}`,
      exitCodes.misuse,
    );
  }
  const token = options.tokenFile === undefined ? await currentToken(config, tokenFile) : tokenOf(options.tokenFile);
  const client = databaseClient(name, target, token, more);
  const found = client.commands
    .map((command) => ({ command, version: versionOf(command) }))
    .find(({ version }) => version !== undefined);
  if (found?.version === undefined)
    throw new CommandError(`${client.commands.join(" or ")} is not installed here`, exitCodes.failure);
  process.exitCode = await run(found.command, client.args(found.version), client.environment);
}

function open({ config: given }: ClientOptions) {
  const file = given ?? join(clientFolder(process.env), "client.yaml");
  const read = readClientConfig(file);
  if (!read.ok) throw new CommandError(formatProblems(read.problems), exitCodes.misuse);
  return {
    file,
    config: read.config,
    tokenFile: join(given === undefined ? clientFolder(process.env) : dirname(given), "token.json"),
  };
}

async function currentToken(config: ClientConfig, file: string): Promise<string> {
  const stored = await asCommand(async () => loadToken(file));
  const again = "log in: policy-proxy login";
  if (stored === undefined) throw new CommandError(`you have not logged in; ${again}`, exitCodes.failure);
  if (stored.issuer !== config.issuer)
    throw new CommandError(`you have logged in elsewhere; ${again}`, exitCodes.failure);
  if (stored.expires_at === undefined || stored.expires_at - renewSeconds > Date.now() / 1000) return stored.token;
  const next: StoredToken | undefined =
    stored.refresh_token === undefined ? undefined : await asCommand(() => renew(config, stored.refresh_token ?? ""));
  if (next !== undefined) {
    saveToken(file, next);
    return next.token;
  }
  if (stored.expires_at > Date.now() / 1000) return stored.token;
  throw new CommandError(`your login has expired; ${again}`, exitCodes.failure);
}

function tokenOf(file: string): string {
  try {
    return readFileSync(file, "utf8").trim();
  } catch (error) {
    throw new CommandError(`the file ${file} ${cannotRead(error)}`, exitCodes.misuse);
  }
}

function versionOf(command: string): string | undefined {
  const { stdout, status } = spawnSync(command, ["--version"], { encoding: "utf8" });
  return status === 0 ? stdout : undefined;
}

/** Its exit code. Signals of the terminal reach it by themselves; it decides what they mean. */
function run(command: string, args: readonly string[], environment: Readonly<Record<string, string>>): Promise<number> {
  for (const signal of ["SIGINT", "SIGQUIT"] as const) process.on(signal, () => undefined);
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: "inherit", env: { ...process.env, ...environment } });
    for (const signal of ["SIGTERM", "SIGHUP"] as const) process.on(signal, () => child.kill(signal));
    child.once("error", reject);
    child.once("close", (code) => resolve(code ?? exitCodes.failure));
  });
}

async function asCommand<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw new CommandError(errorMessage(error), exitCodes.failure);
  }
}
