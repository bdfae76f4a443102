import type { Catalog, Engine } from "../catalog/catalog.ts";
import { mysqlDialect } from "./mysql/mysql-dialect.ts";
import { postgresDialect } from "./postgres/postgres-dialect.ts";
import type { SqlDialect } from "./sql-dialect.ts";

const dialects: Readonly<Record<Engine, SqlDialect>> = {
  postgres: postgresDialect,
  mysql: mysqlDialect,
  mariadb: mysqlDialect,
};

/** The dialect of the server that a catalog is of. */
export function dialectOf({ engine }: Catalog): SqlDialect {
  return dialects[engine];
}
