/** FROM: tables under every spelling, derived tables, and the joins between them. */
import { condition } from "./expressions.ts";
import {
  columnsOf,
  inner,
  quoteName,
  type Output,
  type RangeItem,
  type SchemaTable,
  type Scope,
  scopeOf,
} from "./scope.ts";

export interface FromClause {
  readonly sql: string;
  readonly items: readonly RangeItem[];
  /** False after USING and NATURAL, which merge columns. */
  readonly starIsKnown: boolean;
}

interface Placed {
  readonly sql: string;
  readonly item: RangeItem;
}

export function fromClause(scope: Scope): FromClause {
  return scope.choices.weighted<FromClause>([
    [5, () => alone(item(scope))],
    [4, () => joined(scope)],
    [1, () => listed(scope)],
    [2, () => merged(scope)],
    [1, () => nested(scope)],
  ]);
}

function alone({ sql, item: only }: Placed): FromClause {
  return { sql, items: [only], starIsKnown: true };
}

function joined(scope: Scope): FromClause {
  const first = item(scope);
  const items = [first.item];
  let sql = first.sql;
  for (let count = 1 + scope.choices.below(2); count > 0; count--) {
    const right = item(scope);
    sql += joinWith(scope, [...items], right);
    items.push(right.item);
  }
  return { sql, items, starIsKnown: true };
}

function joinWith(scope: Scope, left: readonly RangeItem[], right: Placed): string {
  const { choices } = scope;
  const inside = scopeOf(scope, [...left, right.item]);
  const equal = equality(scope, left, right.item) ?? condition(inside, 1);
  return choices.weighted<string>([
    [4, () => ` join ${right.sql} on ${equal}`],
    [3, () => ` left join ${right.sql} on ${equal}`],
    [1, () => ` right outer join ${right.sql} on ${equal}`],
    [1, () => ` inner join ${right.sql} on ${equal} and ${condition(inside, 1)}`],
    [1, () => ` left join ${right.sql} on ${equal} and ${condition(inside, 1)}`],
    [1, () => ` straight_join ${right.sql} on ${equal}`],
    [1, () => ` cross join ${right.sql}`],
  ]);
}

function equality(scope: Scope, left: readonly RangeItem[], right: RangeItem): string | undefined {
  const theirs = left.flatMap(columnsOf);
  const pairs = columnsOf(right).flatMap((mine) =>
    theirs
      .filter(({ kind }) => kind === mine.kind && ["int", "text", "date"].includes(kind))
      .map((other) => `${other.sql} ${scope.choices.pick(["=", "=", "<=>"])} ${mine.sql}`),
  );
  return pairs.length === 0 ? undefined : scope.choices.pick(pairs);
}

function listed(scope: Scope): FromClause {
  const [left, right] = [item(scope), item(scope)];
  return { sql: `${left.sql}, ${right.sql}`, items: [left.item, right.item], starIsKnown: true };
}

/** Joins in parentheses, and the way in which ODBC writes them. */
function nested(scope: Scope): FromClause {
  const { choices } = scope;
  const [first, second, third] = [item(scope), item(scope), item(scope)];
  const on = equality(scope, [second.item], third.item) ?? "1 = 1";
  const outer = equality(scope, [first.item], second.item) ?? "1 = 1";
  const sql = choices.pick([
    `${first.sql} left join (${second.sql} join ${third.sql} on ${on}) on ${outer}`,
    `{ oj ${first.sql} left outer join ${second.sql} on ${outer} } join ${third.sql} on ${on}`,
    `(${first.sql} join ${second.sql} on ${outer}) left join ${third.sql} on ${on}`,
  ]);
  return { sql, items: [first.item, second.item, third.item], starIsKnown: true };
}

/** USING and NATURAL between two tables with columns of the same name, masked ones among them. */
function merged(scope: Scope): FromClause {
  const { choices } = scope;
  const left = pickTable(scope);
  const common = (other: SchemaTable) =>
    left.outputs.filter(({ name, kind }) => other.outputs.some((mine) => mine.name === name && mine.kind === kind));
  const others = scope.schema.filter((other) => other !== left && common(other).length > 0);
  if (others.length === 0) return alone(placed(scope, left));
  const right = choices.pick(others);
  const [a, b] = [placed(scope, left), placed(scope, right)];
  const names = common(right).map(({ name }) => name);
  const kind = choices.pick(["", "left ", "right ", "inner "]);
  const sql = choices.chance(40)
    ? `${a.sql} natural ${kind === "inner " ? "" : kind}join ${b.sql}`
    : `${a.sql} ${kind}join ${b.sql} using (${choices.chance(50) ? names.join(", ") : choices.pick(names)})`;
  return { sql, items: [a.item, b.item], starIsKnown: false };
}

function item(scope: Scope): Placed {
  const { choices } = scope;
  return choices.weighted<Placed>([
    [8, () => placed(scope, pickTable(scope))],
    [scope.ctes.length * 3, () => named(scope)],
    [scope.level < 2 ? 3 : 0, () => derived(scope)],
    [1, () => jsonTable(scope)],
  ]);
}

function pickTable({ choices, schema }: Scope): SchemaTable {
  const hiding = schema.filter(({ isProtected }) => isProtected);
  return choices.pick(choices.chance(25) || hiding.length === 0 ? schema : hiding);
}

/** A table by its name; what WITH calls alike is passed by with the database. */
function placed(scope: Scope, table: SchemaTable): Placed {
  const { choices } = scope;
  const isShadowed = scope.ctes.some(({ name }) => name === table.name);
  const name = quoteName(table.name);
  const path = isShadowed || choices.chance(20) ? `shop_a.${name}` : choices.pick([name, name, `\`${table.name}\``]);
  const partition =
    table.partitions.length > 0 && choices.chance(20) ? ` partition (${choices.pick(table.partitions)})` : "";
  const alias = choices.fresh(choices.pick(["c", "t", "x"]));
  const hint =
    table.isView || !choices.chance(10)
      ? ""
      : choices.pick([" ignore index (primary)", " force index (primary)", " use index ()"]);
  return {
    sql: `${path}${partition}${choices.pick([" ", " as "])}${alias}${hint}`,
    item: { alias, outputs: table.outputs },
  };
}

function named(scope: Scope): Placed {
  const { name, outputs } = scope.choices.pick(scope.ctes);
  const alias = scope.choices.fresh("w");
  return { sql: `${quoteName(name)} ${alias}`, item: { alias, outputs } };
}

function derived(scope: Scope): Placed {
  const { choices } = scope;
  // It sees nothing of its own level and, in MariaDB, nothing of those above.
  const query = scope.query({ ...inner(scope), outer: [], columns: [] }, kindsOf(scope));
  const alias = choices.fresh("d");
  return { sql: `(${query.sql}) as ${alias}`, item: { alias, outputs: query.outputs } };
}

function kindsOf({ choices }: Scope): Output["kind"][] {
  return choices.some(1, 3, () => choices.pick(["text", "int", "date", "decimal", "json"] as const));
}

function jsonTable(scope: Scope): Placed {
  const alias = scope.choices.fresh("j");
  const from = scope.choices.pick([`'["a", 2]'`, `'{"language": "en"}'`, "json_array(1, 'x')", "null"]);
  const sql = `json_table(${from}, '$' columns (o for ordinality, s varchar(20) path '$.language', nested path '$[*]' columns (n int path '$'))) as ${alias}`;
  return {
    sql,
    item: {
      alias,
      outputs: [
        { name: "o", kind: "int" },
        { name: "s", kind: "text" },
        { name: "n", kind: "int" },
      ],
    },
  };
}
