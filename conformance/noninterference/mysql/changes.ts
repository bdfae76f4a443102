/** Statements that change rows: UPDATE and DELETE of tables of which something is hidden and of others, INSERT from queries. */
import { condition, expression } from "./expressions.ts";
import { fromClause } from "./from-clause.ts";
import type { SchemaTable, Scope } from "./scope.ts";
import { scopeOf } from "./scope.ts";

interface Change {
  readonly sql: string;
  readonly table: string;
}

const assignments: Readonly<Record<string, readonly string[]>> = {
  customers: ["city = 'changed'", "city = upper(t.city)", "name = concat(t.name, '!')"],
  orders: ["status = 'paid'", "total = t.total + 1", "customer_id = t.customer_id % 5"],
  employees: ["name = 'changed'", "manager_id = t.manager_id + 1"],
  products: ["name = 'changed'", "price = t.price + 1", "stock = 0, name = upper(t.name)"],
  words: ["word = 'changed'", "email = concat(t.word, t.email)"],
};

export function change(scope: Scope): Change {
  const { choices, schema } = scope;
  const table = choices.pick(schema.filter(({ name }) => assignments[name] !== undefined));
  return choices.weighted<Change>([
    [4, () => update(scope, table)],
    [3, () => remove(scope, table)],
    [2, () => insertion(scope)],
    [1, () => joinedUpdate(scope)],
  ]);
}

const targetOf = ({ outputs }: SchemaTable) => ({ alias: "t", outputs });

function update(scope: Scope, table: SchemaTable): Change {
  const { choices } = scope;
  const where = condition(scopeOf(scope, [targetOf(table)]), 2);
  const ignore = choices.pick(["", "", " ignore"]);
  const set = choices.pick(assignments[table.name] ?? []);
  const limit = choices.pick(["", "", "", " order by t.id limit 3"]);
  return { sql: `update${ignore} ${table.name} as t set ${set} where ${where}${limit}`, table: table.name };
}

function remove(scope: Scope, table: SchemaTable): Change {
  const where = condition(scopeOf(scope, [targetOf(table)]), 2);
  const unqualified = where.replaceAll(/\bt\./g, `${table.name}.`);
  const returning = scope.choices.pick(["", "", " returning id"]);
  return { sql: `delete from ${table.name} where ${unqualified}${returning}`, table: table.name };
}

function insertion(scope: Scope): Change {
  const from = fromClause(scope);
  const inside = scopeOf(scope, from.items);
  const number = expression("int", { ...inside, columns: inside.columns.filter(({ kind }) => kind === "int") }, 1);
  const ignore = scope.choices.pick(["", " ignore"]);
  return {
    sql: `insert${ignore} into kept (number) select ${number} from ${from.sql} where ${condition(inside, 2)}`,
    table: "kept",
  };
}

/** Of a table of which nothing is hidden, by rows of others. */
function joinedUpdate(scope: Scope): Change {
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
