/** The commands and configurations that the documentation shows, run as they stand. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { configSchema } from "../../proxy/src/config/schema.ts";
import { readYaml } from "../../proxy/src/config/yaml-document.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Code blocks of a page in one language. */
function blocks(page: string, language: string): string[] {
  const text = readFileSync(join(root, "docs", page), "utf8");
  return [...text.matchAll(new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, "gs"))].map((match) => match[1] ?? "");
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

test("the commands of bundles.md work in their order, in a folder with policies", () => {
  const folder = mkdtempSync(join(tmpdir(), "penstock-docs-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  cpSync(join(root, "policies"), join(folder, "policies"), { recursive: true });
  const commands = commandsOf("bundles.md");
  expect(commands.length).toBeGreaterThan(2);
  for (const { command, code } of commands) {
    const { status, stderr } = spawnSync(
      "bash",
      ["-c", `policy() { "${process.execPath}" "${root}/engine/bin/policy.ts" "$@"; }; ${command}`],
      {
        cwd: folder,
        encoding: "utf8",
      },
    );
    expect(`${command}: ${status} ${stderr}`).toBe(`${command}: ${code} `);
  }
});

describe("the configurations of bundles.md are right", () => {
  test.each(blocks("bundles.md", "yaml").map((block, index) => [index + 1, block] as const))("%d", (_, block) => {
    const whole = `targets: [{ name: shop, host: h, user: u, environment: e }]\nusers: u.yaml\naudit: { file: a }\n${block}`;
    expect(readYaml("example", whole, configSchema)).toMatchObject({ ok: true });
  });
});
