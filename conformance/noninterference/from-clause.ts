/** FROM: tables under every spelling, derived tables, functions, and the joins between them. */
import { expression, typeNames } from "./expressions.ts";
import type { SchemaTable } from "./schema.ts";
import {
  columnsOf,
  type NamedRelation,
  type Output,
  outputsOf,
  type Query,
  quoteIdentifier,
  type RangeItem,
  type Scope,
  scopeOf,
} from "./scope.ts";

export interface FromClause {
  readonly sql: string;
  readonly items: readonly RangeItem[];
  /** False after USING and NATURAL, which merge columns. */
  readonly starIsKnown: boolean;
}

export type MakeQuery = (scope: Scope) => Query;

export function fromClause(scope: Scope, derived: MakeQuery): FromClause {
  const { choices } = scope;
  return choices.weighted<FromClause>([
    [5, () => alone(item(scope, [], derived))],
    [4, () => joined(scope, derived)],
    [2, () => merged(scope)],
  ]);
}

interface Placed {
  readonly sql: string;
  readonly item: RangeItem;
  /** It names what stands to its left. */
  readonly isLateral: boolean;
}

function alone({ sql, item: only }: Placed): FromClause {
  return { sql, items: [only], starIsKnown: true };
}

function joined(scope: Scope, derived: MakeQuery): FromClause {
  const { choices } = scope;
  const first = item(scope, [], derived);
  const items = [first.item];
  let sql = first.sql;
  for (let count = 1 + choices.below(2); count > 0; count--) {
    const right = item(scope, items, derived);
    const left = [...items];
    items.push(right.item);
    if (right.isLateral) {
      sql += choices.pick([` cross join lateral ${right.sql}`, ` left join lateral ${right.sql} on true`]);
    } else {
      sql += joinWith(scope, left, right);
    }
  }
  return { sql, items, starIsKnown: true };
}

function joinWith(scope: Scope, left: readonly RangeItem[], right: Placed): string {
  const { choices } = scope;
  const leftColumns = left.flatMap((other) => columnsOf(other));
  const pairs = columnsOf(right.item).flatMap((mine) =>
    leftColumns
      .filter((theirs) => theirs.kind === mine.kind && ["int", "text", "date"].includes(mine.kind))
      .map((theirs) => [theirs, mine] as const),
  );
  if (pairs.length === 0) return ` cross join ${right.sql}`;
  const [theirs, mine] = choices.pick(pairs);
  const equal = `${theirs.sql} = ${mine.sql}`;
  const inside = scopeOf(scope, [...left, right.item]);
  return choices.weighted<string>([
    [4, () => ` join ${right.sql} on ${equal}`],
    [3, () => ` left join ${right.sql} on ${equal}`],
    [1, () => ` right join ${right.sql} on ${equal}`],
    [1, () => ` full join ${right.sql} on ${equal}`],
    [1, () => ` join ${right.sql} on ${equal} and ${expression("bool", inside, 1)}`],
    [1, () => ` left join ${right.sql} on ${equal} and ${expression("bool", inside, 1)}`],
    [1, () => ` cross join ${right.sql}`],
  ]);
}

/** USING and NATURAL between two tables with columns of the same name, masked ones among them. */
function merged(scope: Scope): FromClause {
  const { choices } = scope;
  const left = table(scope, pickTable(scope), false);
  const common = (other: SchemaTable) =>
    other.columns.filter((column) =>
      left.item.table?.columns.some(
        (mine) => mine.name === column.name && mine.kind === column.kind && column.kind !== "enum",
      ),
    );
  // Under NATURAL all columns of the same name are compared: their types must be comparable.
  const isMergeable = (other: SchemaTable) =>
    common(other).length > 0 &&
    other.columns.every(
      (column) =>
        left.item.table?.columns.every((mine) => mine.name !== column.name || mine.kind === column.kind) ?? false,
    );
  const candidates = scope.schema.filter((other) => isMergeable(other));
  const other = candidates.length === 0 ? undefined : choices.pick(candidates);
  if (other === undefined) return alone(left);
  const right = table(scope, other, false);
  const names = common(other).map((column) => quoteIdentifier(column.name));
  const kind = choices.pick(["", "left ", "full ", "inner "]);
  const as = choices.chance(20) ? ` as ${choices.fresh("u")}` : "";
  const sql = choices.chance(40)
    ? `${left.sql} natural ${kind}join ${right.sql}`
    : `${left.sql} ${kind}join ${right.sql} using (${choices.chance(50) ? names.join(", ") : choices.pick(names)})${as}`;
  return { sql, items: [left.item, right.item], starIsKnown: false };
}

function item(scope: Scope, left: readonly RangeItem[], derived: MakeQuery): Placed {
  const { choices } = scope;
  return choices.weighted<Placed>([
    [8, () => table(scope, pickTable(scope), true)],
    [scope.ctes.length * 3, () => named(scope, choices.pick(scope.ctes))],
    [scope.level < 2 ? 3 : 0, () => subquery(scope, [], derived)],
    [scope.level < 2 && left.length > 0 ? 3 : 0, () => subquery(scope, left, derived)],
    [1, () => rowsOf(scope, left)],
  ]);
}

function pickTable(scope: Scope): SchemaTable {
  const protectedTables = scope.schema.filter((each) => each.isProtected);
  return scope.choices.pick(scope.choices.chance(30) ? scope.schema : protectedTables);
}

/** @param mayRename whether a list of column aliases may follow. */
function table(scope: Scope, chosen: SchemaTable, mayRename: boolean): Placed {
  const { choices } = scope;
  const shadowed = scope.ctes.some((cte) => cte.name === chosen.name);
  const plain = quoteIdentifier(chosen.name);
  const path = shadowed || choices.chance(30) ? `public.${plain}` : plain;
  const reference = chosen.isPlainTable
    ? choices.weighted<string>([
        [8, () => path],
        [1, () => `only ${path}`],
        [1, () => `${path} *`],
      ])
    : path;
  const placed = aliased(scope, reference, { name: chosen.name, outputs: outputsOf(chosen), table: chosen }, mayRename);
  if (!chosen.isPlainTable || chosen.hidesRows || !choices.chance(4)) return placed;
  return { ...placed, sql: `${placed.sql} tablesample bernoulli (100) repeatable (1)` };
}

function named(scope: Scope, relation: NamedRelation): Placed {
  return aliased(scope, quoteIdentifier(relation.name), relation, true);
}

function aliased(scope: Scope, reference: string, { outputs, table: of }: NamedRelation, mayRename: boolean): Placed {
  const { choices } = scope;
  const alias = choices.fresh(choices.pick(["c", "t", "x"]));
  const as = choices.pick([" ", " as "]);
  const count =
    mayRename && outputs.length > 0 && choices.chance(12) ? 1 + choices.below(Math.min(outputs.length, 4)) : 0;
  if (count === 0) {
    return { sql: `${reference}${as}${alias}`, item: { alias, outputs, table: of }, isLateral: false };
  }
  const renamed = outputs.map((output, index) => (index < count ? { ...output, name: `n${index}` } : output));
  const list = renamed.slice(0, count).map((output) => output.name);
  return {
    sql: `${reference}${as}${alias}(${list.join(", ")})`,
    item: { alias, outputs: renamed, table: undefined },
    isLateral: false,
  };
}

function subquery(scope: Scope, left: readonly RangeItem[], derived: MakeQuery): Placed {
  const isLateral = left.length > 0;
  const outer = isLateral ? scopeOf(scope, left) : scope;
  // A derived table that is not lateral sees nothing of its own level, but all of the levels above.
  const query = derived({ ...outer, items: [], ungrouped: undefined, level: scope.level + 1 });
  const alias = scope.choices.fresh("d");
  const as = scope.choices.pick([" as ", " "]);
  return {
    sql: `(${query.sql})${as}${alias}`,
    item: { alias, outputs: query.outputs ?? [], table: undefined },
    isLateral,
  };
}

/** VALUES and functions in FROM. */
function rowsOf(scope: Scope, left: readonly RangeItem[]): Placed {
  const { choices } = scope;
  const alias = choices.fresh("v");
  const place = (sql: string, outputs: readonly Output[], isLateral: boolean): Placed => ({
    sql,
    item: { alias, outputs, table: undefined },
    isLateral,
  });
  const column = (name: string, kind: keyof typeof typeNames): Output => ({ name, kind, isSortable: true });
  const inside = scopeOf(scope, left);
  const rows = left.filter((other) => other.table !== undefined);
  return choices.weighted<Placed>([
    [
      2,
      () => {
        const list = choices.some(1, 3, () => `(${expression("int", scope, 1)}, ${expression("text", scope, 1)})`);
        return place(`(values ${list.join(", ")}) as ${alias}(n, s)`, [column("n", "int"), column("s", "text")], false);
      },
    ],
    [1, () => place(`generate_series(1, ${choices.below(3) + 1}) as ${alias}(n)`, [column("n", "int")], false)],
    [
      1,
      () =>
        place(
          `rows from (generate_series(1, 2), unnest(${expression("text[]", inside, 1)})) with ordinality as ${alias}(n, s, o)`,
          [column("n", "int"), column("s", "text"), column("o", "int")],
          left.length > 0,
        ),
    ],
    [
      1,
      () =>
        place(
          `json_table(${expression("jsonb", inside, 1)}, '$' columns (o for ordinality, s text path '$.language' null on error, nested path '$[*]' columns (n int path '$' null on error))) as ${alias}`,
          [column("o", "int"), column("s", "text"), column("n", "int")],
          left.length > 0,
        ),
    ],
    [
      1,
      () =>
        place(
          `xmltable('/r' passing xmlelement(name r, ${expression("text", inside, 1)}) columns s text path '.') as ${alias}`,
          [column("s", "text")],
          left.length > 0,
        ),
    ],
    [
      1,
      () =>
        place(
          `large_orders(${expression("int", inside, 1)}) as ${alias}(n, s)`,
          [column("n", "int"), column("s", "text")],
          left.length > 0,
        ),
    ],
    [
      left.length === 0 ? 0 : 1,
      () =>
        place(
          `regexp_split_to_table(${expression("text", inside, 1)}, '-') as ${alias}(s)`,
          [column("s", "text")],
          true,
        ),
    ],
    [
      left.length === 0 ? 0 : 1,
      () => place(`unnest(${expression("text[]", inside, 1)}) as ${alias}(s)`, [column("s", "text")], true),
    ],
    [
      rows.length === 0 ? 0 : 2,
      () =>
        place(
          `jsonb_each_text(to_jsonb(${choices.pick(rows).alias})) as ${alias}(k, s)`,
          [column("k", "text"), column("s", "text")],
          true,
        ),
    ],
  ]);
}
