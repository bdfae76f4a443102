import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { Client } from "pg";
import { requireTool } from "../support/client-tools.ts";
import { type BenchTarget, type Endpoint, endpointNames, loginOf, withEndpoints } from "./endpoints.ts";
import { printSample, printTable, ratios, sample } from "./statistics.ts";

const execute = promisify(execFile);

const schema = `
  create table measurements as select i as id, i % 97 as sensor, i * 1.5 as reading, 'row ' || i as note from generate_series(1, 1000000) i;
  create table contacts as select i as id, 'user' || i || '@example.com' as email, '+44 20 ' || i as phone, i % 97 as region from generate_series(1, 1000000) i;
  analyze`;

/** A way to get the result; all ways of one statement are measured in turns. */
interface Way {
  readonly name: string;
  readonly endpoint: Endpoint;
  readonly sql: string;
}

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
  const { direct, relay, penstock } = endpointNames;
  await withEndpoints(target, [direct, relay, penstock], async ([server, plain, proxy]) => {
    if (server === undefined || plain === undefined || proxy === undefined) return;
    const unmasked = "select * from measurements";
    await benchWays("1 million rows without labels", rounds, relay, [
      { name: direct, endpoint: server, sql: unmasked },
      { name: relay, endpoint: plain, sql: unmasked },
      { name: penstock, endpoint: proxy, sql: unmasked },
    ]);
    const masked = "select * from contacts";
    const sent = await rewritten(masked);
    if (sent === masked) throw new Error("the packs mask nothing in contacts");
    await benchWays("1 million rows with e-mail and phone", rounds, "rewritten, direct", [
      { name: direct, endpoint: server, sql: masked },
      { name: "rewritten, direct", endpoint: server, sql: sent },
      { name: "rewritten, relay", endpoint: plain, sql: sent },
      { name: "penstock, dba: raw", endpoint: { ...proxy, ...loginOf("dba") }, sql: masked },
      { name: "penstock, analyst: masked", endpoint: proxy, sql: masked },
    ]);
  });
}

async function benchWays(title: string, rounds: number, base: string, ways: readonly Way[]): Promise<void> {
  const seconds = new Map<string, number[]>(ways.map(({ name }) => [name, []]));
  for (let round = 0; round <= rounds; round++) {
    for (const way of ways) {
      const started = performance.now();
      await psql(way);
      if (round > 0) seconds.get(way.name)?.push((performance.now() - started) / 1000);
    }
  }
  console.log(`\n${title}, ${rounds} rounds in turns: median (min–max)`);
  printTable([
    ["", "seconds", `speed of ${base}`],
    ...ways.map(({ name }) => {
      const own = seconds.get(name) ?? [];
      return [name, printSample(sample(own), 2), printSample(ratios(seconds.get(base) ?? [], own), 2)];
    }),
  ]);
}

async function psql({ endpoint: { port, user, password, database }, sql }: Way): Promise<void> {
  const to = ["-h", "127.0.0.1", "-p", String(port), "-U", user, "-d", database];
  await execute(requireTool("psql"), ["-X", "-q", ...to, "-v", "ON_ERROR_STOP=1", "-c", sql, "-o", "/dev/null"], {
    env: { ...process.env, PGPASSWORD: password, PGSSLMODE: "disable" },
  });
}
