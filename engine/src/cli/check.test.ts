import { globSync, readFileSync } from "node:fs";
import { compile } from "@penstock/language";
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

test("sarif explains each rule with its examples", () => {
  const { stdout } = policy(folderOf(mistakes), "check", "--format", "sarif");
  const [, rule] = (JSON.parse(stdout) as Log).runs[0]?.tool.driver.rules ?? [];
  expect(rule).toMatchObject({ id: "P312", name: "AValueThatCannotOccur", defaultConfiguration: { level: "error" } });
  expect(rule?.help?.markdown).toContain('deny "no" if query.kind == "drop_table"');
});

test("a warning that its author ignores is no failure, and sarif and json say so with the reason", () => {
  const ignored =
    '# policy: ignore P401 because it is data for another tool\ndeny contains "no" if query.kind == "lock"';
  const folder = folderOf({ "policies/a.policy": `package a\n\n${ignored}\n` });
  const { status, stdout } = policy(folder, "check", "--strict");
  expect(stdout).toBe("1 file checked: 0 errors, 0 warnings, 1 ignored\n");
  expect(status).toBe(0);
  const log = JSON.parse(policy(folder, "check", "--format", "sarif").stdout) as Log;
  expect(log.runs[0]?.results).toEqual([
    expect.objectContaining({
      ruleId: "P401",
      suppressions: [{ kind: "inSource", justification: "it is data for another tool" }],
    }),
  ]);
  const [rule] = log.runs[0]?.tool.driver.rules ?? [];
  expect(rule?.helpUri).toBe("docs/diagnostics.md#p401-a-rule-that-only-looks-like-a-denial");
  expect(JSON.parse(policy(folder, "check", "--format", "json").stdout)).toEqual({
    diagnostics: [],
    silenced: [expect.objectContaining({ code: "P401", reason: "it is data for another tool" })],
  });
});

test("a code is explained on request, in either case of letters", () => {
  const { status, stdout } = policy(folderOf({}), "check", "--explain", "p312");
  expect(stdout).toContain("## P312: a value that cannot occur");
  expect(stdout).toContain("Wrong:");
  expect(status).toBe(0);
});

test("warnings fail under --strict only", () => {
  const folder = folderOf({ "policies/a.policy": 'package a\n\ndeny contains "no" if query.kind == "lock"\n' });
  const lenient = policy(folder, "check");
  expect(lenient.stdout).toContain("warning[P401]");
  expect(lenient.stdout).toContain("1 file checked: 0 errors, 1 warning");
  expect(lenient.stdout).toContain("policy check --explain P401");
  expect(lenient.status).toBe(0);
  expect(policy(folder, "check", "--strict").status).toBe(1);
});

const shop = JSON.stringify({
  tables: { "public.customers": { columns: { id: "int4", ssn: "text", code: "varchar(10)", paid: "numeric" } } },
});

test.each([
  [
    "a mask that does not fit",
    "mask public.customers.id with partial(0, 2)",
    "error[P503]: mask `partial` does not fit `public.customers.id`: it does not keep type `integer`, and NULL would take the place of every value",
  ],
  [
    "a constant that the type cannot hold",
    'mask public.customers.id with constant("x")',
    "it does not keep type `integer`",
  ],
  ["a misspelt table", "mask public.costumers.ssn with null()", "did you mean `public.customers.ssn`?"],
  [
    "a table of the database itself, which is there",
    'deny "no" if query.tables[_].path == "pg_catalog.pg_authid"',
    "1 file checked: 0 errors, 0 warnings",
  ],
  [
    "a column that is too short for a token",
    "mask public.customers.code with token()",
    "a token is a text of 24 characters, which `varchar(10)` cannot hold",
  ],
  ["a column that a token fits", "mask public.customers.ssn with token()", "1 file checked: 0 errors, 0 warnings"],
  [
    "a mask by label that fits no column",
    'label public.customers.id as "x"\nmask column with email() if { label.within(column.label, "x"); principal.kind == "agent" }',
    "error[P503]: mask `email` fits no column that it is for, as `public.customers.id`",
  ],
  [
    "a mask by label that fits some columns",
    'label public.customers.id as "x.a"\nlabel public.customers.ssn as "x.b"\nmask column with partial(0, 2) if startswith(column.label, "x.")',
    "warning[P504]: mask `partial` does not fit `public.customers.id`: it does not keep type `integer`",
  ],
  [
    "a mask by label that fits all",
    'label public.customers.id as "x"\nlabel public.customers.ssn as "y"\nmask column with email() if column.label in {"y", "z"}',
    "1 file checked: 0 errors, 0 warnings",
  ],
  [
    "a mask for whatever the type allows",
    'label public.customers.id as "x"\nmask column with email() if { column.label == "x"; column.type == "text" }',
    "1 file checked: 0 errors, 0 warnings",
  ],
  ["a mask that fits", "mask public.customers.ssn with partial(0, 2)", "1 file checked: 0 errors, 0 warnings"],
])("with a catalog: %s", (_, text, expected) => {
  const folder = folderOf({ "policies/a.policy": `package a\n\n${text}\n`, "shop.json": shop });
  expect(policy(folder, "check", "--catalog", "shop.json").stdout).toContain(expected);
});

test.each<[string, string[], string]>([
  ["a catalog that does not exist", ["--catalog", "nowhere.json"], "`nowhere.json` cannot be read"],
  ["an unknown code", ["--explain", "P31"], "`P31` is no code: did you mean `P310`?"],
  ["an unknown format", ["--format", "xml"], "Allowed choices are pretty, json, sarif, github."],
  ["a path that does not exist", ["nowhere"], "`nowhere` does not exist"],
  ["an unknown option", ["--fix"], "unknown option '--fix'"],
])("%s is misuse: exit code 2 and no report", (_, args, message) => {
  const { status, stdout, stderr } = policy(folderOf(mistakes), "check", ...args);
  expect(stderr).toContain(message);
  expect(stdout).toBe("");
  expect(status).toBe(2);
});

const root = new URL("../../../", import.meta.url).pathname;

test("the packs are without errors and warnings, their catalog's names among them", () => {
  const { status, stdout } = policy(
    root,
    "check",
    "--strict",
    "--catalog",
    "policies/testdata/catalog.json",
    "policies",
  );
  expect(stdout).toMatch(/^\d+ files checked: 0 errors, 0 warnings\n$/);
  expect(status).toBe(0);
});

test("so are the examples of the pages that show whole files", () => {
  const pages = globSync(["README.md", "docs/*.md", "policies/**/*.md"], {
    cwd: root,
    exclude: ["docs/diagnostics.md"],
  });
  const examples = pages.flatMap((page) =>
    [...readFileSync(root + page, "utf8").matchAll(/```rego\n(package .*?)```/gs)].map(([, text = ""]) => ({
      path: page,
      text,
    })),
  );
  expect(examples.length).toBeGreaterThan(0);
  expect(examples.flatMap((source) => compile({ sources: [source], lint: true }).diagnostics)).toEqual([]);
});
