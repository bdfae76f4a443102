import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { folderOf, policy, startPolicy } from "./run-policy.ts";

const passing = "package a\n\ntest_a if 1 + 1 == 2\n";
const failing = "package a\n\ntest_a if 1 + 1 == 3\n";

test("--watch runs again on each change, names the files, survives a mistake, and ends with Ctrl-C", async () => {
  const folder = folderOf({ "policies/a_test.policy": passing, "policies/b.policy": "package b\n\np := 1\n" });
  const file = join(folder, "policies/a_test.policy");
  const { child, until, output, ended } = startPolicy(folder, "test", "--watch");
  await until("1 passed, 0 failed");
  await until("waiting for changes");
  writeFileSync(file, failing);
  await until("changed: policies/a_test.policy");
  await until("0 passed, 1 failed");
  writeFileSync(file, "package a\n\ntest_a if {\n");
  await until("error[P101]");
  writeFileSync(join(folder, "policies/c_test.policy"), "package c\n\ntest_c if true\n");
  await until("changed: policies/c_test.policy");
  writeFileSync(file, passing);
  await until("2 passed, 0 failed");
  // Nothing clears the screen: what the user had there stays.
  expect(output()).not.toContain("\u001b[2J");
  expect(output()).not.toContain("\u001bc");
  child.kill("SIGINT");
  expect(await ended).toBe("SIGINT");
});

/** Minutes of work. */
const slow = `package slow

test_slow if {
    count([1 | some x in numbers.range(1, 30000); some y in numbers.range(1, 30000); x == y]) == 30000
}
`;

test.each([
  ["in one thread", "1"],
  ["in threads of its own", "2"],
])("Ctrl-C ends a long run %s at once, and leaves no report", async (_, jobs) => {
  const folder = folderOf({ "policies/a_test.policy": slow, "policies/b_test.policy": slow });
  const args = ["test", "--jobs", jobs, "--format", "junit", "--coverage-format", "lcov"];
  const { child, ended, output } = startPolicy(folder, ...args);
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  child.kill("SIGINT");
  expect(await ended).toBe("SIGINT");
  expect(output()).toBe("");
  expect(existsSync(join(folder, "coverage"))).toBe(false);
  expect(readdirSync(folder)).toEqual(["policies"]);
});

test("threads give the same report in the same order, failures included", () => {
  const files = Object.fromEntries(
    ["a", "b", "c", "d"].map((name) => [
      `policies/${name}_test.policy`,
      `package ${name}\n\ntest_one if { x := 1\n  x == 1 }\n\ntest_two if { x := 1\n  print("in", "${name}")\n  x == 2 }\n`,
    ]),
  );
  const folder = folderOf(files);
  const reports = ["1", "3"].map((jobs) => {
    const { status, stdout } = policy(folder, "test", "--jobs", jobs, "--format", "tap");
    expect(status).toBe(1);
    return stdout;
  });
  expect(reports[1]).toBe(reports[0]);
  expect(reports[0]).toContain("1..8\n");
});

test("what is wrong in a thread is misuse as in one", () => {
  const asking = 'test_d if decide("select 1").outcome == "allow"\n';
  const folder = folderOf({
    "policies/a_test.policy": `package a\n\n${asking}`,
    "policies/b_test.policy": `package b\n\n${asking}`,
  });
  const { status, stderr } = policy(folder, "test", "--jobs", "2");
  expect(stderr).toContain("add testdata/catalog.json beside it");
  expect(status).toBe(2);
});

test("--bench gives a time with its spread for each test", () => {
  const folder = folderOf({ "policies/a_test.policy": passing });
  const { status, stdout } = policy(folder, "test", "--bench", "--format", "json");
  const { tests } = JSON.parse(stdout) as { tests: { name: string; runs: number; time: Record<string, number> }[] };
  expect(tests.map(({ name }) => name)).toEqual(["test_a"]);
  const { runs = 0, time } = tests[0] ?? {};
  expect(runs).toBeGreaterThan(2);
  expect(Object.keys(time ?? {})).toEqual(["median", "min", "p99", "max"]);
  expect(time?.["min"]).toBeLessThanOrEqual(time?.["median"] ?? 0);
  expect(status).toBe(0);
  expect(policy(folder, "test", "--bench").stdout).toMatch(/test_a {2}policies\/a_test\.policy:3 +\d+\.\d{3}/);
});

test.each<[string, string[], string]>([
  ["threads that are no number", ["--jobs", "many"], "whole number from 1 to 64"],
  ["an unknown format", ["--format", "xml"], "Allowed choices are pretty, json, junit, tap, github."],
  ["a bench that also watches", ["--bench", "--watch"], "--bench measures alone"],
  ["a path that does not exist", ["nowhere"], "`nowhere` does not exist"],
])("%s is misuse", (_, args, message) => {
  const { status, stdout, stderr } = policy(folderOf({ "policies/a_test.policy": passing }), "test", ...args);
  expect(stderr).toContain(message);
  expect(stdout).toBe("");
  expect(status).toBe(2);
});

const bench = {
  "policies/a.policy": 'package a\n\ndeny "no" if query.kind == "drop_table"\n',
  "policies/testdata/catalog.json": JSON.stringify({ tables: { "public.orders": { columns: { id: "int8" } } } }),
};

test("policy bench times a decision and the whole way of a new text", () => {
  const folder = folderOf(bench);
  const args = ["bench", "--sql", "select id from orders", "--principal", '{"id":"ann","groups":["x"]}'];
  const { status, stdout } = policy(folder, ...args, "--format", "json");
  const { times } = JSON.parse(stdout) as { times: { step: string; time: { median: number; p99: number } }[] };
  expect(times).toHaveLength(2);
  for (const { time } of times) expect(time.median).toBeGreaterThan(0);
  expect(status).toBe(0);
});

test.each<[string, string[], string]>([
  ["a statement that is none", ["--sql", "selekt 1"], "the statement cannot be read"],
  ["no catalog", ["--sql", "select 1", "policies/a.policy", "--catalog", "none.json"], "`none.json` cannot be read"],
])("policy bench: %s is misuse", (_, args, message) => {
  const { status, stderr } = policy(folderOf(bench), "bench", ...args);
  expect(stderr).toContain(message);
  expect(status).toBe(2);
});
