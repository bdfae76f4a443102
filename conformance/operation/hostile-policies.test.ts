/**
 * Policies that would hold up whoever evaluates them, each with a harmless twin: a bound stops the one with a denial that names it, and lets
 * the other alone. See `docs/limits.md`.
 */
import { createEnforcer, parseCatalogFixture, type Verdict } from "@penstock/engine";
import { compile, formatDiagnostics, formatSource } from "@penstock/language";
import { Client } from "pg";
import { describe, expect, test } from "vitest";
import { someone } from "../../engine/src/decide/someone.ts";
import { largePolicies } from "../support/large-policies.ts";
import { startPostgres } from "../support/postgres-server.ts";
import { startProxied } from "../support/proxied.ts";

const catalog = parseCatalogFixture({
  tables: {
    "public.orders": { columns: { id: "int8", note: "text" }, primary_key: ["id"] },
    "public.items": { columns: { id: "int8", name: "text" }, primary_key: ["id"] },
  },
});

const who = someone(["analyst"]);

function enforcerOf(policy: string, data: unknown = {}) {
  const sources = [{ path: "hostile.policy", text: `package hostile\n\n${policy}\n` }];
  const { program, diagnostics } = compile({ sources, data });
  if (program === undefined) throw new Error(formatDiagnostics(diagnostics, sources));
  return createEnforcer(program);
}

function decide(policy: string, data?: unknown, sql = "select id, note from orders"): Verdict {
  return enforcerOf(policy, data).decide(sql, who, { searchPath: ["public"] }, catalog);
}

function reasonOf(verdict: Verdict): string {
  if (verdict.action === "forward") return "forward";
  const reasons = verdict.statements.flatMap(({ decision }) => decision.reasons);
  return reasons.map(({ code, message }) => `${code}: ${message}`).join("\n");
}

/** `f60(1)` calls `f59` twice, and so on: 2 to the power of `depth` calls. */
function doublingFunctions(depth: number): string {
  const functions = Array.from(
    { length: depth },
    (_, index) => `f${index + 1}(x) if { f${index}(x); f${index}(x + 1) }`,
  );
  return ["f0(x) if x > 0", ...functions, `deny "no" if { f${depth}(count(query.tables)); query.joins > 5 }`].join(
    "\n",
  );
}

/** Rules that hold each other twice, and so a value of 2 to the power of `depth` parts. */
function doublingRules(depth: number, last: string): string {
  const rules = Array.from({ length: depth }, (_, index) => `v${index + 1} := [v${index}, v${index}]`);
  return ['v0 := ["x"]', ...rules, `deny "no" if { ${last.replaceAll("V", `v${depth}`)} }`].join("\n");
}

function doublingTexts(depth: number): string {
  const rules = Array.from({ length: depth }, (_, index) => `t${index + 1} := concat("", [t${index}, t${index}])`);
  return ['t0 := "0123456789"', ...rules, `deny "no" if startswith(t${depth}, "1")`].join("\n");
}

function under(depth: number): string {
  const rules = Array.from(
    { length: depth },
    (_, index) => `r${index + 1} if { r${index} with principal.claims.a as 1; r${index} with principal.claims.a as 2 }`,
  );
  return ["r0 if principal.claims.a > 0", ...rules, `deny "no" if { r${depth}; query.joins > 5 }`].join("\n");
}

const steps = /more than \d+ steps|more steps/;

const bombs: readonly (readonly [name: string, hostile: string, harmless: string, bound: RegExp])[] = [
  [
    "a product of loops",
    'deny "no" if { r := numbers.range(1, 1000); some a in r; some b in r; some c in r; some d in r; a + b + c + d > 4000 }',
    'deny "no" if { r := numbers.range(1, 10); some a in r; some b in r; some c in r; a + b + c > 30 }',
    steps,
  ],
  [
    "a product of comprehensions",
    'deny "no" if { r := numbers.range(1, 1000); count({[a, b, c, d] | a := r[_]; b := r[_]; c := r[_]; d := r[_]}) == 0 }',
    'deny "no" if { r := numbers.range(1, 20); count({[a, b] | a := r[_]; b := r[_]}) == 0 }',
    steps,
  ],
  [
    "every over every",
    'deny "no" if { r := numbers.range(1, 2000); every a in r { every b in r { a + b > 0 } }; query.joins > 5 }',
    'deny "no" if { r := numbers.range(1, 20); every a in r { every b in r { a + b > 0 } }; query.joins > 5 }',
    steps,
  ],
  [
    "a huge range",
    `deny "no" if { count(numbers.range(1, 1000000000000)) == 0 }`,
    `deny "no" if { count(numbers.range(1, 1000)) == 0 }`,
    /more than 1000000 elements/,
  ],
  ["functions that call each other twice", doublingFunctions(60), doublingFunctions(8), steps],
  ["rules under `with` that ask each other twice", under(60), under(8), steps],
  ["a value that holds itself twice, compared", doublingRules(60, "V == [V]"), doublingRules(8, "V == [V]"), steps],
  [
    "a value that holds itself twice, in a set",
    doublingRules(60, 'V in {"a", V}; query.joins > 5'),
    doublingRules(8, 'V in {"a", V}; query.joins > 5'),
    steps,
  ],
  [
    "a value that holds itself twice, as JSON",
    doublingRules(60, 'json.marshal(V) == ""'),
    doublingRules(8, 'json.marshal(V) == ""'),
    steps,
  ],
  [
    "a value that holds itself twice, walked",
    doublingRules(60, 'walk(V, [p, v]); v == "y"'),
    doublingRules(8, 'walk(V, [p, v]); v == "y"'),
    steps,
  ],
  [
    "a value that holds itself twice, printed",
    doublingRules(60, 'sprintf("%v", [V]) == ""'),
    doublingRules(8, 'sprintf("%v", [V]) == ""'),
    steps,
  ],
  ["a text of ten megabytes", doublingTexts(20), doublingTexts(8), /characters|steps/],
  [
    "text upon text in a template",
    `t := concat("", ["x" | some i in numbers.range(1, 100000)])\ndeny "no" if { some i in numbers.range(1, 100000); $"{t}{i}" == "" }`,
    't := concat("", ["x" | some i in numbers.range(1, 100)])\ndeny "no" if { some i in numbers.range(1, 100); $"{t}{i}" == "" }',
    steps,
  ],
  [
    "the width of a directive",
    `deny "no" if { some i in numbers.range(1, 1000); sprintf("%999999d", [i]) == "" }`,
    `deny "no" if { some i in numbers.range(1, 1000); sprintf("%9d", [i]) == "" }`,
    steps,
  ],
  [
    "the precision of a directive",
    `deny "no" if { some i in numbers.range(1, 1000); sprintf("%.999999f", [i / 3]) == "" }`,
    `deny "no" if { some i in numbers.range(1, 100); sprintf("%.9f", [i / 3]) == "" }`,
    steps,
  ],
  [
    "replacing each character by many",
    `deny "no" if { t := replace(sprintf("%100000d", [1]), " ", sprintf("%1000d", [1])); t == "" }`,
    `deny "no" if { t := replace(sprintf("%100d", [1]), " ", sprintf("%10d", [1])); t == "" }`,
    /more than 4194304 characters/,
  ],
  [
    "arrays that double",
    `deny "no" if { a0 := [1]; ${Array.from({ length: 40 }, (_, i) => `a${i + 1} := array.concat(a${i}, a${i})`).join("; ")}; count(a40) == 0 }`,
    `deny "no" if { a0 := [1]; ${Array.from({ length: 8 }, (_, i) => `a${i + 1} := array.concat(a${i}, a${i})`).join("; ")}; count(a8) == 0 }`,
    /elements|steps/,
  ],
  [
    "integers that square themselves",
    `deny "no" if { a0 := 3; ${Array.from({ length: 40 }, (_, i) => `a${i + 1} := a${i} * a${i}`).join("; ")}; a40 == 0 }`,
    `deny "no" if { a0 := 3; ${Array.from({ length: 8 }, (_, i) => `a${i + 1} := a${i} * a${i}`).join("; ")}; a8 == 0 }`,
    /integer of more than 8192 bits/,
  ],
  [
    "a shift by a billion",
    'deny "no" if bits.lsh(1, 1000000000) == 0',
    'deny "no" if bits.lsh(1, 1000) == 0',
    /integer of more than 8192 bits/,
  ],
  [
    "a product of many numbers",
    'deny "no" if product(numbers.range(1, 100000)) == 0',
    'deny "no" if product(numbers.range(1, 100)) == 0',
    /integer of more than 8192 bits/,
  ],
  [
    "a pattern of nested repetition",
    'deny "no" if { some i in numbers.range(1, 1000); t := sprintf("%100000d", [i]); regex.match(`(( *) *)*x`, t) }',
    'deny "no" if { some i in numbers.range(1, 100); t := sprintf("%100d", [i]); regex.match(`(( *) *)*x`, t) }',
    steps,
  ],
  [
    "a pattern that V8 matches, on long texts",
    'deny "no" if { some i in numbers.range(1, 1000); t := sprintf("%1000000d", [i]); regex.match(`^ *x`, t) }',
    'deny "no" if { some i in numbers.range(1, 100); t := sprintf("%1000d", [i]); regex.match(`^ *x`, t) }',
    steps,
  ],
  [
    "a pattern that compiles to millions of instructions",
    'deny "no" if regex.match(concat("", ["a{1000}" | some i in numbers.range(1, 2000)]), "b")',
    'deny "no" if regex.match(concat("", ["a{10}" | some i in numbers.range(1, 10)]), "b")',
    steps,
  ],
  [
    "thousands of patterns",
    'deny "no" if { some i in numbers.range(1, 100000); regex.match(sprintf("a%d(b|c)*(d|e)*$", [i]), "b") }',
    'deny "no" if { some i in numbers.range(1, 100); regex.match(sprintf("a%d(b|c)*(d|e)*$", [i]), "b") }',
    steps,
  ],
  [
    "all matches of a search that never ends soon",
    'deny "no" if { t := replace(sprintf("%500000d", [1]), " ", "a"); count(regex.find_n("a.*b|a", t, -1)) == 0 }',
    'deny "no" if { t := replace(sprintf("%500d", [1]), " ", "a"); count(regex.find_n("a.*b|a", t, -1)) == 0 }',
    /more than 300 ms to find all matches|steps/,
  ],
  [
    "globs on long texts",
    'deny "no" if { some i in numbers.range(1, 100); t := sprintf("%1000000d", [i]); glob.match("* * * * *x", ["."], t) }',
    'deny "no" if { some i in numbers.range(1, 100); t := sprintf("%1000d", [i]); glob.match("* * * * *x", ["."], t) }',
    steps,
  ],
  [
    "two long globs that are asked whether they meet",
    'deny "no" if { g := concat("", ["a*" | some i in numbers.range(1, 900)]); some i in numbers.range(1, 100); regex.globs_match(g, sprintf("%sb", [g])); query.joins > 5 }',
    'deny "no" if { g := concat("", ["a*" | some i in numbers.range(1, 9)]); some i in numbers.range(1, 10); regex.globs_match(g, sprintf("%sb", [g])); query.joins > 5 }',
    steps,
  ],
  [
    "a search for half of the text",
    'deny "no" if { h := replace(sprintf("%500000d", [1]), " ", "a"); contains(concat("", [h, h]), sprintf("b%s", [h])); query.joins > 5 }',
    'deny "no" if { h := replace(sprintf("%50d", [1]), " ", "a"); contains(concat("", [h, h]), sprintf("b%s", [h])); query.joins > 5 }',
    steps,
  ],
  [
    "JSON that nests a hundred thousand deep",
    'deny "no" if { t := replace(sprintf("%100000d", [1]), " ", "["); json.unmarshal(concat("", [t, replace(replace(t, "[", "]"), "1", "")])) == 1 }',
    'deny "no" if { t := replace(sprintf("%100d", [1]), " ", "["); json.unmarshal(concat("", [t, replace(replace(t, "[", "]"), "1", "")])) == 1 }',
    /deeper nesting|steps/,
  ],
  [
    "JSON of megabytes",
    'deny "no" if { t := concat("", ["[", replace(sprintf("%1000000d", [1]), " ", "1,"), "]"]); count(json.unmarshal(t)) == 0 }',
    'deny "no" if { t := concat("", ["[", replace(sprintf("%1000d", [1]), " ", "1,"), "]"]); count(json.unmarshal(t)) == 0 }',
    steps,
  ],
  [
    "YAML of a megabyte",
    'deny "no" if { t := replace(sprintf("%200000d", [1]), " ", "- 1\\n"); count(yaml.unmarshal(t)) == 0 }',
    'deny "no" if { t := replace(sprintf("%20d\\n", [1]), " ", "- 1\\n"); count(yaml.unmarshal(trim_suffix(t, "1\\n"))) == 0 }',
    steps,
  ],
  [
    "every path of a graph",
    `g := {sprintf("v%d", [i]): [sprintf("v%d", [j]) | some j in numbers.range(i + 1, 400); j > i] | some i in numbers.range(1, 400)}\ndeny "no" if count(graph.reachable_paths(g, ["v1"])) == 0`,
    `g := {sprintf("v%d", [i]): [sprintf("v%d", [j]) | some j in numbers.range(i + 1, 5); j > i] | some i in numbers.range(1, 5)}\ndeny "no" if count(graph.reachable_paths(g, ["v1"])) == 0`,
    /steps|elements/,
  ],
  [
    "all addresses of a block",
    'deny "no" if count(net.cidr_expand("10.0.0.0/8")) == 0',
    'deny "no" if count(net.cidr_expand("10.0.0.0/24")) == 0',
    /more than 1000000 elements/,
  ],
  [
    "blocks against blocks",
    'deny "no" if { b := [sprintf("10.0.%d.0/24", [i % 256]) | some i in numbers.range(1, 2000)]; count(net.cidr_contains_matches(b, b)) == 0 }',
    'deny "no" if { b := [sprintf("10.0.%d.0/24", [i % 256]) | some i in numbers.range(1, 20)]; count(net.cidr_contains_matches(b, b)) == 0 }',
    steps,
  ],
  [
    "Base64 upon Base64",
    `deny "no" if { t0 := sprintf("%100000d", [1]); ${Array.from({ length: 40 }, (_, i) => `t${i + 1} := base64.encode(t${i})`).join("; ")}; t40 == "" }`,
    `deny "no" if { t0 := sprintf("%100d", [1]); ${Array.from({ length: 8 }, (_, i) => `t${i + 1} := base64.encode(t${i})`).join("; ")}; t8 == "" }`,
    /characters|steps/,
  ],
  [
    "sorting what is large, again and again",
    'deny "no" if { a := [[i % 7, i] | some i in numbers.range(1, 20000)]; some j in numbers.range(1, 1000); sort(a)[j] == 0 }',
    'deny "no" if { a := [[i % 7, i] | some i in numbers.range(1, 200)]; some j in numbers.range(1, 10); sort(a)[j] == 0 }',
    steps,
  ],
  [
    "patches of a large object",
    'deny "no" if { o := {sprintf("k%d", [i]): i | some i in numbers.range(1, 2000)}; p := [{"op": "add", "path": "/x", "value": i} | some i in numbers.range(1, 2000)]; json.patch(o, p) == 0 }',
    'deny "no" if { o := {sprintf("k%d", [i]): i | some i in numbers.range(1, 20)}; p := [{"op": "add", "path": "/x", "value": i} | some i in numbers.range(1, 20)]; json.patch(o, p) == 0 }',
    steps,
  ],
  [
    "numbers with a million digits",
    'deny "no" if { d := replace(sprintf("%999999d", [1]), " ", "9"); some i in numbers.range(1, 1000); units.parse(sprintf("%s%d", [d, i])) == 0 }',
    'deny "no" if { d := replace(sprintf("%99d", [1]), " ", "9"); some i in numbers.range(1, 10); units.parse(sprintf("%s%d", [d, i])) == 0 }',
    /steps|characters|digits/,
  ],
  [
    "more denials than anybody reads",
    'deny sprintf("no %d", [i]) if some i in numbers.range(1, 100000)',
    `deny sprintf("no %d", [i]) if { some i in numbers.range(1, 100000); i < 0 }`,
    /effects|steps/,
  ],
  [
    "approvals by everybody",
    'approve by g if some g in [sprintf("g%d", [i]) | some i in numbers.range(1, 10000)]',
    'approve by g if { some g in [sprintf("g%d", [i]) | some i in numbers.range(1, 1000)]; g == "x" }',
    /effects|steps/,
  ],
  [
    "an `allow` that counts for ever",
    'allow if { r := numbers.range(1, 3000); some a in r; some b in r; a + b < 0 }\nallow if query.kind == "select"',
    'allow if { r := numbers.range(1, 30); some a in r; some b in r; a + b < 0 }\nallow if query.kind == "select"',
    steps,
  ],
  [
    "a `notify` that counts for ever",
    'notify "log" if { r := numbers.range(1, 3000); some a in r; some b in r; a + b < 0 }',
    'notify "log" if { r := numbers.range(1, 30); some a in r; some b in r; a + b < 0 }',
    steps,
  ],
  [
    "a `limit` that counts for ever",
    "limit rows count({a | a := numbers.range(1, 3000)[_]; b := numbers.range(1, 3000)[_]; a + b > 0})",
    "limit rows count({a | a := numbers.range(1, 30)[_]; b := numbers.range(1, 30)[_]; a + b > 0})",
    steps,
  ],
  [
    "a `mask` that counts for ever",
    'mask column with null() if { r := numbers.range(1, 3000); some a in r; some b in r; a + b < 0; column.name != "" }',
    'mask column with null() if { r := numbers.range(1, 30); some a in r; some b in r; a + b < 0; column.name != "" }',
    steps,
  ],
  [
    "a `mask` of the statement that counts for ever",
    'mask column with null() if { r := numbers.range(1, 3000); some a in r; some b in r; a + b < count(query.functions); "output" in column.uses }',
    'mask column with null() if { r := numbers.range(1, 30); some a in r; some b in r; a + b < count(query.functions); "output" in column.uses }',
    steps,
  ],
  [
    "a `label` that counts for ever",
    'label column as "x" if { r := numbers.range(1, 3000); some a in r; some b in r; a + b < 0; column.name != "" }',
    'label column as "x" if { r := numbers.range(1, 30); some a in r; some b in r; a + b < 0; column.name != "" }',
    steps,
  ],
  [
    "a condition of the session that counts for ever",
    'deny "no" if { r := numbers.range(1, 3000); x := {a + b | some a in r; some b in r; principal.kind == "human"}; count(x) == 0 }',
    'deny "no" if { r := numbers.range(1, 30); x := {a + b | some a in r; some b in r; principal.kind == "human"}; count(x) == 0 }',
    steps,
  ],
];

describe("a hostile policy is stopped by a bound, and its harmless twin is not", () => {
  test.each(bombs)("%s", (_, hostile, harmless, bound) => {
    expect(reasonOf(decide(harmless))).toBe("forward");
    const reason = reasonOf(decide(hostile));
    expect(reason).toMatch(/^rule_cost: /m);
    expect(reason).toMatch(bound);
  });
});

/** Bounds of what is compiled: how many are refused, how many are not, and what the refusal says. */
const sizes: readonly (readonly [name: string, tooMany: number, enough: number, bound: RegExp])[] = [
  ["conditions", 201, 200, /body has more than 200 conditions/],
  ["conditions of a filter", 201, 200, /body has more than 200 conditions/],
  ["variables in reverse order", 200, 199, /body has more than 200 conditions/],
  ["else branches", 1_001, 1_000, /rule has more than 1000 `else`/],
  ["computed values of an array", 4_001, 300, /statement has more than 4000 computed parts/],
  ["sums", 4_001, 300, /statement has more than 4000 computed parts/],
  ["rules", 20_001, 20_000, /file has more than 20000 statements/],
  ["nested arrays", 101, 100, /brackets nest deeper than 100/],
  ["nested comprehensions", 101, 98, /brackets nest deeper than 100/],
  ["rules in a chain", 19_000, 500, /needs others that need others too often/],
  ["characters of a text", 1_000_000, 900_000, /file is longer than 1000000 characters/],
  ["characters of a pattern", 7_000, 6_000, /pattern is longer than 20000 characters/],
  ["repetitions of a pattern", 9, 5, /pattern repeats too much/],
  ["patterns of a thousand repetitions", 600, 20, /too many and too large to be compiled, all together/],
];

function compileLarge(name: string, count: number) {
  const large = largePolicies[name];
  if (large === undefined) throw new Error(`no large policy is called ${name}`);
  return compile({ sources: [{ path: "large.policy", text: `package large\n\n${large(count)}\n` }] });
}

describe("a policy that is too large is refused where it is, and one that is nearly as large is not", () => {
  test.each(sizes)("%s", (name, tooMany, enough, bound) => {
    const { program, diagnostics } = compileLarge(name, tooMany);
    expect(program).toBeUndefined();
    const [first] = diagnostics;
    expect(`${first?.code}: ${first?.message}`).toMatch(bound);
    expect(new Set(diagnostics.map(({ code }) => code))).toEqual(new Set(["P103"]));
    expect(compileLarge(name, enough).program).toBeDefined();
  });

  test("as are too many files, and files that are too long together", () => {
    const files = (count: number, chars: number) =>
      compile({
        sources: Array.from({ length: count }, (_, index) => ({
          path: `f${index}.policy`,
          text: `package large\n\n# ${"x".repeat(chars)}\nr${index} if query.joins > 0\n`,
        })),
      });
    const saying = (message: string) => [expect.objectContaining({ code: "P103", message })];
    expect(files(2_001, 1).diagnostics).toEqual(saying("program has more than 2000 files"));
    expect(files(2_000, 1).program).toBeDefined();
    expect(files(5, 900_000).diagnostics).toEqual(saying("program is longer than 4000000 characters"));
    expect(files(4, 900_000).program).toBeDefined();
  });
});

// Few enough to be within every bound, where what doubles with each would never end; and far too many.
describe.each([45, 2_000])(
  "whatever there is %i of, the compiler and the formatter take it or say what is too large",
  (count) => {
    test.each(Object.entries(largePolicies))("%s", (_, large) => {
      const source = { path: "large.policy", text: `package large\n\n${large(count)}\n` };
      const { program, diagnostics } = compile({ sources: [source], lint: true });
      expect(program !== undefined || diagnostics.some(({ severity }) => severity === "error")).toBe(true);
      const formatted = formatSource(source);
      expect(formatted.text !== undefined || formatted.diagnostics.length > 0).toBe(true);
    });
  },
);

describe("behind the proxy", () => {
  test("whoever meets a hostile rule is refused, and other sessions go on", async () => {
    const server = await startPostgres();
    try {
      await server.createDatabase("hostile");
      const login = { host: server.host, port: server.port, user: server.user, password: server.password };
      const proxied = await startProxied({
        databases: [{ ...login, database: "hostile" }],
        users: [
          { name: "ann", kind: "human" },
          { name: "bot", kind: "agent" },
        ],
        policies: [
          {
            path: "hostile.policy",
            text: `package hostile

deny "no" if {
    principal.kind == "agent"
    r := numbers.range(1, 3000)
    some a in r
    some b in r
    a + b < query.joins
}
`,
          },
        ],
      });
      const open = async (user: string): Promise<Client> => {
        const client = new Client({ ...proxied.as(user) });
        await client.connect();
        return client;
      };
      const [ann, bot] = [await open("ann"), await open("bot")];
      try {
        const asked = await Promise.allSettled([
          bot.query("select 1 as one"),
          ann.query("select 1 as one"),
          bot.query("select 2 as one"),
          ann.query("select 2 as one"),
        ]);
        const said = asked.map((one) => (one.status === "fulfilled" ? "rows" : String(one.reason)));
        expect(said.filter((_, index) => index % 2 === 1)).toEqual(["rows", "rows"]);
        for (const refusal of said.filter((_, index) => index % 2 === 0)) {
          expect(refusal).toMatch(/a deny rule costs too much.*needs more than \d+ steps/);
        }
        const errors = proxied.auditLines().flatMap(({ errors: found }) => found ?? []);
        expect(JSON.stringify(errors)).toMatch(/hostile\.policy.*more than \d+ steps/);
      } finally {
        await Promise.all([ann.end(), bot.end()]);
        await proxied.stop();
      }
    } finally {
      await server.stop();
    }
  });
});
