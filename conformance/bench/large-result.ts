import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { Client } from "pg";
import { requireTool } from "../support/client-tools.ts";
import { type BenchTarget, endpointNames, loginOf, type ServerLogin, withEndpoints } from "./endpoints.ts";
import { benchWays, type Way } from "./ways.ts";

const execute = promisify(execFile);

const schema = `
  create table measurements as select i as id, i % 97 as sensor, i * 1.5 as reading, 'row ' || i as note from generate_series(1, 1000000) i;
  create table contacts as select i as id, 'user' || i || '@example.com' as email, '+44 20 ' || i as phone, i % 97 as region from generate_series(1, 1000000) i;
  analyze`;

/**
 * One million rows through psql, output to nowhere: a plain result beside the relay, a masked one beside the rewritten statement sent
 * to the server itself, so that the masks' own cost is not counted.
 * @param rewritten what the analyst's statement becomes
 */
export async function benchLargeResult(
  target: BenchTarget,
  client: Client,
  rewritten: (sql: string) => Promise<string>,
  rounds: number,
): Promise<void> {
  await client.query(schema);
  await benchBothResults("1 million rows", target, rewritten, rounds, psql);
}

/** A result without labels, and one with masked columns, of `measurements` and `contacts`. @param read asks and throws the answer away */
export async function benchBothResults(
  what: string,
  target: BenchTarget<ServerLogin>,
  rewritten: (sql: string) => Promise<string>,
  rounds: number,
  read: (way: Way) => Promise<void>,
): Promise<void> {
  const { direct, relay, penstock } = endpointNames;
  await withEndpoints(target, [direct, relay, penstock], async ([server, plain, proxy]) => {
    if (server === undefined || plain === undefined || proxy === undefined) return;
    const unmasked = "select * from measurements";
    const plainly = [
      { name: direct, endpoint: server, sql: unmasked },
      { name: relay, endpoint: plain, sql: unmasked },
      { name: penstock, endpoint: proxy, sql: unmasked },
    ];
    await benchWays(`${what} without labels`, rounds, relay, plainly, read);
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
    await benchWays(`${what} with e-mail and phone`, rounds, "rewritten, direct", ways, read);
  });
}

async function psql({ endpoint: { port, user, password, database }, sql }: Way): Promise<void> {
  const to = ["-h", "127.0.0.1", "-p", String(port), "-U", user, "-d", database];
  await execute(requireTool("psql"), ["-X", "-q", ...to, "-v", "ON_ERROR_STOP=1", "-c", sql, "-o", "/dev/null"], {
    env: { ...process.env, PGPASSWORD: password, PGSSLMODE: "disable" },
  });
}
