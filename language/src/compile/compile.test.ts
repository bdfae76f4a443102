import { describe, expect, test } from "vitest";
import { formatDiagnostics } from "../format-diagnostics.ts";
import type { Effect, Input, Program } from "../program.ts";
import { toValue, type Value } from "../values.ts";
import { compile } from "./compile.ts";

function programOf(text: string, data?: unknown): Program {
  const sources = [{ path: "a.policy", text: `package a\n${text}` }];
  const { program, diagnostics } = compile({ sources, ...(data === undefined ? {} : { data }) });
  if (program === undefined) throw new Error(formatDiagnostics(diagnostics, sources));
  return program;
}

interface Facts {
  readonly kind?: string;
  readonly principal?: "human" | "agent";
  readonly groups?: readonly string[];
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly columns?: readonly Value[];
}

function inputOf({ kind = "select", principal = "human", groups = [], claims = {}, columns = [] }: Facts): Input {
  return {
    principal: toValue({ id: "ann", name: "Ann", kind: principal, groups: new Set(groups), claims }),
    session: toValue({ database: "shop" }),
    target: toValue({ environment: "production" }),
    query: toValue({
      kind,
      category: "read",
      columns: [...columns],
      tables: [],
      functions: [],
      has_where: false,
      joins: 0,
    }),
  };
}

function column(name: string, label: string): Value {
  const path = `public.users.${name}`;
  const labels = new Set(label === "" ? [] : [label]);
  return toValue({
    schema: "public",
    table: "users",
    name,
    path,
    type: "text",
    comment: "",
    label,
    labels,
    uses: new Set(["output"]),
  });
}

function evaluate(text: string, facts: Facts = {}): readonly Effect[] {
  return programOf(text).evaluate(inputOf(facts), facts.columns ?? []);
}

const rule = (line: number): Effect["rule"] => ({ package: "a", file: "a.policy", line });

describe("decision statements", () => {
  test("deny carries its message, code and rule", () => {
    expect(evaluate('deny "no" code "E1" if query.kind == "select"')).toEqual([
      { kind: "deny", rule: rule(2), message: "no", code: "E1" },
    ]);
  });

  test("deny says each message once, however many solutions there are", () => {
    const text = 'deny sprintf("%s", [c.label]) if some c in query.columns';
    const columns = [column("a", "x"), column("b", "x"), column("c", "y")];
    expect(evaluate(text, { columns }).map((effect) => effect.kind === "deny" && effect.message)).toEqual(["x", "y"]);
  });

  test("allow is an effect and, as in Rego, a rule", () => {
    expect(evaluate('default allow := false\nallow if query.kind == "select"\ndeny "x" if not allow')).toEqual([
      { kind: "allow", rule: rule(3) },
    ]);
  });

  test("mask ranges over the candidates, or takes the column that it names", () => {
    const text = 'mask column with partial(0, 4) if column.label == "pan"\nmask public.users.ssn with null()';
    const columns = [column("card", "pan"), column("ssn", ""), column("id", "")];
    expect(evaluate(text, { columns })).toEqual([
      { kind: "mask", rule: rule(2), column: "public.users.card", mask: { name: "partial", args: [0, 4] } },
      { kind: "mask", rule: rule(3), column: "public.users.ssn", mask: { name: "null", args: [] } },
    ]);
  });

  test("limit gives its number", () => {
    expect(evaluate("limit rows 100")).toEqual([{ kind: "limit", rule: rule(2), what: "rows", value: 100 }]);
  });

  test.each([
    ['limit duration "1m30s"', "duration", 90_000],
    ['limit duration "1.5ms"', "duration", 2],
    ["limit bytes 1024 * 1024", "bytes", 1_048_576],
  ])("%s is counted in milliseconds or bytes", (text, what, value) => {
    expect(evaluate(text)).toEqual([{ kind: "limit", rule: rule(2), what, value }]);
  });

  test.each([
    ["one group", 'approve by "dba" if true', { groups: ["dba"], durationMs: undefined, message: undefined }],
    [
      "several groups, a duration and a reason",
      'approve by "dba", "oncall" for "1h" because sprintf("%s it", [query.kind]) if true',
      { groups: ["dba", "oncall"], durationMs: 3_600_000, message: "select it" },
    ],
    [
      "groups that are computed",
      'approve by principal.groups, "z" if true',
      { groups: ["a", "b", "z"], durationMs: undefined, message: undefined },
    ],
  ])("approve names %s", (_, text, expected) => {
    expect(evaluate(text, { groups: ["b", "a"] })).toEqual([{ kind: "approve", rule: rule(2), ...expected }]);
  });

  test("notify names a channel and says why, once for each", () => {
    const text = 'notify "security" because c.label if some c in query.columns\nnotify "log"';
    const columns = [column("a", "x"), column("b", "x"), column("c", "y")];
    expect(evaluate(text, { columns })).toEqual([
      { kind: "notify", rule: rule(2), channel: "security", message: "x" },
      { kind: "notify", rule: rule(2), channel: "security", message: "y" },
      { kind: "notify", rule: rule(3), channel: "log", message: undefined },
    ]);
  });

  test("a statement that ends without condition is not continued by the next rule", () => {
    expect(evaluate('notify "log"\nbecauses if true\nlimit rows 3').map(({ kind }) => kind)).toEqual([
      "notify",
      "limit",
    ]);
  });

  test("labels are computed for columns of the catalog", () => {
    const program = programOf(
      'label column as "pii.email" if regex.match(`(?i)e_?mail`, column.name)\nlabel public.users.ssn as "pii.ssn"',
    );
    expect(program.labels([column("e_mail", ""), column("ssn", ""), column("id", "")])).toEqual([
      { labels: ["pii.email"], errors: [] },
      { labels: ["pii.ssn"], errors: [] },
      { labels: [], errors: [] },
    ]);
  });
});

describe("errors at run time", () => {
  test.each([
    ["in the statement itself", 'deny "x" if principal.claims.level + 1 > 3', "deny"],
    ["in a rule that it refers to", 'high if principal.claims.level + 1 > 3\ndeny "x" if high', "deny"],
    ["below `not`", 'high if principal.claims.level + 1 > 3\ndeny "x" if not high', "deny"],
    ["in a mask's argument", "mask column with partial(principal.claims.level, 1)", "mask"],
    ["in a limit", "limit rows principal.claims.level", "limit"],
    ["in a message", "deny upper(principal.claims.level) if true", "deny"],
    ["in a duration", "limit duration principal.claims.level", "limit"],
    ["for a duration that is none", "limit duration principal.claims.long", "limit"],
    ["for a group that is none", "approve by principal.claims.deep if true", "approve"],
    ["where no group is left", "approve by principal.claims.level if true", "approve"],
    ["for an undefined reason", 'approve by "dba" because principal.claims.nope if true', "approve"],
    ["in a channel", "notify principal.claims.level if true", "notify"],
    ["for an undefined message", 'deny principal.claims.nope if query.kind == "select"', "deny"],
  ])("an error %s is an effect", (_, text, statement) => {
    const effects = evaluate(text, {
      claims: { level: [], deep: [[]], long: "5 minutes" },
      columns: [column("a", "")],
    });
    expect(effects).toEqual([expect.objectContaining({ kind: "error", statement })]);
  });

  test("an error of one statement leaves the others alone", () => {
    const effects = evaluate('deny "x" if principal.claims.level + 1 > 3\ndeny "y" if true', { claims: { level: "" } });
    expect(effects.map(({ kind }) => kind)).toEqual(["error", "deny"]);
  });

  test("a session condition that fails shows only where the statement could fire", () => {
    const text = 'deny "x" if { query.kind == "update"; principal.claims.level + 1 > 3 }';
    const program = programOf(text);
    const facts = { claims: { level: "" } };
    expect(program.evaluate(inputOf({ ...facts, kind: "select" }), [])).toEqual([]);
    expect(program.evaluate(inputOf({ ...facts, kind: "update" }), [])).toEqual([
      expect.objectContaining({ kind: "error" }),
    ]);
  });
});

test.each([
  ["nothing but the kind", 'deny "x" if query.kind == "select"', { parameters: false, time: false, text: false }],
  [
    "parameters, through a rule",
    'p if query.parameters[0] == 1\ndeny "x" if p',
    { parameters: true, time: false, text: false },
  ],
  [
    "the clock, through a function",
    'f(x) if time.now_ns() > x\ndeny "x" if f(1)',
    { parameters: false, time: true, text: false },
  ],
  ["the text", 'deny "x" if contains(query.text, "x")', { parameters: false, time: false, text: true }],
  ["everything", 'deny "x" if count(query) > 3', { parameters: true, time: false, text: true }],
  [
    "only labels read the clock",
    'label column as "x" if time.now_ns() > 1',
    { parameters: false, time: false, text: false },
  ],
])("knows that decisions read %s", (_, text, reads) => {
  expect(programOf(text).reads).toEqual(reads);
});

test("the revision is that of sources and data, whatever their order", () => {
  const one = { path: "a.policy", text: "package a" };
  const two = { path: "b.policy", text: "package b" };
  const revision = (sources: readonly (typeof one)[], data?: unknown): string | undefined =>
    compile({ sources, data }).program?.revision;
  expect(revision([one, two])).toBe(revision([two, one]));
  expect(revision([one, two])).not.toBe(revision([one, two], { x: 1 }));
});
