import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { compile } from "@penstock/language";
import { expect, test } from "vitest";
import { folderOf, policy } from "./run-policy.ts";

const files = {
  "policies/testdata/catalog.json": JSON.stringify({ tables: { "public.orders": { columns: { id: "int8" } } } }),
  "policies/rules.policy": `package shop

import data.helpers

deny "nobody drops tables" if {
    query.kind == "drop_table"
    not helpers.is_dba
}

deny "nobody truncates" if query.kind == "truncate"

limit rows 10 if principal.kind == "agent"

label column as "pii.never" if column.name == "nothing"
`,
  "policies/helpers.policy": `package helpers

is_dba if {
    principal.kind == "human"
    "dba" in principal.groups
}

never_used := 1

size(n) := "small" if {
    n < 5
} else := "large" if {
    n < 100
}
`,
  "policies/rules_test.policy": `package shop

test_drop if {
    decide("drop table orders").outcome == "deny"
    decide("select id from orders").limits.rows == 10 with principal as {"id": "bot", "kind": "agent"}
}

test_size if {
    data.helpers.size(3) == "small"
    is_string(data.helpers.size(4))
}
`,
};
interface Report {
  readonly rules: { readonly covered: number; readonly total: number; readonly percent: number };
  readonly lines: { readonly covered: number; readonly total: number };
  readonly files: readonly {
    readonly file: string;
    readonly rules: readonly {
      readonly name: string;
      readonly line: number;
      readonly tried: number;
      readonly held: number;
    }[];
    readonly lines: readonly { readonly line: number; readonly held: number }[];
  }[];
}

test("coverage counts rules and lines that held, decision statements and rules of other files among them", () => {
  const folder = folderOf(files);
  const { status, stdout } = policy(folder, "test", "--coverage-format", "json");
  expect(stdout).toContain("coverage written to coverage/coverage.json");
  const report = JSON.parse(readFileSync(join(folder, "coverage/coverage.json"), "utf8")) as Report;
  expect(
    report.files.map(({ file, rules }) => [file, rules.map(({ name, line, held }) => `${name}:${line} ${held > 0}`)]),
  ).toEqual([
    ["policies/helpers.policy", ["is_dba:3 false", "never_used:8 false", "size:10 true"]],
    ["policies/rules.policy", ["deny:5 true", "deny:10 false", "limit:12 true", "label:14 false"]],
  ]);
  const lines = Object.fromEntries(
    report.files.map((each) => [each.file, each.lines.filter(({ held }) => held === 0).map(({ line }) => line)]),
  );
  expect(lines).toEqual({ "policies/helpers.policy": [3, 5, 8, 12, 13], "policies/rules.policy": [10, 14] });
  expect(report.rules).toEqual({ covered: 3, total: 7, percent: (100 * 3) / 7 });
  expect(status).toBe(0);
});

test("the report for people lists what was never evaluated, what never held, and uncovered lines", () => {
  const { status, stdout } = policy(folderOf(files), "test", "--coverage");
  expect(stdout).toMatch(/policies\/helpers\.policy +1\/3 +33\.3 % +\d+\/\d+ /);
  expect(stdout).toContain("policies/helpers.policy:3 `is_dba` evaluated, but never held");
  expect(stdout).toContain("policies/helpers.policy:8 `never_used` never evaluated");
  expect(stdout).toContain("  lines  3, 5, 8, 12-13\n");
  expect(stdout).toMatch(/all files +3\/7 +42\.9 %/);
  expect(status).toBe(0);
});

test("lcov is written whole, with rules as functions", () => {
  const folder = folderOf(files);
  const { status } = policy(folder, "test", "--coverage-format", "lcov");
  const text = readFileSync(join(folder, "coverage/lcov.info"), "utf8");
  const [helpers = "", rules = ""] = text.split("end_of_record\n");
  expect(helpers.split("\n").slice(0, 5)).toEqual([
    "TN:",
    "SF:policies/helpers.policy",
    "FN:3,is_dba:3",
    "FN:8,never_used:8",
    "FN:10,size:10",
  ]);
  expect(helpers).toContain("FNDA:0,is_dba:3\n");
  expect(helpers).toContain("FNF:3\nFNH:1\n");
  expect(rules).toMatch(/SF:policies\/rules\.policy\n[^]*FNDA:[1-9]\d*,deny:5\n[^]*DA:10,0\n[^]*LF:\d+\nLH:\d+\n$/);
  expect(readdirSync(join(folder, "coverage"))).toEqual(["lcov.info"]);
  expect(status).toBe(0);
});

test.each<[string, number, string]>([
  ["42", 0, ""],
  ["43", 1, "coverage of rules is 42.9 %, below the threshold of 43 %"],
  ["rules=42,lines=10", 0, ""],
  ["lines=99", 1, "coverage of lines is"],
  ["101", 2, "write a percentage"],
  ["branches=1", 2, "write a percentage"],
])("--threshold %s ends with exit code %i", (threshold, code, message) => {
  const { status, stderr } = policy(folderOf(files), "test", "--coverage", "--threshold", threshold);
  expect(stderr).toContain(message);
  expect(status).toBe(code);
});

test("beside a report for machines, coverage goes to standard error", () => {
  const { stdout, stderr } = policy(folderOf(files), "test", "--coverage", "--format", "json");
  expect(JSON.parse(stdout)).toHaveProperty("tests");
  expect(stderr).toContain("all files");
});

test("a report that cannot be written is misuse and leaves nothing behind", () => {
  const folder = folderOf({ ...files, taken: "a file" });
  const { status, stderr } = policy(
    folder,
    "test",
    "--coverage-format",
    "lcov",
    "--coverage-output",
    "taken/lcov.info",
  );
  expect(stderr).toContain("`taken/lcov.info` cannot be written");
  expect(status).toBe(2);
  expect(existsSync(join(folder, "taken/lcov.info"))).toBe(false);
});

test("threads count together what one counts alone", () => {
  const folder = folderOf({
    ...files,
    "policies/more_test.policy": 'package more\n\ntest_truncate if decide("truncate orders").outcome == "deny"\n',
  });
  const reports = ["1", "2"].map((jobs) => {
    const { stdout, status } = policy(folder, "test", "--jobs", jobs, "--coverage-format", "json", "--format", "json");
    expect(status).toBe(0);
    const { tests } = JSON.parse(stdout) as { tests: { name: string }[] };
    const { rules, lines } = JSON.parse(readFileSync(join(folder, "coverage/coverage.json"), "utf8")) as Report;
    return { names: tests.map(({ name }) => name), rules, lines };
  });
  expect(reports[1]).toEqual(reports[0]);
  expect(reports[0]?.rules.covered).toBe(4);
});

test("nothing is counted unless it is asked for", () => {
  const source = { path: "a.policy", text: "package a\n\np if 1 == 1\n" };
  expect(compile({ sources: [source] }).program?.coverage).toBeUndefined();
  expect(compile({ sources: [source], coverage: true }).program?.coverage?.points).toHaveLength(2);
});
