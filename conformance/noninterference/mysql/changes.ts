/** Statements that change rows: UPDATE and DELETE of tables of which something is hidden and of others, INSERT and REPLACE. */
import { condition, expression } from "./expressions.ts";
import { fromClause } from "./from-clause.ts";
import { insertedRows } from "./inserted-rows.ts";
import type { SchemaTable, Scope } from "./scope.ts";
import { scopeOf } from "./scope.ts";

export interface Change {
  readonly sql: string;
  readonly table: string;
  /** What is looked at afterwards. Absent: all columns. */
  readonly columns?: readonly string[];
  /** Whether a database in which the masked values stand does the same. Absent: it does. */
  readonly isComparable?: false;
}

const assignments: Readonly<Record<string, readonly string[]>> = {
  customers: ["city = 'changed'", "city = upper(t.city)", "name = concat(t.name, '!')", "city = t.name, name = 'x'"],
  orders: [
    "status = 'paid'",
    "total = t.total + 1",
    "customer_id = t.customer_id % 5",
    "region = 'EU', total = default",
    "region = upper(lower(t.region))",
    "total = (select max(p.price) from products p)",
    "ordered_at = now() - interval 0 day, ordered_at = null",
  ],
  employees: ["name = 'changed'", "manager_id = t.manager_id + 1", "department = 'sales'", "hired = last_day(t.hired)"],
  tickets: ["customer_id = 3", "kinds = 'ask'", "closed_at = null, customer_id = t.id"],
  products: ["name = 'changed'", "price = t.price + 1", "stock = 0, name = upper(t.name)"],
  words: ["word = 'changed'", "email = concat(t.word, t.email)"],
};

export function change(scope: Scope): Change {
  const { choices, schema } = scope;
  const table = choices.pick(schema.filter(({ name }) => assignments[name] !== undefined));
  return choices.weighted<Change>([
    [6, () => update(scope, table)],
    [5, () => remove(scope, table)],
    [7, () => insertedRows(scope)],
    [2, () => keptRows(scope)],
    [2, () => joinedChange(scope, table)],
    [1, () => readBeside(scope)],
  ]);
}

const targetOf = ({ outputs }: SchemaTable) => ({ alias: "t", outputs });

/** Which of several rows: by columns that are hidden, too. */
function some(scope: Scope, { outputs }: SchemaTable): string {
  const { choices } = scope;
  const by = choices.pick([...outputs.map(({ name }) => `t.${name}, `), "", "", ""]);
  return choices.pick(["", "", "", ` order by ${by}t.id limit 3`, ` order by ${by}t.id desc limit 1`]);
}

function update(scope: Scope, table: SchemaTable): Change {
  const { choices } = scope;
  const where = condition(scopeOf(scope, [targetOf(table)]), 2);
  const ignore = choices.pick(["", "", " ignore"]);
  const set = choices.pick(assignments[table.name] ?? []);
  const head = choices.pick(["", "", "", "set statement max_statement_time = 5 for "]);
  return {
    sql: `${head}update${ignore} ${table.name} as t set ${set} where ${where}${some(scope, table)}`,
    table: table.name,
  };
}

function remove(scope: Scope, table: SchemaTable): Change {
  const where = condition(scopeOf(scope, [targetOf(table)]), 2);
  const returning = scope.choices.pick(["", "", " returning id", " returning *"]);
  const own = `where ${where}${some(scope, table)}`.replaceAll(/\bt\./g, `${table.name}.`);
  return { sql: `delete from ${table.name} ${own}${returning}`, table: table.name };
}

/** Rows of a table of which nothing is hidden, computed from those of others. */
function keptRows(scope: Scope): Change {
  const from = fromClause(scope);
  const inside = scopeOf(scope, from.items);
  const number = expression("int", { ...inside, columns: inside.columns.filter(({ kind }) => kind === "int") }, 1);
  const ignore = scope.choices.pick(["", " ignore"]);
  return {
    sql: `insert${ignore} into kept (number) select ${number} from ${from.sql} where ${condition(inside, 2)}`,
    table: "kept",
    columns: ["number"],
  };
}

/** Of a table beside another one, of which nothing is hidden. */
function joinedChange(scope: Scope, table: SchemaTable): Change {
  const { choices, schema } = scope;
  const beside = schema.filter(({ isProtected, name }) => !isProtected && name !== table.name);
  const other = choices.pick(beside);
  const inside = scopeOf(scope, [targetOf(table), { alias: "o", outputs: other.outputs }]);
  const where = condition(inside, 1);
  const set = (assignments[table.name] ?? []).filter((each) => !each.includes("default"));
  const kind = choices.pick(["join", "join", "left join"]);
  const joined = `${table.name} t ${kind} ${other.name} o on o.id = t.id`;
  const sql = choices.weighted<string>([
    [3, () => `update ${joined} set ${choices.pick(set).replaceAll(/(^|, )(\w+ =)/g, "$1t.$2")} where ${where}`],
    [2, () => `delete t from ${joined} where ${where}`],
    [1, () => `delete t, o from ${joined} where ${where}`],
    [1, () => `delete from t using ${joined} where ${where}`],
  ]);
  return { sql, table: table.name };
}

/** Of a table of which nothing is hidden, by rows of others. */
function readBeside(scope: Scope): Change {
  const from = fromClause(scope);
  const alias = from.items[0]?.alias ?? "";
  const inside = scopeOf(scope, [...from.items, { alias: "p", outputs: [] }]);
  const key = from.items[0]?.outputs[0]?.name ?? "id";
  const on = `p.id = ${alias}.${key}`;
  const sql = scope.choices.pick([
    `update products p join (${from.sql}) on ${on} set p.stock = 17 where ${condition(inside, 1)}`,
    `delete p from products p join (${from.sql}) on ${on} where ${condition(inside, 1)}`,
  ]);
  return { sql, table: "products" };
}
