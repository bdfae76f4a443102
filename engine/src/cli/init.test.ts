import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { folderOf, policy } from "./run-policy.ts";

test("what init writes is checked, formatted and tested by the commands of its CI file", () => {
  const folder = folderOf({});
  const { status, stdout } = policy(folder, "init", "new/guard");
  expect(stdout).toContain("new/guard/policies/guard.policy\n");
  expect(stdout).toContain("Next: cd new/guard && npx policy test\n");
  expect(status).toBe(0);
  const root = join(folder, "new/guard");
  const workflow = readFileSync(join(root, ".github/workflows/policies.yml"), "utf8");
  const commands = [...workflow.matchAll(/^ +- run: npx policy (.+)$/gm)].map(([, command = ""]) => command);
  expect(commands.map((command) => command.split(" ")[0])).toEqual(["check", "fmt", "test"]);
  for (const command of commands) {
    expect(policy(root, ...command.split(" ")).status).toBe(0);
  }
  expect(policy(root, "check").stdout).toContain("0 errors, 0 warnings");
  expect(policy(root, "test").stdout).toContain("4 passed, 0 failed");
});

test("without a folder it begins here", () => {
  const folder = folderOf({ "README.md": "mine\n" });
  expect(policy(folder, "init").stdout).toContain("Next: npx policy test\n");
  expect(existsSync(join(folder, "policies/guard.policy"))).toBe(true);
  expect(readFileSync(join(folder, "README.md"), "utf8")).toBe("mine\n");
});

test("nothing is written over, and nothing beside what is there", () => {
  const folder = folderOf({ "policies/guard_test.policy": "mine\n" });
  const { status, stdout, stderr } = policy(folder, "init");
  expect(stderr).toContain("`policies/guard_test.policy`: there already; nothing was written");
  expect(stdout).toBe("");
  expect(status).toBe(2);
  expect(readFileSync(join(folder, "policies/guard_test.policy"), "utf8")).toBe("mine\n");
  expect(existsSync(join(folder, "policies/guard.policy"))).toBe(false);
  expect(existsSync(join(folder, ".github"))).toBe(false);
});

test("where it cannot write it says so", () => {
  const { status, stderr } = policy(folderOf({ file: "" }), "init", "file/below");
  expect(stderr).toContain("`file/below/policies/guard.policy` cannot be written: ");
  expect(status).toBe(2);
});
