/** INSERT and REPLACE of tables of which something is hidden: with keys that are new, or those of rows that are seen. */
import type { Change } from "./changes.ts";
import { condition } from "./expressions.ts";
import { quoteText, type SchemaTable, type Scope, scopeOf } from "./scope.ts";

/** How a value is written: whichever way, it is the same. */
function written({ choices }: Scope, value: string | number): string {
  const parameter = choices.parameter(String(value));
  if (parameter !== undefined) return parameter;
  const literal = typeof value === "number" ? String(value) : quoteText(value);
  if (!choices.chance(25)) return literal;
  return choices.pick([
    `(select ${literal})`,
    typeof value === "number" ? `${value} + 0` : `concat(${literal}, '')`,
    `coalesce(null, ${literal})`,
    `(select min(${literal}) from products)`,
  ]);
}

type Values = Readonly<Record<string, readonly (string | number)[]>>;

/** Columns that are given values besides `id`; those of filters come with values that are seen, and now and then with one that is not. */
const given: Readonly<Record<string, Values>> = {
  customers: { name: ["new"], country: ["DE", "IT", "DE", "NO", "FR"], city: ["bonn", "zzz"] },
  orders: {
    region: ["EU", "EU", "EU", "EU", "EU", "US"],
    status: ["new", "paid"],
    total: [1, 12.5],
    customer_id: [2, 3],
  },
  employees: { name: ["new"], department: ["sales", "engineering", "sales", "support"], manager_id: [3] },
  tickets: { subject: ["refund 1", "lost", "help", "what"], customer_id: [2], kinds: ["bug", "ask"] },
  products: { sku: ["sku-1", "sku-90", "sku-91"], name: ["new"], price: [4, 0.5] },
  words: { word: ["***", "new"], email: ["x"] },
};

/** Columns of the row that is in the way are `t`'s. */
const updated: Readonly<Record<string, readonly string[]>> = {
  customers: ["city = 'again'", "name = values(name), city = concat(t.city, '!')"],
  orders: ["total = t.total + 1", "status = values(status), region = values(region)", "region = 'EU', total = 0"],
  employees: ["name = concat(t.name, values(name))", "manager_id = null"],
  tickets: ["kinds = values(kinds)", "customer_id = t.id"],
  products: ["price = t.price + values(price)"],
  words: ["word = values(word)"],
};

/** Of those that are new, none is one by which a row would be hidden. */
const newIds: readonly number[] = [702, 704, 705, 708];

export function insertedRows(scope: Scope): Change {
  const { choices, schema } = scope;
  const table = choices.pick(schema.filter(({ name }) => given[name] !== undefined));
  // Of a table in which something is masked it is refused, since it would empty that.
  const replaces = choices.chance(table.shown.length < table.outputs.length ? 2 : 30);
  const names = Object.keys(given[table.name] ?? {}).filter((_, index) => index === 0 || choices.chance(80));
  const verb = replaces ? "replace" : choices.pick(["insert", "insert", "insert ignore"]);
  const onDuplicate =
    !replaces && choices.chance(40)
      ? ` on duplicate key update ${choices.pick(updated[table.name] ?? []).replaceAll(/\bt\./g, `${table.name}.`)}`
      : "";
  const returning = choices.chance(20) ? ` returning ${choices.pick(["id", "*", table.shown.join(", ")])}` : "";
  const source = choices.weighted<string>([
    [4, () => rows(scope, table, names)],
    [1, () => `set ${["id", ...names].map((name) => `${name} = ${valueOf(scope, table, name)}`).join(", ")}`],
    [2, () => query(scope, table, names)],
  ]);
  return {
    sql: `${verb} into ${table.name} ${source}${onDuplicate}${returning}`,
    table: table.name,
    columns: table.shown,
    // What nobody gives a value to is NULL there, and a mask may show something for it.
    ...(returning.includes("*") ? { isComparable: false as const } : {}),
  };
}

function valueOf(scope: Scope, table: SchemaTable, name: string): string {
  const { choices } = scope;
  if (name !== "id") return written(scope, choices.pick(given[table.name]?.[name] ?? []));
  return written(scope, choices.pick(choices.chance(40) ? table.ids : newIds));
}

function rows(scope: Scope, table: SchemaTable, names: readonly string[]): string {
  const all = scope.choices.some(1, 3, () => ["id", ...names].map((name) => valueOf(scope, table, name)));
  return `(id, ${names.join(", ")}) values ${all.map((row) => `(${row.join(", ")})`).join(", ")}`;
}

/** Its own rows once more, or those of another table. */
function query(scope: Scope, table: SchemaTable, names: readonly string[]): string {
  const { choices, schema } = scope;
  const from = choices.chance(50) ? table : choices.pick(schema.filter(({ isProtected }) => !isProtected));
  const inside = scopeOf(scope, [{ alias: "f", outputs: from.outputs }]);
  const values = names.map((name) => (from === table ? `f.${name}` : valueOf(scope, table, name)));
  // Whether a row is in the way that is hidden is nothing that could be kept secret.
  const id = choices.pick([...(from === table ? ["f.id"] : []), "f.id + 702", "f.id * 3 + 900"]);
  return `(id, ${names.join(", ")}) select ${[id, ...values].join(", ")} from ${from.name} f where ${condition(inside, 1)}`;
}
