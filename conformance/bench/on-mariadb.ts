/** The sections of the benchmark that need a MariaDB. */
import { createEnforcer, loadMysqlCatalog } from "@penstock/engine";
import { compile } from "@penstock/language";
import { type Connection, createConnection } from "mysql2/promise";
import { startMariadb } from "../support/mariadb-server.ts";
import { packSources } from "../support/proxied.ts";
import type { BenchTarget, ServerLogin } from "./endpoints.ts";
import { benchMysqlLargeResult } from "./mysql-large-result.ts";
import { analyst, contextOf, database, users } from "./people.ts";
import type { LoadOptions } from "./pgbench.ts";
import { benchSysbench } from "./sysbench.ts";

type Section = (target: BenchTarget<ServerLogin>, owner: Connection, options: LoadOptions) => Promise<void>;

export const onMariadb: Readonly<Record<string, Section>> = {
  sysbench: (target, _owner, options) => benchSysbench(target, options),
  "large-mysql": (target, owner, { rounds }) =>
    benchMysqlLargeResult(target, owner, (sql) => rewritten(owner, sql), rounds),
};

/** Starts one, with an empty database. */
export async function withMariadb(
  use: (target: BenchTarget<ServerLogin>, owner: Connection) => Promise<void>,
): Promise<void> {
  const server = await startMariadb();
  try {
    const { host, port, user, password } = server;
    const login = { host, port, user, password };
    const owner = await createConnection({ ...login, multipleStatements: true });
    await owner.query(`create database ${database} character set utf8mb4; use ${database}`);
    const databases = [{ ...login, engine: "mariadb", database } as const];
    await use({ server: login, database, proxy: { databases, users } }, owner);
    await owner.end();
  } finally {
    await server.stop();
  }
}

/** What the server gets of an analyst's statement. */
async function rewritten(owner: Connection, sql: string): Promise<string> {
  const { program } = compile(packSources());
  if (program === undefined) throw new Error("the packs do not compile: run `npx policy check policies`");
  const catalog = await loadMysqlCatalog(async (text) => {
    const [rows] = await owner.query({ sql: text, rowsAsArray: true, typeCast: (field) => field.string() });
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as asked for
    return rows as (string | null)[][];
  });
  const names = { searchPath: [database] };
  const verdict = createEnforcer(program).decide(sql, contextOf(analyst, "mariadb"), names, catalog);
  if (verdict.action !== "forward") throw new Error(`the packs refuse: ${sql}`);
  return verdict.text;
}
