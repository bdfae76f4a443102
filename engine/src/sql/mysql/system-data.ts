/** What information_schema, `mysql`, performance_schema and `sys` tell of data. */
import type { Column, Relation } from "../../catalog/catalog.ts";

export function systemColumnTells({ schema, name }: Relation, column: Column): "values" | "counts" | undefined {
  const [database, table, own] = [schema.toLowerCase(), name.toLowerCase(), column.name.toLowerCase()];
  if (database === "information_schema") {
    if (statements.get(table)?.has(own) === true) return "values";
    return counts.get(table)?.has(own) === true || innodb.test(table) ? "counts" : undefined;
  }
  if (database === "mysql") return credentials.get(table)?.has(own) === true ? "values" : mysqlTells(table);
  // Both are about what the server does with data: statements, values of variables, numbers of rows.
  return database === "performance_schema" || database === "sys" ? "values" : undefined;
}

/** Texts of statements: those that really run, with masks and filters in them. */
const statements: ReadonlyMap<string, ReadonlySet<string>> = sets({
  processlist: ["info", "info_binary", "state", "progress", "examined_rows", "max_memory_used", "memory_used"],
  profiling: ["state", "source_function"],
  optimizer_trace: ["query", "trace"],
  query_cache_info: ["statement_text"],
  innodb_trx: ["trx_query"],
  innodb_locks: ["lock_data"],
  user_variables: ["variable_value"],
});

/** How many rows there are, and how different their values are. */
const counts: ReadonlyMap<string, ReadonlySet<string>> = sets({
  tables: [
    "table_rows",
    "avg_row_length",
    "data_length",
    "max_data_length",
    "index_length",
    "data_free",
    "auto_increment",
    "update_time",
    "checksum",
  ],
  partitions: [
    "table_rows",
    "avg_row_length",
    "data_length",
    "max_data_length",
    "index_length",
    "data_free",
    "update_time",
    "checksum",
  ],
  statistics: ["cardinality"],
  column_statistics: ["histogram"],
  // How many rows were read, by which way, and what the plan was to cost.
  session_status: ["variable_value"],
  global_status: ["variable_value"],
  table_statistics: ["rows_read", "rows_changed", "rows_changed_x_indexes"],
  index_statistics: ["rows_read"],
  user_statistics: ["rows_read", "rows_sent", "rows_deleted", "rows_inserted", "rows_updated"],
  client_statistics: ["rows_read", "rows_sent", "rows_deleted", "rows_inserted", "rows_updated"],
  files: ["table_rows", "avg_row_length", "data_length", "index_length", "total_extents", "free_extents"],
});

/** Pages, locks and sizes. */
const innodb =
  /^innodb_(?:sys_tablestats|tablestats|sys_tablespaces|tablespaces|buffer_page|buffer_page_lru|cached_indexes|ft_|tablespaces_scrubbing|metrics)/;

/** Passwords and their hashes: with one that is guessed, all that is hidden can be read at the server itself. */
const credentials: ReadonlyMap<string, ReadonlySet<string>> = sets({
  user: ["password", "authentication_string", "user_attributes"],
  global_priv: ["priv"],
  password_history: ["password"],
  servers: ["password", "options"],
});

/** Statistics are samples of values; the logs hold statements. */
function mysqlTells(table: string): "values" | "counts" | undefined {
  if (/^(?:innodb_)?(?:table|index)_stats$/.test(table)) return "counts";
  return /^(?:column_stats|general_log|slow_log|proc|event)$/.test(table) ? "values" : undefined;
}

function sets(lists: Readonly<Record<string, readonly string[]>>): ReadonlyMap<string, ReadonlySet<string>> {
  return new Map(Object.entries(lists).map(([name, list]) => [name, new Set(list)]));
}
