/** For tests: folders of policies, and the real command in them. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";

const policyCommand: string = new URL("../../bin/policy.js", import.meta.url).pathname;

/** A folder with these files, removed when the test ends. */
export function folderOf(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), "penstock-cli-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

export interface CommandResult {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `policy ARGS` in a folder, as a user would, without what a CI service sets. */
export function policy(folder: string, ...args: string[]): CommandResult {
  return policyReading("", folder, ...args);
}

/** The same with a text on standard input. */
export function policyReading(input: string, folder: string, ...args: string[]): CommandResult {
  const { GITHUB_WORKSPACE: _, ...env } = process.env;
  const { status, stdout, stderr } = spawnSync(process.execPath, [policyCommand, ...args], {
    cwd: folder,
    input,
    encoding: "utf8",
    env,
  });
  return { status, stdout, stderr };
}

/** The command while it runs, for what is watched or interrupted. */
export interface RunningCommand {
  readonly child: ChildProcess;
  /** Waits for text on its standard output; what came before counts too. */
  readonly until: (text: string) => Promise<void>;
  /** What it wrote to standard output since it started. */
  readonly output: () => string;
  /** Its exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals | null>;
}

/** Starts `policy ARGS` in a folder; it is ended with the test. */
export function startPolicy(folder: string, ...args: string[]): RunningCommand {
  const { GITHUB_WORKSPACE: _, ...env } = process.env;
  const child = spawn(process.execPath, [policyCommand, ...args], {
    cwd: folder,
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    output += chunk;
  });
  const ended = new Promise<number | NodeJS.Signals | null>((resolve) => {
    child.once("close", (code, signal) => resolve(code ?? signal));
  });
  return {
    child,
    ended,
    output: () => output,
    async until(text) {
      while (!output.includes(text)) {
        const first = await Promise.race([once(child.stdout, "data"), ended]);
        if (!Array.isArray(first) && !output.includes(text))
          throw new Error(`it ended without \`${text}\`:\n${output}`);
      }
    },
  };
}
