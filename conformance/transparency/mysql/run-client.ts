/** Scripts of the `mariadb` command line, run directly or through the proxy by somebody from whom nothing is hidden. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, resolve } from "node:path";
import { requireTool } from "../../support/client-tools.ts";
import type { ProxiedLogin } from "../../support/proxied.ts";
import type { Outputs, Side } from "../outputs.ts";
import { startMysqlSide } from "./side.ts";

/** Runs scripts one after the other in one database. Never rejects for an error of a script's. */
export async function runClientScripts(
  paths: readonly string[],
  side: Side,
  setup: string | undefined,
): Promise<Outputs> {
  const { login, direct, faults, stop } = await startMysqlSide(side);
  try {
    const made = setup === undefined ? "" : await runClientScript(direct, setup);
    const scripts: string[] = [];
    // oxlint-disable-next-line no-await-in-loop -- later scripts stand on what earlier ones made
    for (const path of paths) scripts.push(await runClientScript(login, path));
    return { scripts, setup: made, faults };
  } finally {
    await stop();
  }
}

/** Every statement echoed, its warnings and how many rows behind it; without times, which `-vvv` would print. */
const shown = ["--force", "-vv", "--table", "--show-warnings", "--comments", "--unbuffered"];

async function runClientScript(login: ProxiedLogin, path: string): Promise<string> {
  return runClient(login, "mariadb", [...shown, login.database], readFileSync(path), dirname(resolve(path)));
}

/** What one of MariaDB's clients printed on both streams, in order. @param folder in which it finds files */
export async function runClient(
  { host, port, user, password }: ProxiedLogin,
  tool: "mariadb" | "mariadb-dump",
  args: readonly string[],
  input: Buffer | string = "",
  folder = tmpdir(),
): Promise<string> {
  const to = ["--no-defaults", "--protocol=tcp", `--host=${host}`, `--port=${port}`, `--user=${user}`];
  const options = [...to, "--skip-ssl", "--default-character-set=utf8mb4"];
  // One pipe for both streams: only so do errors stand where they happened.
  const client = spawn("/bin/sh", ["-c", 'exec "$0" "$@" 2>&1', requireTool(tool), ...options, ...args], {
    cwd: folder,
    env: { PATH: process.env["PATH"], HOME: "/nonexistent", LC_ALL: "C.UTF-8", MYSQL_PWD: password },
    stdio: ["pipe", "pipe", "inherit"],
  });
  const chunks: Buffer[] = [];
  client.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
  // A script that ends the session leaves the rest of itself unread.
  client.stdin.on("error", () => undefined);
  client.stdin.end(input);
  await once(client, "close");
  return Buffer.concat(chunks).toString("utf8");
}
