/** Whole exchanges: a query in one of the forms in which a client can send it. */
import fc from "fast-check";
import { Choices } from "./choices.ts";
import { change } from "./changes.ts";
import type { Counted } from "./check.ts";
import { query, subqueries } from "./queries.ts";
import type { SchemaTable } from "./schema.ts";
import { emptyScope, quoteLiteral } from "./scope.ts";

export interface Step {
  readonly mode: "simple" | "extended text" | "extended binary";
  readonly sql: string;
  /** In text form. */
  readonly parameters: readonly string[];
}

export interface Script {
  readonly form: string;
  readonly counts: Counted;
  readonly steps: readonly Step[];
  /** Which steps give rows in an order that the statement fixes. */
  readonly isOrdered: boolean;
  /** With the columns of the query. */
  readonly makesRelation: boolean;
}

const streamLength = { minLength: 60, maxLength: 600, size: "max" } as const;

/**
 * @param may.mayWrite whether some scripts make temporary tables.
 * @param may.mayExplain whether some ask for plans.
 */
export function scripts(
  schema: readonly SchemaTable[],
  { mayWrite, mayExplain }: { readonly mayWrite: boolean; readonly mayExplain: boolean },
): fc.Arbitrary<Script> {
  const allowed = forms.filter((each) => (mayWrite || !each.writes) && (mayExplain || each.name !== "explain"));
  return fc.array(fc.nat(0xffff), streamLength).map((made) => script(made, schema, allowed));
}

const simple = (sql: string): Step => ({ mode: "simple", sql, parameters: [] });

function script(numbers: readonly number[], schema: readonly SchemaTable[], allowed: readonly Form[]): Script {
  const [form = 0, ...rest] = numbers;
  const chosen = allowed[form % allowed.length];
  if (chosen === undefined) throw new Error("no such form");
  const choices = new Choices(rest, chosen.takesParameters);
  const scope = emptyScope(choices, schema, subqueries);
  if (chosen.changes) {
    const { sql, table } = change(scope);
    return {
      form: chosen.name,
      counts: "change",
      steps: chosen.steps(sql, choices, table),
      isOrdered: false,
      makesRelation: false,
    };
  }
  const made = query(scope);
  return {
    form: chosen.name,
    counts: chosen.name === "explain" ? "other" : "read",
    steps: chosen.steps(made.sql, choices, ""),
    isOrdered: made.isOrdered && chosen.keepsOrder,
    makesRelation: chosen.makesRelation,
  };
}

interface Form {
  readonly name: string;
  readonly takesParameters: boolean;
  readonly keepsOrder: boolean;
  readonly writes: boolean;
  readonly makesRelation: boolean;
  /** Its statement is no query but changes a table. */
  readonly changes: boolean;
  readonly steps: (sql: string, choices: Choices, table: string) => readonly Step[];
}

const form = (name: string, steps: Form["steps"], more: Partial<Form> = {}): Form => ({
  name,
  takesParameters: false,
  keepsOrder: true,
  writes: false,
  makesRelation: false,
  changes: false,
  steps,
  ...more,
});

const plain = form("simple", (sql) => [simple(sql)]);
const extended = form(
  "extended text",
  (sql, choices) => [{ mode: "extended text", sql, parameters: choices.parameters }],
  { takesParameters: true },
);
const binary = form(
  "extended binary",
  (sql, choices) => [{ mode: "extended binary", sql, parameters: choices.parameters }],
  { takesParameters: true },
);

const changing = (mode: Step["mode"], takesParameters: boolean) =>
  form(
    "change",
    (sql, choices, table) => [
      simple("begin"),
      { mode, sql, parameters: choices.parameters },
      simple(`select count(*), sum(id) from ${table}`),
      simple("rollback"),
    ],
    { keepsOrder: false, writes: true, changes: true, takesParameters },
  );

/** Forms that most clients use stand here several times. */
const forms: readonly Form[] = [
  plain,
  plain,
  plain,
  plain,
  extended,
  extended,
  binary,
  binary,
  form("copy", (sql, choices) => [
    simple(
      `copy (${sql}) to stdout${choices.pick(["", " with (format csv, header)", " (format csv, force_quote *)"])}`,
    ),
  ]),
  form("explain", (sql) => [simple(`explain (costs off) ${sql}`)], { keepsOrder: false }),
  form("cursor", (sql, choices) => [
    simple("begin"),
    simple(
      `declare found ${choices.pick(["", "no scroll ", "scroll "])}cursor ${choices.pick(["", "with hold "])}for ${sql}`,
    ),
    simple(choices.pick(["fetch 2 from found", "move 1 in found", "fetch forward 3 in found"])),
    simple("fetch all from found"),
    simple("rollback"),
  ]),
  form(
    "prepare",
    (sql, { parameters }) => {
      const values = parameters.length === 0 ? "" : `(${parameters.map((value) => quoteLiteral(value)).join(", ")})`;
      return [
        simple(`prepare again as ${sql}`),
        simple(`execute again${values}`),
        simple(`execute again${values}`),
        simple("deallocate again"),
      ];
    },
    { takesParameters: true },
  ),
  form(
    "temporary table",
    (sql) => [
      simple("begin"),
      simple(`create temp table kept as select * from (${sql}) as q`),
      simple("select * from kept"),
      simple("select kept::text from kept order by 1"),
      simple("rollback"),
    ],
    { keepsOrder: false, writes: true, makesRelation: true },
  ),
  form(
    "select into temporary table",
    (sql) => [
      simple("begin"),
      simple(`select * into temp kept from (${sql}) as q`),
      simple("table kept"),
      simple("rollback"),
    ],
    { keepsOrder: false, writes: true, makesRelation: true },
  ),
  form(
    "temporary view",
    (sql) => [
      simple("begin"),
      simple(`create temp view seen as ${sql}`),
      simple("table seen"),
      simple("select count(*), min(seen::text) from seen"),
      simple("rollback"),
    ],
    { keepsOrder: false, writes: true, makesRelation: true },
  ),
  form("savepoints", (sql) => [
    simple("begin"),
    simple("savepoint one"),
    simple(sql),
    simple("rollback to one"),
    simple(sql),
    simple("rollback to savepoint one; release one"),
    simple("commit"),
  ]),
  form(
    "insert into temporary table",
    (sql) => [
      simple("begin"),
      simple("create temp table notes (note text)"),
      simple(`insert into notes select q::text from (${sql}) as q`),
      simple("select note from notes order by 1"),
      simple("rollback"),
    ],
    { keepsOrder: false, writes: true },
  ),
  changing("simple", false),
  changing("simple", false),
  changing("extended text", true),
  changing("extended binary", true),
  form("two statements", (sql) => [simple(`select 1; ${sql}; select 2`)]),
];
