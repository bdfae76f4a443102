/** Queries: select lists, grouping, windows, set operations, WITH, ORDER BY and LIMIT. */
import { condition, expression } from "./expressions.ts";
import { type FromClause, fromClause } from "./from-clause.ts";
import {
  type ColumnExpression,
  columnsOf,
  type Kind,
  type Output,
  type Query,
  quoteName,
  type Scope,
  scopeOf,
} from "./scope.ts";

const selectable = ["text", "text", "text", "int", "decimal", "date", "datetime", "json"] as const;

/** A whole query, with WITH, ORDER BY and LIMIT. */
export function wholeQuery(scope: Scope): Query {
  const { choices } = scope;
  if (!choices.chance(20)) return ending(scope, body(scope));
  const { sql, inside } = withClause(scope);
  const made = ending(inside, body(inside));
  return { ...made, sql: `${sql} ${made.sql}` };
}

/** A query inside of another one, with columns of these kinds. */
export function innerQuery(scope: Scope, want: readonly Kind[]): Query {
  const { choices } = scope;
  if (scope.level > 2 || choices.chance(70)) return core(scope, want);
  return choices.weighted<Query>([
    [3, () => setOperation(scope, want)],
    [scope.outer.length === 0 ? 1 : 0, () => ordered(core(scope, want), ` limit ${choices.below(4) + 1}`)],
    [1, () => withoutFrom(scope, want)],
  ]);
}

function body(scope: Scope): Query {
  const { choices } = scope;
  return choices.weighted<Query>([
    [10, () => core(scope, undefined)],
    [
      2,
      () =>
        setOperation(
          scope,
          choices.some(1, 3, () => choices.pick(selectable)),
        ),
    ],
    [1, () => windows(scope)],
    [scope.schema.some(({ isProtected }) => isProtected) ? 1 : 0, () => locking(scope)],
    [1, () => values(scope)],
  ]);
}

/** ORDER BY and LIMIT. LIMIT only where ORDER BY fixes which rows it means. */
function ending(scope: Scope, made: Query): Query {
  const { choices } = scope;
  if (made.outputs.length === 0 || made.isOrdered || !choices.chance(45)) return made;
  const limit = choices.weighted<string>([
    [4, () => ""],
    [2, () => ` limit ${choices.parameter("3") ?? choices.below(9)}`],
    [1, () => ` limit ${choices.below(4)}, 3`],
    [1, () => ` limit 5 offset ${choices.below(5)}`],
    [1, () => ` offset 1 rows fetch first 3 rows only`],
  ]);
  return ordered(made, limit, choices.below(made.outputs.length), choices.pick(["", " desc"]));
}

function ordered(made: Query, limit: string, first = 0, direction = ""): Query {
  const places = made.outputs.map((_, index) => `${index + 1}`);
  const order = [...places.slice(first), ...places.slice(0, first)].map((place) => place + direction);
  return { ...made, sql: `${made.sql} order by ${order.join(", ")}${limit}`, isOrdered: true };
}

function withClause(scope: Scope): { readonly sql: string; readonly inside: Scope } {
  const { choices } = scope;
  if (choices.chance(25)) {
    const made = recursive(scope);
    return { sql: `with recursive ${made.sql}`, inside: { ...scope, ctes: [...scope.ctes, made.cte] } };
  }
  let inside = scope;
  const parts = choices.some(1, 2, () => {
    const kinds = choices.some(1, 3, () => choices.pick(selectable));
    const made = core({ ...inside, level: scope.level + 1 }, kinds);
    // A name that hides a table: inside its own query it still means the table.
    const hiding = scope.schema.filter(
      ({ name, isProtected }) => isProtected && !inside.ctes.some((cte) => cte.name === name),
    );
    const name = choices.chance(30) && hiding.length > 0 ? choices.pick(hiding).name : choices.fresh("w");
    inside = { ...inside, ctes: [...inside.ctes, { ...made, name }] };
    return `${name} as (${made.sql})`;
  });
  return { sql: `with ${parts.join(", ")}`, inside };
}

function recursive(scope: Scope): { readonly sql: string; readonly cte: Scope["ctes"][number] } {
  const { choices } = scope;
  const name = choices.fresh("r");
  const start = core({ ...scope, level: 2 }, ["int", "text"]);
  const more = choices.pick([
    `select n + 1, concat(left(s, 3), 'x') from ${name} where n between 0 and 3`,
    `select c.id + 1, c.ssn from customers c join ${name} on c.id = ${name}.n + 1 where n between 0 and 3`,
  ]);
  const outputs: Output[] = [
    { name: "n", kind: "int" },
    { name: "s", kind: "text" },
  ];
  const sql = `${name}(n, s) as (select cast(a.${start.outputs[0]?.name} as signed), cast(a.${start.outputs[1]?.name} as char(60)) from (${start.sql}) as a ${choices.pick(["union", "union all"])} ${more})`;
  return { sql, cte: { name, sql, outputs, isOrdered: false } };
}

function setOperation(scope: Scope, want: readonly Kind[]): Query {
  const { choices } = scope;
  const operators = ["union", "union all", "union distinct", "intersect", "except", "except all", "intersect all"];
  const left = core(scope, want);
  let sql = `${left.sql} ${choices.pick(operators)} ${core(scope, want).sql}`;
  if (choices.chance(20)) sql = `(${sql}) ${choices.pick(operators)} (${core(scope, want).sql})`;
  return { sql, outputs: left.outputs, isOrdered: false };
}

function withoutFrom(scope: Scope, want: readonly Kind[]): Query {
  const inside = { ...scope, items: [], columns: scope.outer, ungrouped: undefined };
  const outputs = want.map((kind): Output => ({ name: scope.choices.fresh("e"), kind }));
  const items = outputs.map(({ name, kind }) => `${expression(kind, inside, 1)} as ${name}`);
  return { sql: `select ${items.join(", ")}`, outputs, isOrdered: false };
}

function values(scope: Scope): Query {
  const { choices } = scope;
  const want = choices.some(1, 2, () => choices.pick(selectable));
  // Its columns are called as they are written, and cannot be given another name: nothing in them is rewritten.
  const plain = { ...scope, items: [], columns: [], level: 2 };
  const rows = choices.some(1, 3, () => `(${want.map((kind) => expression(kind, plain, 1)).join(", ")})`);
  return { sql: `values ${rows.join(", ")}`, outputs: [], isOrdered: false };
}

/** FOR UPDATE and the like. */
function locking(scope: Scope): Query {
  const { choices } = scope;
  const table = choices.pick(scope.schema.filter(({ isProtected, isView }) => isProtected && !isView));
  const alias = choices.fresh("l");
  const inside = scopeOf(scope, [{ alias, outputs: table.outputs }]);
  const shown = choices.some(1, 3, () => expression(choices.pick(["text", "int"]), inside, 1));
  const where = choices.chance(60) ? ` where ${condition(inside, 1)}` : "";
  const lock = choices.pick(["for update", "lock in share mode", "for update nowait", "for update skip locked"]);
  return {
    sql: `select ${shown.join(", ")} from ${table.name} ${alias}${where} ${lock}`,
    outputs: [],
    isOrdered: false,
  };
}

/** SELECT … FROM … WHERE … GROUP BY …; with `want`, columns of exactly these kinds. */
function core(scope: Scope, want: readonly Kind[] | undefined): Query {
  const { choices } = scope;
  const from = fromClause(scope);
  const inside = scopeOf(scope, from.items);
  const where = choices.chance(50) ? ` where ${condition(inside, 2)}` : "";
  if (choices.chance(25)) return grouped(scope, inside, from, where, want);
  const items = want === undefined ? selectList(inside, from) : want.map((kind) => wanted(kind, inside));
  const head = choices.weighted<string>([
    [8, () => "select"],
    [1, () => "select distinct"],
    [want === undefined ? 1 : 0, () => "select sql_small_result high_priority"],
    [1, () => "select straight_join"],
  ]);
  const outputs = items.flatMap((item) => item.outputs ?? []);
  const isKnown = items.every((item) => item.outputs !== undefined);
  return {
    sql: `${head} ${items.map(({ sql }) => sql).join(", ")} from ${from.sql}${where}`,
    outputs: isKnown ? outputs : [],
    isOrdered: false,
  };
}

interface SelectItem {
  readonly sql: string;
  /** Undefined for a star whose columns are not known. */
  readonly outputs: readonly Output[] | undefined;
}

function wanted(kind: Kind, scope: Scope): SelectItem {
  const name = scope.choices.fresh("e");
  return { sql: `${expression(kind, scope, 2)} as ${name}`, outputs: [{ name, kind }] };
}

/** `*` stands first or not at all. */
function selectList(scope: Scope, from: FromClause): SelectItem[] {
  const { choices } = scope;
  const star: SelectItem = {
    sql: "*",
    outputs: from.starIsKnown ? from.items.flatMap(({ outputs }) => outputs) : undefined,
  };
  const first = choices.chance(15) ? [star] : [];
  return [...first, ...choices.some(1 - first.length, 4, () => selectItem(scope, from))];
}

function selectItem(scope: Scope, from: FromClause): SelectItem {
  const { choices } = scope;
  return choices.weighted<SelectItem>([
    [
      8,
      () => {
        const kind = choices.pick(selectable);
        const sql = expression(kind, scope, 3);
        const tricky = choices.chance(10)
          ? choices.pick(["ssn", "customers", "select", "Email", "penstock_base"])
          : undefined;
        // Without a name of its own a column is called what its text says.
        if (choices.chance(25)) return { sql, outputs: [{ name: "", kind }] };
        const name = tricky ?? choices.fresh("e");
        return { sql: `${sql} ${choices.pick(["", "as "])}${quoteName(name)}`, outputs: [{ name, kind }] };
      },
    ],
    [
      4,
      () => {
        const column = choices.pick(from.items.flatMap(columnsOf));
        return { sql: column.sql, outputs: [{ name: "", kind: column.kind }] };
      },
    ],
    [
      2,
      () => {
        const item = choices.pick(from.items);
        return { sql: `${item.alias}.*`, outputs: item.outputs };
      },
    ],
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
  const keys = choices
    .some(0, 2, (): ColumnExpression => {
      const kind = choices.pick(["text", "text", "int", "date"] as const);
      return { sql: expression(kind, inside, choices.below(2)), kind };
    })
    .filter(({ sql }) => !/^[\d('nx_?$/-]/.test(sql) && /[a-z]\d+\./.test(sql));
  const named = keys.map((key) => ({ ...key, name: choices.fresh("k") }));
  // Under ROLLUP a key is NULL in the rows of totals, wherever it is mentioned.
  const columns = named.map(({ sql, kind }) => ({ sql, kind }));
  const own: Scope = { ...inside, columns, outer: [], items: [], ungrouped: inside };
  const kinds = want ?? choices.some(1, 3, () => choices.pick(selectable));
  const items = kinds.map((kind) => wanted(kind, own));
  const shown = want === undefined ? named.map(({ sql, name }) => `${sql} as ${name}`) : [];
  const outputs = [
    ...(want === undefined ? named.map(({ name, kind }) => ({ name, kind })) : []),
    ...items.flatMap((item) => item.outputs ?? []),
  ];
  const areDifferent = new Set(named.map(({ sql }) => sql)).size === named.length;
  // Of a key that is there twice, MariaDB takes the name for others' too.
  const rollup = named.length > 0 && want === undefined && choices.chance(20) && areDifferent;
  const by =
    named.length === 0 ? "" : ` group by ${named.map(({ sql }) => sql).join(", ")}${rollup ? " with rollup" : ""}`;
  const having = choices.chance(30) ? ` having ${condition(own, 1)}` : "";
  return {
    sql: `select ${[...shown, ...items.map(({ sql }) => sql)].join(", ")} from ${from.sql}${where}${by}${having}`,
    outputs: rollup ? [] : outputs,
    isOrdered: false,
  };
}

/** Window functions whose value the statement fixes. */
function windows(scope: Scope): Query {
  const { choices } = scope;
  const from = fromClause(scope);
  const inside = scopeOf(scope, from.items);
  const where = choices.chance(50) ? ` where ${condition(inside, 1)}` : "";
  const by = expression(choices.pick(["text", "int"]), inside, 1);
  const over = choices.pick([
    `over (partition by ${by})`,
    `over (partition by ${expression("text", inside, 1)} order by ${by})`,
    `over (order by ${by} desc)`,
    `over (order by ${by} range between unbounded preceding and current row)`,
    "over named",
  ]);
  const isOrdered = over.includes("order by") || over === "over named";
  const calls = [
    `count(*) ${over}`,
    `max(${expression("text", inside, 1)}) ${over}`,
    `sum(${expression("int", inside, 1)}) ${over}`,
    ...(isOrdered ? [`rank() ${over}`, `dense_rank() ${over}`, `percent_rank() ${over}`, `cume_dist() ${over}`] : []),
  ];
  const name = choices.fresh("e");
  const window = over === "over named" ? ` window named as (order by ${by})` : "";
  const key = expression("text", inside, 1);
  return {
    sql: `select ${key} as ${name}k, ${choices.pick(calls)} as ${name} from ${from.sql}${where}${window}`,
    outputs: [
      { name: `${name}k`, kind: "text" },
      { name, kind: "int" },
    ],
    isOrdered: false,
  };
}
