/** Statements that change rows: INSERT from a query, UPDATE, DELETE and MERGE, with generated conditions and queries. */
import { expression } from "./expressions.ts";
import { fromClause } from "./from-clause.ts";
import { query } from "./queries.ts";
import type { SchemaTable } from "./schema.ts";
import { outputsOf, type Query, type RangeItem, type Scope, scopeOf } from "./scope.ts";

/** What can be done to a table. */
interface Changeable {
  /** A new row, where all its columns may be written. */
  readonly insert?: {
    readonly columns: string;
    /** @param key the value of its key, which is free */
    readonly row: (key: string, scope: Scope) => string;
  };
  readonly assignments: readonly string[];
  /** Two columns, and a value for each. */
  readonly pair: { readonly columns: string; readonly values: string };
}

const changeable: Readonly<Record<string, Changeable>> = {
  orders: {
    insert: {
      columns: "id, customer_id, status, ordered_at, total, note",
      // One of these totals is hidden from some, who then may not make the row.
      row: (key, { choices }) =>
        `${key}, 5, 'new', '2026-01-01', ${choices.pick(["301", "400.5", "999", "'1000'", "300"])}, 'made'`,
    },
    assignments: [
      "note = 'changed'",
      "note = upper(t.note)",
      "total = t.total + 1",
      "status = 'paid', note = t.total::text",
    ],
    pair: { columns: "note, total", values: "'set', 999" },
  },
  products: {
    insert: {
      columns: "id, sku, name, category, price, in_stock",
      row: (key, { choices }) =>
        `${key}, 'made-' || ${key}, 'made', 'kitchen', ${choices.pick(["1", "2.5", "'3'"])}, 1`,
    },
    assignments: ["name = 'changed'", "price = t.price + 1", "in_stock = 0, name = upper(t.name)"],
    pair: { columns: "name, price", values: "'set', 9" },
  },
  // Some of its columns are masked, but none of these.
  customers: {
    assignments: ["city = 'changed'", "city = upper(t.city)"],
    pair: { columns: "city, country", values: "'Oslo', 'NO'" },
  },
};

/** A change with RETURNING, and the table that it changes. */
export function change(scope: Scope): Query & { readonly table: string } {
  const { choices, schema } = scope;
  const table = choices.pick(
    schema.filter(({ name, isMasked }) => {
      const known = changeable[name];
      return known !== undefined && (!isMasked || known.insert === undefined);
    }),
  );
  const of = changeable[table.name];
  if (of === undefined) throw new Error(`no way to change ${table.name}`);
  const target: RangeItem = { alias: "t", outputs: outputsOf(table), table };
  const condition = (items: readonly RangeItem[]) => expression("bool", scopeOf(scope, items), 2);
  const returned = choices.pick(["t.id", "*", "t.*", "old.id, new.*"]);
  const { insert } = of;
  const sql = choices.weighted<string>([
    [
      3,
      () =>
        `update ${table.name} as t set ${choices.pick(of.assignments)} where ${condition([target])} returning ${returned}`,
    ],
    [2, () => `delete from ${table.name} t where ${condition([target])} returning ${returned}`],
    [2, () => joinedChange(scope, table, of, target, condition, returned)],
    [
      1,
      () =>
        `with changed as (delete from ${table.name} t where ${condition([target])} returning t.id) select count(*), sum(id) from changed`,
    ],
    ...(insert === undefined ? [] : ([[3, () => insertion(scope, table, insert)]] as const)),
    [4, () => merger(scope, table, of, target, condition)],
  ]);
  return { sql, outputs: undefined, isOrdered: false, table: table.name };
}

/** UPDATE … FROM and DELETE … USING, and an assignment of several columns at once. */
function joinedChange(
  scope: Scope,
  { name }: SchemaTable,
  { assignments, pair }: Changeable,
  target: RangeItem,
  condition: (items: readonly RangeItem[]) => string,
  returned: string,
): string {
  const { choices } = scope;
  const source: RangeItem = { alias: "s", outputs: [{ name: "n", kind: "int", isSortable: true }], table: undefined };
  const from = `generate_series(1, 20) as s(n)`;
  const where = `t.id = s.n and ${condition([target, source])}`;
  return choices.weighted<string>([
    [2, () => `update ${name} as t set ${choices.pick(assignments)} from ${from} where ${where} returning ${returned}`],
    [2, () => `delete from ${name} as t using ${from} where ${where} returning t.id, s.n`],
    [
      1,
      () =>
        `update ${name} as t set (${pair.columns}) = (select ${pair.values}) where ${condition([target])} returning with (old as before, new as after) before.id, after.*`,
    ],
  ]);
}

function insertion(scope: Scope, table: SchemaTable, { columns, row }: NonNullable<Changeable["insert"]>): string {
  const from = fromClause(scope, query);
  const where = expression("bool", scopeOf(scope, from.items), 2);
  const into = `insert into ${table.name} as t (${columns}) select ${row("100000 + row_number() over ()", scope)} from ${from.sql} where ${where}`;
  const conflict = scope.choices.pick([
    "",
    "",
    " on conflict do nothing",
    " on conflict (id) do update set id = excluded.id",
  ]);
  return `${into}${conflict} returning t.id`;
}

function merger(
  scope: Scope,
  table: SchemaTable,
  { insert, assignments }: Changeable,
  target: RangeItem,
  condition: (items: readonly RangeItem[]) => string,
): string {
  const { choices } = scope;
  const source: RangeItem = { alias: "s", outputs: [{ name: "n", kind: "int", isSortable: true }], table: undefined };
  const using = `(select g as n from generate_series(1, 6) as g where ${condition([])}) as s`;
  const update = () => `update set ${choices.pick(assignments)}`;
  const and = (items: readonly RangeItem[]) => (choices.chance(50) ? ` and ${condition(items)}` : "");
  const clauses = [
    ...choices.some(
      0,
      2,
      () => `when matched${and([target, source])} then ${choices.pick([update(), "delete", "do nothing"])}`,
    ),
    ...choices.some(
      0,
      insert === undefined ? 0 : 1,
      () =>
        `when not matched${and([source])} then insert (${insert?.columns}) values (${insert?.row("100000 + s.n", scope)})`,
    ),
    ...choices.some(
      0,
      2,
      () => `when not matched by source${and([target])} then ${choices.pick([update(), "delete"])}`,
    ),
  ];
  // Both at once are a FULL JOIN, which is by equality.
  const isFull =
    ["by source", "not matched and", "not matched then"].filter((words) => clauses.join(" ").includes(words)).length >
    1;
  const on = choices.weighted<string>([
    [2, () => "t.id = s.n"],
    [isFull ? 0 : 1, () => `t.id = s.n and ${condition([target, source])}`],
    [isFull ? 0 : 1, () => condition([target, source])],
  ]);
  const all = clauses.length === 0 ? ["when matched then do nothing"] : clauses;
  return `merge into ${table.name} t using ${using} on ${on} ${all.join(" ")} returning merge_action(), s.n, old.id, new.id`;
}
