import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Connection } from "mysql2/promise";
import { requireTool } from "../support/client-tools.ts";
import { type BenchTarget, endpointNames, loginOf, type ServerLogin, withEndpoints } from "./endpoints.ts";
import { benchWays, type Way } from "./ways.ts";

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
  const { direct, relay, penstock } = endpointNames;
  await withEndpoints(target, [direct, relay, penstock], async ([server, plain, proxy]) => {
    if (server === undefined || plain === undefined || proxy === undefined) return;
    const unmasked = "select * from measurements";
    const plainly = [
      { name: direct, endpoint: server, sql: unmasked },
      { name: relay, endpoint: plain, sql: unmasked },
      { name: penstock, endpoint: proxy, sql: unmasked },
    ];
    await benchWays("MariaDB: 1 million rows without labels", rounds, relay, plainly, mariadb);
    const masked = "select * from contacts";
    const sent = await rewritten(masked);
    if (sent === masked) throw new Error("the packs mask nothing in contacts");
    const ways = [
      { name: direct, endpoint: server, sql: masked },
      { name: "rewritten, direct", endpoint: server, sql: sent },
      { name: "rewritten, relay", endpoint: plain, sql: sent },
      { name: "penstock, dba: raw", endpoint: { ...proxy, ...loginOf("dba") }, sql: masked },
      { name: "penstock, analyst: masked", endpoint: proxy, sql: masked },
    ];
    await benchWays("MariaDB: 1 million rows with e-mail and phone", rounds, "rewritten, direct", ways, mariadb);
  });
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
