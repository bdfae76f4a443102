/** Queries: select lists, grouping, windows, set operations, WITH, and the subqueries inside expressions. */
import type { Choices } from "./choices.ts";
import { expression, literal, typeNames } from "./expressions.ts";
import { fromClause, type FromClause } from "./from-clause.ts";
import type { Kind } from "./schema.ts";
import {
  type ColumnExpression,
  columnsOf,
  type NamedRelation,
  type Output,
  outputsOf,
  type Query,
  quoteIdentifier,
  type RangeItem,
  type Scope,
  scopeOf,
  type Subqueries,
} from "./scope.ts";

/** A whole query, with WITH, ORDER BY and LIMIT. */
export function query(scope: Scope): Query {
  const { choices } = scope;
  if (!choices.chance(scope.level === 0 ? 25 : 8)) return ending(scope, body(scope));
  const { sql, inside } = withClause(scope);
  const inner = ending(inside, body(inside));
  return { ...inner, sql: `${sql} ${inner.sql}` };
}

function body(scope: Scope): Query {
  return scope.choices.weighted<Query>([
    [10, () => core(scope, undefined)],
    [2, () => setOperation(scope)],
    [scope.level === 0 ? 1 : 0, () => tableCommand(scope)],
    [1, () => values(scope)],
    [scope.level === 0 ? 1 : 0, () => locking(scope)],
    [1, () => neighbours(scope)],
  ]);
}

/** ORDER BY and LIMIT. LIMIT only where ORDER BY fixes which rows it means. */
function ending(scope: Scope, inner: Query): Query {
  const { choices } = scope;
  const { outputs } = inner;
  if (outputs === undefined || outputs.length === 0 || !outputs.every((output) => output.isSortable)) return inner;
  if (!choices.chance(45)) return inner;
  const places = outputs.map((_, index) => String(index + 1));
  const first = choices.below(places.length);
  const order = [...places.slice(first), ...places.slice(0, first)].map(
    (place) => place + choices.pick(["", "", " desc", " nulls first"]),
  );
  const limit = choices.weighted<string>([
    [4, () => ""],
    [2, () => ` limit ${choices.below(9)}`],
    [1, () => ` fetch first ${choices.below(5) + 1} rows with ties`],
    [1, () => ` limit 5 offset ${choices.below(5)}`],
    [1, () => ` offset ${choices.below(4)} rows fetch next ${choices.below(4) + 1} rows only`],
    [1, () => ` limit abs(${scope.subqueries.scalar("int", plainScope({ ...scope, correlated: [] }))} % 10)`],
  ]);
  return { ...inner, sql: `${inner.sql} order by ${order.join(", ")}${limit}`, isOrdered: true };
}

function withClause(scope: Scope): { readonly sql: string; readonly inside: Scope } {
  const { choices } = scope;
  let inside = scope;
  let recursive = false;
  const parts = choices.some(1, 2, () => {
    if (choices.chance(20)) {
      recursive = true;
      const made = recursiveQuery(inside);
      inside = { ...inside, ctes: [...inside.ctes, made.relation] };
      return made.sql;
    }
    const made = query({
      ...inside,
      items: [],
      columns: inside.correlated,
      ungrouped: undefined,
      level: scope.level + 1,
    });
    // A name that hides a table: inside its own query it still means the table.
    const hiding = scope.schema.filter(
      (table) => table.isProtected && !inside.ctes.some((cte) => cte.name === table.name),
    );
    const name = choices.chance(30) && hiding.length > 0 ? choices.pick(hiding).name : choices.fresh("w");
    const materialized = choices.pick(["", "", "materialized ", "not materialized "]);
    inside = { ...inside, ctes: [...inside.ctes, { name, outputs: made.outputs ?? [], table: undefined }] };
    return `${quoteIdentifier(name)} as ${materialized}(${made.sql})`;
  });
  // Under RECURSIVE a name means itself in its own query: then nothing may hide what that query reads.
  if (recursive && inside.ctes.some((cte) => scope.schema.some((table) => table.name === cte.name))) {
    const only = recursiveQuery(scope);
    return { sql: `with recursive ${only.sql}`, inside: { ...scope, ctes: [...scope.ctes, only.relation] } };
  }
  return { sql: `with ${recursive ? "recursive " : ""}${parts.join(", ")}`, inside };
}

function recursiveQuery(scope: Scope): { readonly sql: string; readonly relation: NamedRelation } {
  const { choices } = scope;
  const name = choices.fresh("r");
  const start = core({ ...scope, level: 2 }, ["int", "text"]);
  const limit = choices.below(4) + 1;
  const union = choices.pick(["union", "union all"]);
  const step = choices.pick([
    `select n + 1, s || 'x' from ${name} where n between 0 and ${limit}`,
    `select n + 1, left(s, 2) from ${name} where n between 0 and ${limit} and s > '1'`,
    `select c.id + 1, c.ssn::text from customers c join ${name} on c.id = ${name}.n + 1 where n between 0 and ${limit}`,
  ]);
  const shadowed = scope.ctes.some((cte) => cte.name === "customers");
  const [way, added] = choices.pick<readonly [string, readonly Output[]]>([
    ["", []],
    ["", []],
    [" search depth first by n, s set placed", [{ name: "placed", kind: undefined, isSortable: true }]],
    [" search breadth first by s set placed", [{ name: "placed", kind: undefined, isSortable: true }]],
    [
      " cycle n, s set looped using way",
      [
        { name: "looped", kind: "bool", isSortable: true },
        { name: "way", kind: undefined, isSortable: true },
      ],
    ],
  ]);
  return {
    sql: `${name}(n, s) as (select a::int, b::text from (${start.sql}) as i(a, b) ${union} ${shadowed ? step.replace("from customers", "from public.customers") : step})${way}`,
    relation: {
      name,
      outputs: [{ name: "n", kind: "int", isSortable: true }, { name: "s", kind: "text", isSortable: true }, ...added],
      table: undefined,
    },
  };
}

const setKinds = ["text", "text", "int", "date", "numeric", "bool", "jsonb", "inet"] as const;

function setOperation(scope: Scope): Query {
  const { choices } = scope;
  const want = choices.some(1, 3, () => choices.pick(setKinds));
  const operators = ["union", "union all", "intersect", "except", "except all", "intersect all"];
  const left = core(scope, want);
  const right = core(scope, want);
  let sql = `${left.sql} ${choices.pick(operators)} ${right.sql}`;
  if (choices.chance(20)) sql = `(${sql}) ${choices.pick(operators)} (${core(scope, want).sql})`;
  return { sql, outputs: left.outputs, isOrdered: false };
}

function tableCommand(scope: Scope): Query {
  const { choices, schema } = scope;
  const chosen = choices.pick(schema.filter((table) => table.isProtected));
  const cte = scope.ctes.find((each) => each.name === chosen.name);
  return {
    sql: `table ${quoteIdentifier(chosen.name)}`,
    outputs: cte === undefined ? outputsOf(chosen) : cte.outputs,
    isOrdered: false,
  };
}

/** FOR UPDATE and the like, of one table that stands alone. */
function locking(scope: Scope): Query {
  const { choices } = scope;
  const chosen = choices.pick(scope.schema.filter(({ isProtected, isPlainTable }) => isProtected && isPlainTable));
  const item: RangeItem = { alias: choices.fresh("l"), outputs: outputsOf(chosen), table: chosen };
  const inside = scopeOf(scope, [item]);
  const items = choices.some(1, 3, () => wanted(choices.pick(["text", "int", "date"]), inside));
  const where = choices.chance(60) ? ` where ${expression("bool", inside, 2)}` : "";
  const strength = choices.pick(["update", "no key update", "share", "key share"]);
  const wait = choices.pick(["", " nowait", " skip locked"]);
  return {
    sql: `select ${list(items)} from public.${quoteIdentifier(chosen.name)} ${item.alias}${where} for ${strength} of ${item.alias}${wait}`,
    outputs: undefined,
    isOrdered: false,
  };
}

/**
 * lag and lead, alone: of several equal rows one gets another value than the rest, and which one nothing fixes; what they are together is
 * fixed.
 */
function neighbours(scope: Scope): Query {
  const { choices } = scope;
  const from = fromClause(scope, query);
  const inside = scopeOf(scope, from.items);
  const where = choices.chance(50) ? ` where ${expression("bool", inside, 2)}` : "";
  const value = expression("text", inside, 2);
  const name = choices.fresh("e");
  const call = choices.pick([`lag(${value})`, `lead(${value}, 2)`, `lag(${value}, 1, 'none')`, "row_number()"]);
  const order = `${value}${choices.pick(["", " desc nulls last"])}`;
  return {
    sql: `select ${call} over (order by ${order}) as ${name} from ${from.sql}${where}`,
    outputs: [{ name, kind: call === "row_number()" ? "int" : "text", isSortable: true }],
    isOrdered: false,
  };
}

function values(scope: Scope): Query {
  const { choices } = scope;
  const want = choices.some(1, 2, () => choices.pick(setKinds));
  const rows = choices.some(
    1,
    3,
    () => `(${want.map((kind) => `(${expression(kind, plainScope(scope), 2)})::${typeNames[kind]}`).join(", ")})`,
  );
  return {
    sql: `values ${rows.join(", ")}`,
    outputs: want.map((kind, index) => ({ name: `column${index + 1}`, kind, isSortable: true })),
    isOrdered: false,
  };
}

/** What a query without FROM sees. */
function plainScope(scope: Scope): Scope {
  return { ...scope, items: [], columns: scope.correlated, ungrouped: undefined };
}

interface SelectItem {
  readonly sql: string;
  /** Undefined for a star whose columns are not known. */
  readonly outputs: readonly Output[] | undefined;
}

/** SELECT … FROM … WHERE … GROUP BY …; with `want`, columns of exactly these kinds. */
function core(scope: Scope, want: readonly Kind[] | undefined): Query {
  const { choices } = scope;
  const from = fromClause(scope, query);
  const inside = scopeOf(scope, from.items);
  const where = choices.chance(50) ? ` where ${expression("bool", inside, 2)}` : "";
  if (choices.chance(25)) return grouped(scope, inside, from, where, want);
  const items =
    want === undefined ? choices.some(1, 4, () => selectItem(inside, from)) : want.map((kind) => wanted(kind, inside));
  const window = items.some((item) => /over \(?named/.test(item.sql))
    ? ` window named as (partition by ${expression("bool", inside, 1)} order by ${expression("text", inside, 1)})`
    : "";
  const outputs = outputsOfItems(items);
  const isComparable = outputs?.every((output) => output.isSortable) ?? false;
  if (want === undefined && isComparable && window === "" && choices.chance(12)) {
    return distinct(scope, items, outputs ?? [], `${from.sql}${where}`);
  }
  return { sql: `select ${list(items)} from ${from.sql}${where}${window}`, outputs, isOrdered: false };
}

function distinct(scope: Scope, items: readonly SelectItem[], outputs: readonly Output[], rest: string): Query {
  if (scope.choices.chance(60))
    return { sql: `select distinct ${list(items)} from ${rest}`, outputs, isOrdered: false };
  const order = outputs.map((_, index) => index + 1).join(", ");
  // In parentheses: another ORDER BY may follow.
  const sql = `select * from (select distinct on (1) ${list(items)} from ${rest} order by ${order}) as ${scope.choices.fresh("o")}`;
  return { sql, outputs, isOrdered: false };
}

function outputsOfItems(items: readonly SelectItem[]): readonly Output[] | undefined {
  const outputs: Output[] = [];
  for (const item of items) {
    if (item.outputs === undefined) return undefined;
    outputs.push(...item.outputs);
  }
  return outputs;
}

function list(items: readonly SelectItem[]): string {
  return items.map((item) => item.sql).join(", ");
}

function wanted(kind: Kind, scope: Scope): SelectItem {
  const name = scope.choices.fresh("e");
  return { sql: `${expression(kind, scope, 2)} as ${name}`, outputs: [{ name, kind, isSortable: true }] };
}

const selectable = [
  "text",
  "text",
  "text",
  "int",
  "numeric",
  "bool",
  "date",
  "timestamptz",
  "jsonb",
  "text[]",
  "enum",
  "inet",
] as const;

function selectItem(scope: Scope, from: FromClause): SelectItem {
  const { choices } = scope;
  const row = () => choices.pick(from.items);
  const named = (sql: string, kind: Kind | undefined, isSortable: boolean): SelectItem => {
    const tricky = choices.chance(10) ? choices.pick(["ssn", "customers", "select", "Email", "user"]) : undefined;
    const name = tricky ?? choices.fresh("e");
    if (choices.chance(25)) return { sql, outputs: [{ name: "", kind: undefined, isSortable }] };
    return { sql: `${sql} as ${quoteIdentifier(name)}`, outputs: [{ name, kind, isSortable }] };
  };
  const wholeRow = (
    sql: (alias: string) => string,
    kind: Kind | undefined,
    isSortable: (item: RangeItem) => boolean,
  ) => {
    const chosen = row();
    return named(sql(chosen.alias), kind, isSortable(chosen));
  };
  const comparable = (item: RangeItem) => item.outputs.length > 0 && item.outputs.every((output) => output.isSortable);
  return choices.weighted<SelectItem>([
    [
      10,
      () => {
        const kind = choices.pick(selectable);
        return named(expression(kind, scope, 3), kind === "enum" ? undefined : kind, true);
      },
    ],
    [
      4,
      () => {
        const columns = columnsOf(row());
        if (columns.length === 0) return named("1", "int", true);
        const column = choices.pick(columns);
        return named(column.sql, column.kind === "enum" ? undefined : column.kind, true);
      },
    ],
    [2, () => ({ sql: "*", outputs: from.starIsKnown ? from.items.flatMap((item) => item.outputs) : undefined })],
    [
      2,
      () => {
        const chosen = row();
        return { sql: `${chosen.alias}.*`, outputs: chosen.outputs };
      },
    ],
    [1, () => wholeRow((alias) => alias, undefined, comparable)],
    [
      1,
      () =>
        wholeRow(
          (alias) => `row_to_json(${alias})`,
          undefined,
          () => false,
        ),
    ],
    [
      1,
      () =>
        wholeRow(
          (alias) => `to_jsonb(${alias})`,
          "jsonb",
          () => true,
        ),
    ],
    [1, () => wholeRow((alias) => `array[${alias}]`, undefined, comparable)],
    [
      1,
      () => {
        const chosen = row();
        return chosen.table === undefined
          ? named("1", "int", true)
          : { sql: `(${chosen.alias}).*`, outputs: chosen.outputs };
      },
    ],
    [
      1,
      () => {
        const chosen = row();
        const columns = chosen.table?.columns ?? [];
        if (columns.length === 0) return named("1", "int", true);
        const column = choices.pick(columns);
        return named(
          `(${chosen.alias}).${quoteIdentifier(column.name)}`,
          column.kind === "enum" ? undefined : column.kind,
          true,
        );
      },
    ],
    [1, () => named(`row(${expression("text", scope, 1)}, ${expression("int", scope, 1)})`, undefined, true)],
    [3, () => windowItem(scope, named)],
    [1, () => named(`unnest(array[${expression("text", scope, 1)}, ${expression("text", scope, 1)}])`, "text", true)],
    [1, () => named(`regexp_split_to_table(${expression("text", scope, 1)}, '-')`, "text", true)],
    [
      1,
      () => {
        const tables = from.items.filter((item) => item.table?.isPlainTable);
        if (tables.length === 0) return named("2", "int", true);
        const { alias, table } = choices.pick(tables);
        const column = choices.pick(["tableoid::regclass::text", "ctid::text"]);
        return named(`${alias}.${table?.hidesRows === true ? "tableoid::regclass::text" : column}`, "text", true);
      },
    ],
  ]);
}

/** A frame that is the same for all peers. */
function framed(value: string, choices: Choices): string {
  const frame = choices.pick([
    "range between unbounded preceding and current row",
    "groups between 1 preceding and 1 following",
    "groups between current row and unbounded following exclude group",
  ]);
  return `over (order by ${value} ${frame})`;
}

/** Window functions of which no result depends on the order among peers. */
function windowItem(
  scope: Scope,
  named: (sql: string, kind: Kind | undefined, isSortable: boolean) => SelectItem,
): SelectItem {
  const { choices } = scope;
  const on = (kind: Kind) => expression(kind, scope, 1);
  const window = (extra: string) => {
    const partition = choices.chance(50) ? `partition by ${on(choices.pick(["text", "bool", "date"]))} ` : "";
    return `over (${partition}order by ${extra === "" ? on(choices.pick(["text", "int", "date", "numeric"])).replace(/^(-?\d+)$/, "($1)") : extra}${choices.pick(["", " desc"])})`;
  };
  const value = on("text");
  return choices.weighted<SelectItem>([
    [2, () => named(`rank() ${window("")}`, undefined, true)],
    [1, () => named(`dense_rank() ${window("")}`, undefined, true)],
    [1, () => named(`count(*) ${window("")}`, undefined, true)],
    [1, () => named(`${choices.pick(["percent_rank", "cume_dist"])}() ${window("")}`, undefined, true)],
    [1, () => named(`max(${value}) over (named)`, "text", true)],
    [1, () => named(`count(*) ${framed(value, choices)}`, undefined, true)],
    [1, () => named(`max(${value}) filter (where ${on("bool")}) ${framed(value, choices)}`, "text", true)],
    [1, () => named(`sum(${on("int")}) ${window("")}`, undefined, true)],
    // Not lag, which stands alone.
    [1, () => named(`nth_value(${value}, 2) ${window(value)}`, "text", true)],
    [1, () => named(`first_value(${value}) ${window(value)}`, "text", true)],
    [1, () => named(`max(${value}) over ()`, "text", true)],
    [1, () => named(`min(${value}) over named`, "text", true)],
    [1, () => named(`string_agg(${value}, '') ${window(value)}`, "text", true)],
  ]);
}

function grouped(
  scope: Scope,
  inside: Scope,
  from: FromClause,
  where: string,
  want: readonly Kind[] | undefined,
): Query {
  const { choices } = scope;
  const own: Scope = { ...inside, columns: from.items.flatMap((item) => columnsOf(item)) };
  const { sql, columns } = groupBy(inside, from);
  const scopeAfter: Scope = { ...inside, items: [], columns, correlated: scope.correlated, ungrouped: own };
  const having = choices.chance(25) ? ` having ${expression("bool", scopeAfter, 2)}` : "";
  const items =
    want === undefined
      ? choices.some(1, 4, () => {
          const name = choices.fresh("g");
          if (columns.length > 0 && choices.chance(40)) {
            const column = choices.pick(columns);
            return {
              sql: `${column.sql} as ${name}`,
              outputs: [{ name, kind: column.kind === "enum" ? undefined : column.kind, isSortable: true }],
            };
          }
          if (choices.chance(8) && from.items.length > 0) {
            const alias = choices.pick(from.items).alias;
            return { sql: `count(${alias}.*) as ${name}`, outputs: [{ name, kind: undefined, isSortable: true }] };
          }
          return wanted(
            choices.pick(["text", "text", "int", "numeric", "jsonb", "bool", "date", "text[]"]),
            scopeAfter,
          );
        })
      : want.map((kind) => wanted(kind, scopeAfter));
  return {
    sql: `select ${list(items)} from ${from.sql}${where}${sql}${having}`,
    outputs: outputsOfItems(items),
    isOrdered: false,
  };
}

function groupBy(
  scope: Scope,
  from: FromClause,
): { readonly sql: string; readonly columns: readonly ColumnExpression[] } {
  const { choices } = scope;
  const keyed = from.items.filter(
    (item) => item.table !== undefined && item.table.isPlainTable && item.table.key.length > 0,
  );
  const expressions = () =>
    choices.some(1, 2, (): ColumnExpression => {
      // A boolean or a number without a column in it would be a constant or a position.
      const kind = choices.pick(["text", "text", "date"] as const);
      return { kind, sql: expression(kind, { ...scope, items: [] }, 1) };
    });
  return choices.weighted<{ sql: string; columns: readonly ColumnExpression[] }>([
    [1, () => ({ sql: "", columns: [] })],
    [
      4,
      () => {
        const columns = expressions();
        return { sql: ` group by ${columns.map((column) => column.sql).join(", ")}`, columns };
      },
    ],
    [
      2,
      () => {
        const columns = expressions();
        const form = choices.pick([
          "rollup (#)",
          "cube (#)",
          "grouping sets ((#), ())",
          "distinct rollup (#), rollup (#)",
        ]);
        const sql = ` group by ${form.replaceAll("#", () => columns.map((column) => column.sql).join(", "))}`;
        // Which of the columns a row is grouped by is a number of its own.
        const grouping = columns.map((column): ColumnExpression => ({ kind: "int", sql: `grouping(${column.sql})` }));
        return { sql, columns: [...columns, ...grouping] };
      },
    ],
    // By the primary key, on which the other columns of the table depend.
    [
      keyed.length === 0 ? 0 : 4,
      () => {
        const item = choices.pick(keyed);
        const key = item.table?.key.map((name) => `${item.alias}.${quoteIdentifier(name)}`) ?? [];
        return { sql: ` group by ${key.join(", ")}`, columns: columnsOf(item) };
      },
    ],
  ]);
}

const inner = (scope: Scope): Scope => ({
  ...scope,
  items: [],
  columns: scope.correlated,
  ungrouped: undefined,
  level: scope.level + 1,
});

/** Subqueries for expressions; none below the second level, where what they cost multiplies. */
export const subqueries: Subqueries = {
  scalar(kind, scope) {
    const { choices } = scope;
    if (scope.level >= 2 || kind === "enum") return literal(kind === "enum" ? "text" : kind, scope);
    const below = inner(scope);
    return choices.weighted<string>([
      [1, () => `(select ${expression(kind, plainScope(below), 1)})`],
      [3, () => `(${core(below, [kind]).sql} order by 1 limit 1)`],
      [
        2,
        () => {
          const from = fromClause(below, query);
          const inside = scopeOf(below, from.items);
          const own: Scope = { ...inside, columns: from.items.flatMap((item) => columnsOf(item)) };
          const after: Scope = { ...inside, items: [], columns: [], correlated: [], ungrouped: own };
          const where = choices.chance(50) ? ` where ${expression("bool", inside, 1)}` : "";
          return `(select ${expression(kind, after, 2)} from ${from.sql}${where})`;
        },
      ],
    ]);
  },
  exists(scope) {
    if (scope.level >= 2) return literal("bool", scope);
    return `exists (${core(inner(scope), undefined).sql})`;
  },
  texts(scope) {
    return scope.level >= 2 ? `select ${literal("text", scope)}` : core(inner(scope), ["text"]).sql;
  },
  membership(scope) {
    const { choices } = scope;
    if (scope.level < 2 && choices.chance(20)) {
      const left = `(${expression("text", scope, 1)}, ${expression("int", scope, 1)})`;
      return `${left} ${choices.pick(["in", "not in", "= any"])} (${core(inner(scope), ["text", "int"]).sql})`;
    }
    const kind = choices.pick(["text", "text", "int", "date"] as const);
    if (scope.level >= 2) return `${expression(kind, scope, 1)} in (${literal(kind, scope)})`;
    const operator = choices.pick(["in", "in", "not in", "= any", "> all"]);
    return `${expression(kind, scope, 1)} ${operator} (${core(inner(scope), [kind]).sql})`;
  },
};
