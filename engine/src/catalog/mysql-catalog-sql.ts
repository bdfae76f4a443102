/**
 * What `loadMysqlCatalog` asks of a server (manual: INFORMATION_SCHEMA Tables), for MySQL 5.7 and later and MariaDB 10.3 and later. Every
 * column is text or NULL in the answer.
 */

import { systemDatabases, systemTables } from "./system-schemas.ts";

const ownDatabases = systemDatabases.map((name) => `'${name}'`).join(", ");

export const server = "select version(), @@lower_case_table_names, @@session.sql_mode, coalesce(database(), '')";

/** What tells one server's data from another's, as far as the login may see. */
export const databaseId =
  "select concat_ws('/', @@hostname, @@port, @@datadir, (select min(create_time) from information_schema.tables where table_schema = 'mysql'))";

/**
 * Numbers of InnoDB tables and partitions, which ask for the privilege PROCESS. Names are encoded as those of files are; what follows `#` is a
 * partition's.
 * @param view which of its names the server has for it
 */
export function tableIds(view: "innodb_tables" | "innodb_sys_tables"): string {
  const decoded = (part: string) => `convert(convert(cast(${part} as binary) using filename) using utf8mb4)`;
  const [schema, name] = [
    "substring_index(name, '/', 1)",
    "substring_index(substring_index(name, '/', -1), '#', 1)",
  ].map(decoded);
  return `select ${schema}, ${name}, table_id from information_schema.${view} where name like '%/%' order by table_id`;
}

export const schemas = "select schema_name from information_schema.schemata order by schema_name";

/** @param skipsSystem leaves out what the server brings itself. */
export function tables(skipsSystem: boolean): string {
  return `select table_schema, table_name, table_type, coalesce(engine, '') from information_schema.tables${skipsSystem ? ` where ${notSystem}` : ""} order by table_schema, table_name`;
}

/** @param moved tables of users' own in databases of the server's, by database and name */
export function columns(skipsSystem: boolean, moved: readonly (readonly [string, string])[]): string {
  return `select table_schema, table_name, ordinal_position, column_name, data_type, column_type, is_nullable, character_set_name, collation_name, column_default, generation_expression, column_comment, extra from information_schema.columns${skipsSystem ? ` where (${[inUsersDatabase, ...moved.map(isTable)].join(" or ")})` : ""} order by table_schema, table_name, ordinal_position`;
}

export const views = `select table_schema, table_name, view_definition from information_schema.views${where("table_schema", true)}`;

export const keys = `select k.table_schema, k.table_name, k.constraint_name, k.column_name, k.referenced_table_schema, k.referenced_table_name, k.referenced_column_name, r.delete_rule, r.update_rule from information_schema.key_column_usage k left join information_schema.referential_constraints r on r.constraint_schema = k.constraint_schema and r.constraint_name = k.constraint_name and r.table_name = k.table_name${where("k.table_schema", true)} order by k.table_schema, k.table_name, k.constraint_name, k.ordinal_position`;

/** An error where the server runs without privileges. */
export const grants = "show grants";

/** Columns of keys in their order; one of a key on an expression has no name, and of one on a part of a column there is how long it is. */
export const indexes = `select table_schema, table_name, index_name, column_name, non_unique, sub_part from information_schema.statistics${where("table_schema", true)} order by table_schema, table_name, index_name, seq_in_index`;

/** Of MySQL from 8.0.16, of MariaDB from 10.3.10. */
export function checks(engine: "mysql" | "mariadb"): string {
  const others = where("c.constraint_schema", true);
  if (engine === "mariadb")
    return `select c.constraint_schema, c.table_name, c.constraint_name, c.check_clause from information_schema.check_constraints c${others} order by c.constraint_schema, c.table_name, c.constraint_name`;
  return `select c.constraint_schema, t.table_name, c.constraint_name, c.check_clause from information_schema.check_constraints c join information_schema.table_constraints t on t.constraint_schema = c.constraint_schema and t.constraint_name = c.constraint_name${others} and t.constraint_type = 'CHECK' and t.enforced = 'YES' order by c.constraint_schema, t.table_name, c.constraint_name`;
}

export const routines = `select routine_schema, routine_name, routine_type, security_type, routine_definition, sql_mode, is_deterministic from information_schema.routines${where("routine_schema", true)} order by routine_schema, routine_name, routine_type`;

export const parameters = `select specific_schema, specific_name, routine_type, parameter_name from information_schema.parameters${where("specific_schema", true)} and parameter_name is not null order by specific_schema, specific_name, ordinal_position`;

export const triggers = `select event_object_schema, event_object_table, trigger_name, action_timing, event_manipulation, action_statement, sql_mode from information_schema.triggers${where("event_object_schema", true)} order by event_object_schema, event_object_table, action_order`;

/** Of what was moved into a database of the server's own, the tables. */
const moved = Object.entries(systemTables)
  .map(([database, names]) => {
    const own = names.map((name) => `'${name}'`).join(", ");
    return `lower(table_schema) = '${database}' and table_type = 'BASE TABLE' and lower(table_name) not in (${own})`;
  })
  .join(" or ");
const inUsersDatabase = `lower(table_schema) not in (${ownDatabases})`;
const notSystem = `(${inUsersDatabase} or ${moved})`;

function isTable([schema, name]: readonly [string, string]): string {
  const [ofSchema, ofName] = [schema, name].map(
    (text) => `convert(x'${Buffer.from(text).toString("hex")}' using utf8mb4)`,
  );
  return `table_schema = ${ofSchema} and table_name = ${ofName}`;
}

function where(column: string, skipsSystem: boolean): string {
  return skipsSystem ? ` where lower(${column}) not in (${ownDatabases})` : "";
}
