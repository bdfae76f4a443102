import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Connection } from "mysql2/promise";
import { requireTool } from "../support/client-tools.ts";
import type { BenchTarget, ServerLogin } from "./endpoints.ts";
import { benchBothResults } from "./large-result.ts";
import type { Way } from "./ways.ts";

const execute = promisify(execFile);

/** MariaDB's sequence engine counts. */
const schema = `
  create table measurements as
    select seq as id, seq mod 97 as sensor, seq * 1.5 as reading, concat('row ', seq) as note from seq_1_to_1000000;
  create table contacts as
    select seq as id, concat('user', seq, '@example.com') as email, concat('+44 20 ', seq) as phone, seq mod 97 as region from seq_1_to_1000000`;

/** As `benchLargeResult`, through the `mariadb` client. @param owner a session in the database that takes several statements at once */
export async function benchMysqlLargeResult(
  target: BenchTarget<ServerLogin>,
  owner: Connection,
  rewritten: (sql: string) => Promise<string>,
  rounds: number,
): Promise<void> {
  await owner.query(schema);
  await benchBothResults("MariaDB: 1 million rows", target, rewritten, rounds, mariadb);
}

/** Row by row: the client would otherwise keep the whole result before it prints the first one. */
async function mariadb({ endpoint: { port, user, password, database }, sql }: Way): Promise<void> {
  const to = ["--host=127.0.0.1", `--port=${port}`, `--user=${user}`, "--skip-ssl", database];
  await execute(
    "sh",
    [
      "-c",
      'exec "$@" > /dev/null',
      "sh",
      requireTool("mariadb"),
      "--no-defaults",
      "--quick",
      "--batch",
      ...to,
      "-e",
      sql,
    ],
    {
      env: { ...process.env, MYSQL_PWD: password },
    },
  );
}
