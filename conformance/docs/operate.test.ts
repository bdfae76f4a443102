/** docs/operate.md, from nothing to a proxy that has survived a crash: its files as they stand, its commands in their order. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freePort, type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import { fencesOf } from "./markdown.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const commands = { policy: "engine/bin/policy.js", "policy-proxy": "proxy/bin/policy-proxy.ts" };

let server: PostgresServer;
let folder: string;
beforeAll(async () => {
  server = await startPostgres();
  folder = mkdtempSync(join(tmpdir(), "penstock-operate-"));
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await server.stop();
});

function write(name: string, text: string, mode = 0o600): void {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  chmodSync(path, mode);
}

test("every command works, in its order", { timeout: 180_000 }, async () => {
  const variables: Readonly<Record<string, string>> = {
    DB_HOST: server.host,
    DB_PORT: String(server.port),
    DB_USER: server.user,
    DB_PASSWORD: server.password,
    ANA_PASSWORD: "ana's password",
    BOB_PASSWORD: "bob's password",
    PROXY_PORT: String(await freePort()),
    ADMIN_PORT: String(await freePort()),
  };
  const fences = fencesOf(readFileSync(join(root, "docs/operate.md"), "utf8"));
  for (const { attributes, text } of fences) {
    const name = attributes.get("file");
    if (name === undefined) continue;
    write(name, `${text.replaceAll(/\$\{(\w+)\}/g, (_, variable: string) => variables[variable] ?? "")}\n`);
  }
  // Programs, and not functions of the shell: a signal must reach what it is for.
  for (const [name, script] of Object.entries(commands))
    write(`bin/${name}`, `#!/bin/sh\nexec "${process.execPath}" "${join(root, script)}" "$@"\n`, 0o755);
  const blocks = fences.filter(({ language }) => language === "sh").map(({ text }) => text);
  expect(blocks.length).toBeGreaterThan(7);
  const begin = `set -eEuo pipefail
trap 'echo "failed: $BASH_COMMAND" >&2' ERR
trap 'kill -KILL $(jobs -p) 2>/dev/null || true' EXIT`;
  const { code, output } = await run([begin, ...blocks].join("\n"), variables);
  expect(`${code}\n${output}`).toMatch(/^0\n/);
  expect(output).not.toContain("failed:");
  expect(output).toMatch(/allowed ana truncate: truncate people .*approved by bob/);
  expect(output).toContain("the statement waits for approval of dba");
  expect(readFileSync(join(folder, "report.html"), "utf8")).toContain("public.people");
  for (const secret of ["DB_PASSWORD", "ANA_PASSWORD", "BOB_PASSWORD"])
    expect(output + readFileSync(join(folder, "proxy.log"), "utf8")).not.toContain(variables[secret]);
});

async function run(
  script: string,
  variables: Readonly<Record<string, string>>,
): Promise<{ readonly code: number | null; readonly output: string }> {
  const env = { ...process.env, ...variables, PATH: `${join(folder, "bin")}:${process.env["PATH"] ?? ""}` };
  const child = spawn("bash", ["-c", script], { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  const add = (text: string) => {
    output += text;
  };
  child.stdout.setEncoding("utf8").on("data", add);
  child.stderr.setEncoding("utf8").on("data", add);
  await once(child, "close");
  return { code: child.exitCode, output };
}
