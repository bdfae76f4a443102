import type { Log } from "sarif";
import { expect, test } from "vitest";
import { folderOf, policy } from "./run-policy.ts";

const mistakes = {
  "policies/a b.policy": 'package a\n\ndeny "no" if query.kind == "drop_tabel"\n',
  "policies/b.policy": "package b\n\np if {\n  nope\n  true\n}\n",
};

test("all mistakes of all files show at once, with a caret and the way out", () => {
  const { status, stdout } = policy(folderOf(mistakes), "check");
  expect(stdout).toContain("--> policies/a b.policy:3:28");
  expect(stdout).toContain("did you mean `drop_table`?");
  expect(stdout).toContain("--> policies/b.policy:4:3");
  expect(stdout).toContain("2 files checked: 2 errors, 0 warnings");
  expect(status).toBe(1);
});

test("json holds every mistake with its place", () => {
  const { status, stdout } = policy(folderOf(mistakes), "check", "--format", "json");
  const { diagnostics } = JSON.parse(stdout) as { diagnostics: { span: { file: string; line: number } }[] };
  expect(diagnostics.map(({ span }) => `${span.file}:${span.line}`)).toEqual([
    "policies/a b.policy:3",
    "policies/b.policy:4",
  ]);
  expect(status).toBe(1);
});

test("sarif names each rule once and each place by line and column, ends included", () => {
  const { status, stdout } = policy(folderOf(mistakes), "check", "--format", "sarif");
  const log = JSON.parse(stdout) as Log;
  expect(log.version).toBe("2.1.0");
  const [run] = log.runs;
  const rules = run?.tool.driver.rules ?? [];
  expect(rules.map(({ id, help }) => [id, (help?.text.length ?? 0) > 0])).toEqual([
    ["P210", true],
    ["P312", true],
  ]);
  expect(
    run?.results?.map(({ ruleId, ruleIndex, level, locations }) => ({
      rule: rules[ruleIndex ?? -1]?.id === ruleId,
      level,
      uri: locations?.[0]?.physicalLocation?.artifactLocation?.uri,
      region: locations?.[0]?.physicalLocation?.region,
    })),
  ).toEqual([
    {
      rule: true,
      level: "error",
      uri: "policies/a%20b.policy",
      region: { startLine: 3, startColumn: 28, endLine: 3, endColumn: 40 },
    },
    {
      rule: true,
      level: "error",
      uri: "policies/b.policy",
      region: { startLine: 4, startColumn: 3, endLine: 4, endColumn: 7 },
    },
  ]);
  expect(status).toBe(1);
});

test("a sarif log without results is a log all the same", () => {
  const { status, stdout } = policy(
    folderOf({ "policies/a.policy": "package a\n\np := 1\n" }),
    "check",
    "--format",
    "sarif",
  );
  expect((JSON.parse(stdout) as Log).runs[0]?.results).toEqual([]);
  expect(status).toBe(0);
});

test("github gets one workflow command a mistake, which nothing in a policy can break out of", () => {
  const files = { "policies/a,b.policy": 'package a\n\np if query.kind == "100%,::\\n::error::x"\n' };
  const { status, stdout } = policy(folderOf(files), "check", "--format", "github");
  expect(stdout.split("\n")).toEqual([
    expect.stringMatching(/^::error file=policies\/a%2Cb\.policy,line=3,col=\d+,title=P312::.*"100%25,::/),
    "1 file checked: 1 error, 0 warnings",
    "",
  ]);
  expect(status).toBe(1);
});

test.each<[string, string[], string]>([
  ["an unknown format", ["--format", "xml"], "Allowed choices are pretty, json, sarif, github."],
  ["a path that does not exist", ["nowhere"], "`nowhere` does not exist"],
  ["an unknown option", ["--fix"], "unknown option '--fix'"],
])("%s is misuse: exit code 2 and no report", (_, args, message) => {
  const { status, stdout, stderr } = policy(folderOf(mistakes), "check", ...args);
  expect(stderr).toContain(message);
  expect(stdout).toBe("");
  expect(status).toBe(2);
});
