/** Whole exchanges: a statement in one of the forms in which a client can send it, and what can be asked of it afterwards. */
import fc from "fast-check";
import { Choices } from "../choices.ts";
import { change } from "./changes.ts";
import { expression, onlyFirst } from "./expressions.ts";
import { innerQuery, wholeQuery } from "./queries.ts";
import type { SchemaTable, Scope } from "./scope.ts";

export interface Step {
  readonly mode: "text" | "prepared";
  readonly sql: string;
  /** As text, in the order of their marks. */
  readonly parameters: readonly string[];
}

export interface Script {
  readonly form: string;
  /** Whether it is counted among what is read: changes and what is refused by intent are counted apart. */
  readonly counts: "read" | "change" | "other";
  readonly steps: readonly Step[];
  /** The statement fixes the order of its rows. */
  readonly isOrdered: boolean;
  /** Whether a database in which the masked values stand is to answer alike. */
  readonly isComparable: boolean;
}

const streamLength = { minLength: 60, maxLength: 500, size: "max" } as const;

export function scripts(schema: readonly SchemaTable[]): fc.Arbitrary<Script> {
  return fc.array(fc.nat(0xffff), streamLength).map((numbers) => script(numbers, schema));
}

function script(numbers: readonly number[], schema: readonly SchemaTable[]): Script {
  const [form = 0, ...rest] = numbers;
  const chosen = forms[form % forms.length];
  if (chosen === undefined) throw new Error("no such form");
  const choices = new Choices(rest, chosen.isPrepared === true);
  const scope: Scope = {
    choices,
    schema,
    ctes: [],
    columns: [],
    items: [],
    outer: [],
    ungrouped: undefined,
    level: 0,
    query: innerQuery,
  };
  const made = chosen.make(scope);
  return {
    form: chosen.name,
    counts: chosen.counts ?? "read",
    steps: made.statements.map((sql) => step(sql, chosen.isPrepared === true, choices.parameters)),
    isOrdered: made.isOrdered === true,
    isComparable: chosen.isComparable !== false && made.isComparable !== false,
  };
}

/** `$3` stands for the third parameter that was made; in the text each is a mark, in the order of the text. */
function step(text: string, isPrepared: boolean, values: readonly string[]): Step {
  const parameters: string[] = [];
  const sql = text.replaceAll(/\$(\d+)/g, (_, number: string) => {
    parameters.push(values[Number(number) - 1] ?? "");
    return "?";
  });
  return { mode: isPrepared && !textOnly.test(sql) ? "prepared" : "text", sql, parameters };
}

/** What the server does not prepare, and what needs no second way. */
const textOnly = /^(?:start|rollback|drop|set|show|create)\b/;

interface Made {
  readonly statements: readonly string[];
  readonly isOrdered?: boolean;
  readonly isComparable?: false;
}

interface Form {
  readonly name: string;
  readonly counts?: Script["counts"];
  readonly isPrepared?: true;
  readonly isComparable?: false;
  readonly make: (scope: Scope) => Made;
}

/** What has been said of the statement before. */
const afterwards = ["show warnings", "select row_count(), found_rows(), @@warning_count", "show errors"] as const;

const queried = (isPrepared: boolean): Form => ({
  name: isPrepared ? "prepared" : "text",
  ...(isPrepared ? { isPrepared } : {}),
  make: (scope) => {
    const { sql, isOrdered } = wholeQuery(scope);
    const after = scope.choices.chance(30) ? [scope.choices.pick(afterwards)] : [];
    return { statements: [sql, ...after], isOrdered };
  },
});

const changing = (isPrepared: boolean): Form => ({
  name: isPrepared ? "prepared change" : "change",
  counts: "change",
  ...(isPrepared ? { isPrepared } : {}),
  make: (scope) => {
    const { sql, table, columns = ["*"], ...made } = change(scope);
    const after = scope.choices.pick([...afterwards, "select last_insert_id() * 0"]);
    return {
      ...made,
      statements: ["start transaction", sql, after, `select ${columns.join(", ")} from ${table}`, "rollback"],
    };
  },
});

const modes = [
  "''",
  "'ansi_quotes,pipes_as_concat'",
  "'no_backslash_escapes'",
  "'high_not_precedence,no_unsigned_subtraction'",
  "'strict_all_tables,error_for_division_by_zero'",
  "'pad_char_to_full_length'",
] as const;

const switches = [
  "optimizer_switch = 'derived_merge=off'",
  "optimizer_switch = 'condition_pushdown_for_derived=off,split_materialized=off'",
  "optimizer_switch = 'derived_with_keys=off,semijoin=off,materialization=off'",
  "optimizer_switch = 'subquery_cache=off,in_to_exists=off'",
  "join_cache_level = 8, optimizer_switch = 'mrr=on,join_cache_hashed=on'",
  "group_concat_max_len = 7",
  "div_precision_increment = 0",
  "collation_connection = utf8mb4_bin",
  "big_tables = 1",
  "max_sort_length = 64",
  "sql_big_selects = 0, max_join_size = 100",
  "standard_compliant_cte = 0",
] as const;

/** What a client asks of the server about its tables. */
const asked = [
  "show tables",
  "show full tables like '%s'",
  "show columns from customers",
  "show full columns from view_contacts",
  "show create table orders",
  "show create view view_joined",
  "show index from products",
  "show keys from customers",
  "describe employees",
  "desc customers email",
  "show triggers",
  "show variables like 'version%'",
  "show open tables from shop_a",
  "show table status like 'customers'",
  "select table_name, table_rows, data_length, auto_increment from information_schema.tables where table_schema = database()",
  "select table_name, column_name, column_default, column_key from information_schema.columns where table_schema = database()",
  "select * from information_schema.statistics where table_schema = database()",
  "select * from information_schema.partitions where table_schema = database() and table_name = 'tickets'",
  "select * from information_schema.key_column_usage where table_schema = database()",
  "select table_name, view_definition from information_schema.views where table_schema = database()",
  "select variable_name, variable_value from information_schema.session_status where variable_name like 'Handler_read%'",
  "select variable_value from information_schema.session_status where variable_name in ('Last_query_cost', 'Rows_read', 'Sort_rows', 'Select_scan')",
  "show session status like 'Handler_read%'",
  "show status like 'Last_query_cost'",
  "select * from mysql.innodb_table_stats where database_name = database()",
  "select * from mysql.innodb_index_stats where database_name = database()",
  "select * from mysql.column_stats where db_name = database()",
  "select count(*), min(n_rows) from information_schema.innodb_sys_tablestats where name like concat(database(), '%')",
  "select * from information_schema.user_variables",
  "select * from information_schema.optimizer_trace",
  "select @@last_insert_id, @@identity, @@warning_count, @@error_count",
] as const;

const inTransaction = (statements: readonly string[]): string[] => ["start transaction", ...statements, "rollback"];

const forms: readonly Form[] = [
  ...Array.from({ length: 6 }, () => queried(false)),
  ...Array.from({ length: 5 }, () => queried(true)),
  ...Array.from({ length: 6 }, () => changing(false)),
  ...Array.from({ length: 4 }, () => changing(true)),
  {
    name: "mode",
    make: (scope) => {
      const { sql, isOrdered } = wholeQuery(scope);
      return { statements: [`set sql_mode = ${scope.choices.pick(modes)}`, sql, "show warnings"], isOrdered };
    },
  },
  {
    name: "optimizer",
    make: (scope) => {
      const { sql, isOrdered } = wholeQuery(scope);
      return { statements: [`set ${scope.choices.pick(switches)}`, sql], isOrdered };
    },
    isComparable: false,
  },
  {
    name: "set statement",
    make: (scope) => {
      const { sql, isOrdered } = wholeQuery(scope);
      return { statements: [`set statement ${scope.choices.pick(switches)} for ${sql}`], isOrdered };
    },
    isComparable: false,
  },
  {
    name: "rows found",
    make: (scope) => {
      const { sql } = wholeQuery(scope);
      const counted = sql.startsWith("select ") ? `select sql_calc_found_rows ${sql.slice("select ".length)}` : sql;
      return {
        statements: [
          counted.replace("sql_calc_found_rows distinct", "distinct sql_calc_found_rows"),
          "select found_rows(), row_count()",
        ],
      };
    },
  },
  {
    name: "variables",
    make: (scope) => {
      const kind = scope.choices.pick(["text", "int", "date"] as const);
      const value = onlyFirst(innerQuery({ ...scope, level: 1 }, [kind]));
      const name = scope.choices.fresh("q");
      return {
        statements: scope.choices.pick([
          [`set @a = ${value}, @b := 'x'`, "select @a, @b"],
          [`select max(e) into @a from (select ${value} as e) ${name}`, "select @a, length(@a)"],
          [`do @a := ${value}`, "select @a"],
        ]),
      };
    },
  },
  {
    name: "copy",
    make: (scope) => {
      const { sql } = innerQuery({ ...scope, level: 1 }, ["text", "int", "date"]);
      return {
        statements: [
          "drop table if exists copied",
          `create table copied as ${sql}`,
          "select * from copied",
          "show warnings",
          "drop table copied",
        ],
      };
    },
    isComparable: false,
  },
  {
    name: "kept rows",
    make: (scope) => {
      const { sql } = innerQuery({ ...scope, level: 1 }, ["int"]);
      return {
        statements: inTransaction([
          `insert into kept (number) ${sql}`,
          "select number from kept order by 1",
          "select last_insert_id() > 0",
        ]),
      };
    },
    counts: "change",
  },
  {
    name: "view",
    make: (scope) => {
      const { sql } = innerQuery({ ...scope, level: 1 }, ["text", "int"]);
      return {
        statements: [
          `create or replace view seen as ${sql}`,
          "select * from seen",
          "select count(*) from seen",
          "drop view seen",
        ],
      };
    },
    isComparable: false,
  },
  { name: "do", make: (scope) => ({ statements: [`do ${expression("int", scope, 3)}`, "show warnings"] }) },
  {
    name: "two statements",
    make: (scope) => ({ statements: [`select 1; ${wholeQuery(scope).sql}; select found_rows()`] }),
  },
  {
    name: "asked",
    make: ({ choices }) => ({ statements: [choices.pick(asked)] }),
    counts: "other",
    isComparable: false,
  },
  {
    name: "counted",
    make: (scope) => ({
      statements: [wholeQuery(scope).sql, scope.choices.pick(asked.filter((sql) => sql.includes("status")))],
    }),
    counts: "other",
    isComparable: false,
  },
  {
    name: "explain",
    make: (scope) => {
      const { choices } = scope;
      const open = { ...scope, schema: scope.schema.filter(({ isProtected }) => !isProtected) };
      const of = choices.chance(50) ? scope : open;
      const how = choices.pick([
        "explain",
        "explain extended",
        "explain format=json",
        "describe",
        "explain partitions",
      ]);
      return { statements: [`${how} ${wholeQuery(of).sql}`] };
    },
    counts: "other",
    isComparable: false,
  },
];
