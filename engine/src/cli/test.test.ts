import { expect, test } from "vitest";
import { folderOf, policy } from "./run-policy.ts";

const catalog = JSON.stringify({
  tables: { "public.orders": { columns: { id: "int8", total: "numeric(10,2)", note: "text" }, primary_key: ["id"] } },
});

const rules = `package shop

deny "nobody drops tables" code "drop" if query.kind == "drop_table"

mask public.orders.note with null() if principal.kind == "agent"

limit rows 10 if principal.kind == "agent"
`;

const passing = `package shop

test_select_is_fine if {
    print("asked for", "orders")
    decide("select id from orders").outcome == "allow"
}

test_agents_get_few_rows if {
    decision := decide("select id from orders") with principal as {"id": "bot", "kind": "agent"}
    decision.limits.rows == 10
}
`;

const failing = `package shop

allowed(sql) if {
    decision := decide(sql)
    decision.outcome == "allow"
}

test_all_allowed if {
    every sql in ["select id from orders", "drop table orders"] {
        allowed(sql)
    }
}

test_a_mask if {
    decision := decide("select note from orders") with principal as {"id": "bot", "kind": "agent"}
    print("<masks> & ]]>", decision.masks["public.orders.note"].name)
    decision.masks["public.orders.note"].name == "redact"
}

test_breaks if {
    count(data.nothing.here) == 0
    n := 1
    n + data.name > 1
}

test_number if {
    to_number("x") == 1
}
`;

const files = { "policies/shop.policy": rules, "policies/testdata/catalog.json": catalog };
const green = { ...files, "policies/shop_test.policy": passing };
const plain = { "policies/plain_test.policy": "package plain\n\ntest_one_and_one if 1 + 1 == 2\n" };
const red = { ...green, "policies/b_test.policy": failing };

test("passing tests show a line a file, what they printed with its test, and a sum", () => {
  const { status, stdout, stderr } = policy(folderOf(green), "test");
  expect(stdout).toMatch(/^✓ policies\/shop_test\.policy {4}2 tests {2}\d+ ms$/m);
  expect(stdout).toContain("PRINT test_select_is_fine  policies/shop_test.policy:3\n  asked for orders\n");
  expect(stdout).toMatch(/\n2 passed, 0 failed in \d+ ms\n$/);
  expect([status, stderr]).toEqual([0, ""]);
});

test("a failure shows the condition with its line, what it wanted and got, and what matters of the decision", () => {
  const { status, stdout } = policy(folderOf(red), "test");
  expect(stdout).toContain(
    `FAIL test_all_allowed  policies/b_test.policy:10
    10 |         allowed(sql)
      got    undefined
      sql =  "drop table orders"
  in allowed, policies/b_test.policy:5
    5 |     decision.outcome == "allow"
      expected    "allow"
      got         "deny"
      decision =  drop table orders
                  deny (SQLSTATE 42501)
                  reason    nobody drops tables (drop)  [shop:3]
`,
  );
  expect(stdout).toContain(
    `      decision =  select note from orders
                  allow
                  mask      public.orders.note with null()  [shop:5]
  print  <masks> & ]]> null
`,
  );
  expect(stdout).toContain("ERROR test_number  policies/b_test.policy:27\n");
  expect(stdout).toMatch(/✗ policies\/b_test\.policy.*4 failed/);
  expect(stdout).toMatch(/\n2 passed, 4 failed in \d+ ms\n$/);
  expect(status).toBe(1);
});

test("json holds each test with its place, its time and the frames of its failure", () => {
  const { status, stdout } = policy(folderOf(red), "test", "--format", "json");
  const report = JSON.parse(stdout) as {
    summary: unknown;
    tests: {
      name: string;
      outcome: string;
      failure?: { message?: string; frames: { rule: string; line: number }[] };
    }[];
  };
  expect(report.summary).toMatchObject({ passed: 2, failed: 4 });
  expect(report.tests.map(({ name, outcome }) => `${outcome} ${name}`)).toEqual([
    "failed test_all_allowed",
    "failed test_a_mask",
    "failed test_breaks",
    "error test_number",
    "passed test_select_is_fine",
    "passed test_agents_get_few_rows",
  ]);
  expect(report.tests[0]?.failure?.frames.map(({ rule, line }) => `${rule}:${line}`)).toEqual([
    "test_all_allowed:10",
    "allowed:5",
  ]);
  expect(report.tests[3]?.failure?.message).toContain("to_number");
  expect(status).toBe(1);
});

test("junit has a suite a file, and nothing that a test prints can break out of it", () => {
  const { status, stdout } = policy(folderOf(red), "test", "--format", "junit");
  expect(stdout).toMatch(
    /^<\?xml version="1.0" encoding="UTF-8"\?>\n<testsuites name="policy test" tests="6" failures="3" errors="1" time="\d+\.\d{3}">/,
  );
  expect(stdout).toMatch(/<testsuite name="policies\/b_test.policy" tests="4" failures="3" errors="1"/);
  expect(stdout).toMatch(
    /<testcase name="test_select_is_fine" classname="shop" file="policies\/shop_test.policy" line="3" time="\d\.\d{3}">\n {6}<system-out>asked for orders<\/system-out>/,
  );
  expect(stdout).toContain('<failure message="policies/b_test.policy:5: decision.outcome == &quot;allow&quot;">');
  expect(stdout).toContain("<system-out>&lt;masks&gt; &amp; ]]&gt; null</system-out>");
  expect(stdout.trimEnd().endsWith("</testsuites>")).toBe(true);
  expect(status).toBe(1);
});

test("tap has a plan, a line a test and a block a failure", () => {
  const { status, stdout } = policy(folderOf(red), "test", "--format", "tap");
  const lines = stdout.split("\n");
  expect(lines.slice(0, 3)).toEqual(["TAP version 14", "1..6", "not ok 1 - shop.test_all_allowed"]);
  expect(lines).toContain("ok 5 - shop.test_select_is_fine");
  expect(lines).toContain("# asked for orders");
  expect(stdout).toContain("  ---\n  severity: fail\n  at: 'policies/b_test.policy:10'\n  message: |-\n    failed:\n");
  expect(status).toBe(1);
});

test("github gets an annotation at the test's own line for each failure", () => {
  const { status, stdout } = policy(folderOf(red), "test", "--format", "github");
  const lines = stdout.trimEnd().split("\n");
  expect(lines).toHaveLength(5);
  expect(lines[0]).toMatch(
    /^::error file=policies\/b_test.policy,line=10,title=test_all_allowed::failed:%0A.*nobody drops tables/,
  );
  expect(lines[4]).toMatch(/^2 passed, 4 failed in \d+ ms$/);
  expect(status).toBe(1);
});

test.each(["pretty", "json", "junit", "tap", "github"])("%s: all tests passed is exit code 0", (format) => {
  const { status, stdout } = policy(folderOf(plain), "test", "--format", format);
  expect(stdout).not.toBe("");
  expect(status).toBe(0);
});

test.each(["pretty", "json", "junit", "tap", "github"])("%s: a run without a test fails, and says so", (format) => {
  const { status, stdout, stderr } = policy(
    folderOf(plain),
    "test",
    "--run",
    "nothing_has_this_name",
    "--format",
    format,
  );
  expect(stdout + stderr).toContain("no test ran");
  expect(status).toBe(1);
});

test.each(["pretty", "json", "junit", "tap", "github"])("%s: policies with errors fail, with their place", (format) => {
  const broken = { ...plain, "policies/bad.policy": 'package bad\n\ndeny "x" if query.kind == "drop_tabel"\n' };
  const { status, stdout } = policy(folderOf(broken), "test", "--format", format);
  expect(stdout).toContain("policies/bad.policy");
  expect(stdout).toContain("drop_tabel");
  expect(status).toBe(1);
});

test.each<[string, string[]]>([
  ["text", ["few_rows"]],
  ["a regular expression", ["few_r.ws$"]],
  ["the package", ["^shop.*few"]],
])("--run takes %s", (_, [pattern = ""]) => {
  const { stdout } = policy(folderOf(green), "test", "--run", pattern, "--format", "json");
  expect((JSON.parse(stdout) as { tests: { name: string }[] }).tests.map(({ name }) => name)).toEqual([
    "test_agents_get_few_rows",
  ]);
});

test("text that is no regular expression is looked for as it is", () => {
  const { status, stdout } = policy(folderOf(green), "test", "--run", "few(");
  expect(stdout).toContain("no test ran");
  expect(status).toBe(1);
});

test("decide without a catalog is misuse, and says how to get one", () => {
  const { status, stderr } = policy(folderOf({ "policies/a_test.policy": passing }), "test");
  expect(stderr).toContain("add testdata/catalog.json beside it, or pass --catalog FILE");
  expect(status).toBe(2);
});
