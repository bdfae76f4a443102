/** The commands and configurations that the documentation shows, run as they stand. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { configSchema } from "../../proxy/src/config/schema.ts";
import { readYaml } from "../../proxy/src/config/yaml-document.ts";
import { fencesOf } from "./markdown.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Code blocks of a page in one language. */
function blocks(page: string, language: string): string[] {
  const fences = fencesOf(readFileSync(join(root, "docs", page), "utf8"));
  return fences.filter((fence) => fence.language === language).map(({ text }) => `${text}\n`);
}

/** The commands, with the exit code that a comment such as `# ends with 1` promises. */
function commandsOf(page: string): { readonly command: string; readonly code: number }[] {
  return blocks(page, "sh")
    .join("\n")
    .replaceAll("\\\n", " ")
    .split("\n")
    .filter((line) => line.startsWith("policy "))
    .map((line) => ({ command: line, code: Number(/# ends with (\d)/.exec(line)?.[1] ?? 0) }));
}

/** A folder as the pages take it for granted: policies, those that were released before, a schema, and what the proxy has recorded. */
function folderOfReader(): string {
  const folder = mkdtempSync(join(tmpdir(), "penstock-docs-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  cpSync(join(root, "policies"), join(folder, "policies"), { recursive: true });
  cpSync(join(root, "policies/testdata/catalog.json"), join(folder, "catalog.json"));
  const released = 'package released\n\ndeny "not yet" if query.kind == "select"\n';
  writeFileSync(join(folder, "released.policy"), released);
  run(folder, "policy build policies released.policy -o released.tar.gz --unsigned");
  rmSync(join(folder, "released.policy"));
  const who = { principal: { id: "ann", kind: "human", groups: ["analyst"] }, target: "shop" };
  const statement = { event: "statement", session: "s", statement: 1, ...who, text: "select id from orders" };
  writeFileSync(join(folder, "audit.jsonl"), `${JSON.stringify(statement)}\n`);
  return folder;
}

function run(folder: string, command: string): { readonly status: number | null; readonly stderr: string } {
  const script = `policy() { "${process.execPath}" "${root}/engine/bin/policy.js" "$@"; }; ${command}`;
  return spawnSync("bash", ["-c", script], { cwd: folder, encoding: "utf8" });
}

test.each(["bundles.md", "replay.md"])("the commands of %s work in their order, and end as they say", (page) => {
  const folder = folderOfReader();
  const commands = commandsOf(page);
  expect(commands.length).toBeGreaterThan(1);
  for (const { command, code } of commands) {
    const { status, stderr } = run(folder, command);
    expect(`${command}: ${status} ${stderr}`).toBe(`${command}: ${code} `);
  }
});

describe("the configurations of bundles.md are right", () => {
  test.each(blocks("bundles.md", "yaml").map((block, index) => [index + 1, block] as const))("%d", (_, block) => {
    const whole = `targets: [{ name: shop, host: h, user: u, environment: e }]\nusers: u.yaml\naudit: { file: a }\n${block}`;
    expect(readYaml("example", whole, configSchema)).toMatchObject({ ok: true });
  });
});
