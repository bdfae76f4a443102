/** For tests: folders of policies, and the real command in them. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";

const policyCommand: string = new URL("../../bin/policy.ts", import.meta.url).pathname;

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
