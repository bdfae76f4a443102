import type { Column } from "../catalog/catalog.ts";
import { isMysql } from "../catalog/mysql-types.ts";
import { mysqlWriter } from "./mysql-writer.ts";
import { postgresWriter } from "./postgres-writer.ts";
import type { SqlWriter } from "./sql-writer.ts";

/** Who writes SQL for the server that a column is of. */
export function writerOf(column: Column): SqlWriter {
  return isMysql(column) ? mysqlWriter : postgresWriter;
}
