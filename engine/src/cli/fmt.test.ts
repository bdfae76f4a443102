import { chmodSync, lstatSync, readFileSync, readdirSync, statSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { folderOf, policy, policyReading } from "./run-policy.ts";

const untidy = "package a\np:=1 # one\n";
const tidy = "package a\n\np := 1 # one\n";
const wrong = "package b\nq := [1,\n";

test("one file is printed as it would be, and stays as it is", () => {
  const folder = folderOf({ "a.policy": untidy });
  expect(policy(folder, "fmt", "a.policy")).toEqual({ status: 0, stdout: tidy, stderr: "" });
  expect(readFileSync(join(folder, "a.policy"), "utf8")).toBe(untidy);
});

test("of a folder those files are listed that would change", () => {
  const folder = folderOf({ "policies/a.policy": untidy, "policies/b_test.policy": tidy });
  const { status, stdout, stderr } = policy(folder, "fmt");
  expect(stdout).toBe("policies/a.policy\n");
  expect(stderr).toBe("1 of 2 files not formatted: `policy fmt -w` writes them\n");
  expect(status).toBe(0);
});

test("--check fails where a file is not formatted, and only then", () => {
  const folder = folderOf({ "policies/a.policy": untidy, "policies/b.policy": tidy });
  const { status, stdout } = policy(folder, "fmt", "--check");
  expect(stdout).toBe("policies/a.policy\n");
  expect(status).toBe(1);
  expect(policy(folder, "fmt", "--check", "policies/b.policy")).toEqual({
    status: 0,
    stdout: "",
    stderr: "1 file formatted already\n",
  });
});

test("--diff shows what would change", () => {
  const folder = folderOf({ "policies/a.policy": untidy, "policies/b.policy": tidy });
  const { status, stdout } = policy(folder, "fmt", "--diff");
  expect(stdout.split("\n")).toEqual([
    "--- policies/a.policy",
    "+++ policies/a.policy\tformatted",
    "@@ -1,2 +1,3 @@",
    " package a",
    "-p:=1 # one",
    "+",
    "+p := 1 # one",
    "",
  ]);
  expect(status).toBe(0);
  expect(policy(folder, "fmt", "--diff", "--check").status).toBe(1);
});

test("-w writes what is not formatted and touches nothing else", () => {
  const folder = folderOf({ "policies/a.policy": untidy, "policies/b.policy": tidy });
  chmodSync(join(folder, "policies/a.policy"), 0o640);
  const before = statSync(join(folder, "policies/b.policy")).mtimeMs;
  const { status, stdout, stderr } = policy(folder, "fmt", "-w");
  expect(stdout).toBe("policies/a.policy\n");
  expect(stderr).toBe("1 file formatted, 1 already\n");
  expect(status).toBe(0);
  expect(readFileSync(join(folder, "policies/a.policy"), "utf8")).toBe(tidy);
  expect(statSync(join(folder, "policies/a.policy")).mode & 0o777).toBe(0o640);
  expect(statSync(join(folder, "policies/b.policy")).mtimeMs).toBe(before);
  expect(readdirSync(join(folder, "policies"))).toEqual(["a.policy", "b.policy"]);
});

test("-w writes through a symbolic link", () => {
  const folder = folderOf({ "shared/a.policy": untidy, "policies/b.policy": tidy });
  symlinkSync("../shared/a.policy", join(folder, "policies/a.policy"));
  expect(policy(folder, "fmt", "-w").status).toBe(0);
  expect(lstatSync(join(folder, "policies/a.policy")).isSymbolicLink()).toBe(true);
  expect(readFileSync(join(folder, "shared/a.policy"), "utf8")).toBe(tidy);
});

test("a file with mistakes is left as it is, the others are written, and the run fails", () => {
  const folder = folderOf({ "policies/a.policy": untidy, "policies/b.policy": wrong });
  const { status, stdout, stderr } = policy(folder, "fmt", "--write");
  expect(stdout).toBe("policies/a.policy\n");
  expect(stderr).toContain("--> policies/b.policy:2:6");
  expect(stderr).toContain("1 file formatted, 0 already; 1 file left as it is");
  expect(status).toBe(1);
  expect(readFileSync(join(folder, "policies/b.policy"), "utf8")).toBe(wrong);
  expect(readFileSync(join(folder, "policies/a.policy"), "utf8")).toBe(tidy);
});

test("a file that is no text is left as it is", () => {
  const folder = folderOf({ "policies/a.policy": "package a\np:=1\0\n" });
  const { status, stderr } = policy(folder, "fmt", "-w");
  expect(stderr).toContain("holds a NUL byte");
  expect(status).toBe(1);
  expect(readFileSync(join(folder, "policies/a.policy"), "utf8")).toBe("package a\np:=1\0\n");
});

test("standard input is formatted for editors", () => {
  const folder = folderOf({});
  expect(policyReading(untidy, folder, "fmt", "-")).toEqual({ status: 0, stdout: tidy, stderr: "" });
  expect(policyReading(tidy, folder, "fmt", "-", "--check").status).toBe(0);
  const { status, stdout, stderr } = policyReading(wrong, folder, "fmt", "-");
  expect(stdout).toBe("");
  expect(stderr).toContain("--> <stdin>:2:6");
  expect(status).toBe(1);
});

test.each<[string, string[], string]>([
  ["to write and only to check", ["-w", "--check"], "give one or the other"],
  ["to write standard input", ["-w", "-"], "cannot be written back"],
  ["standard input beside files", ["-", "policies"], "it stands alone"],
  ["a path that does not exist", ["nowhere"], "`nowhere` does not exist"],
])("%s is misuse: exit code 2 and no output", (_, args, message) => {
  const { status, stdout, stderr } = policy(folderOf({ "policies/a.policy": untidy }), "fmt", ...args);
  expect(stderr).toContain(message);
  expect(stdout).toBe("");
  expect(status).toBe(2);
});

test("this project's own policies are formatted", () => {
  const { status, stdout } = policy(new URL("../../..", import.meta.url).pathname, "fmt", "--check", "policies");
  expect(stdout).toBe("");
  expect(status).toBe(0);
});
