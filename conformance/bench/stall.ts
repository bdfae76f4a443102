import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import { type BenchTarget, type Endpoint, endpointNames, withEndpoints } from "./endpoints.ts";
import { logPgbench } from "./run-pgbench.ts";
import { printSample, printTable, sample } from "./statistics.ts";

const insertBytes = 200 * 1024;
const pauseMs = 200;

/** How long `select 1` of one session waits at most while another sends multi-row INSERTs of 200 KB, each text new. */
export async function benchStall(target: BenchTarget, rounds: number, seconds: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "penstock-stall-"));
  const script = join(folder, "select-1.sql");
  writeFileSync(script, "select 1;\n");
  const ask = async (endpoint: Endpoint): Promise<number> => {
    const { latenciesUs } = await logPgbench(endpoint, ["-n", "-f", script, "-c", "1", "-T", String(seconds)]);
    return latenciesUs.reduce((longest, each) => Math.max(longest, each), 0) / 1000;
  };
  const { direct, relay, penstock } = endpointNames;
  try {
    await withEndpoints(target, [direct, relay, penstock], async (endpoints) => {
      const quiet = new Map<string, number[]>(endpoints.map(({ name }) => [name, []]));
      const beside = new Map<string, number[]>(endpoints.map(({ name }) => [name, []]));
      for (let round = 0; round <= rounds; round++) {
        for (const endpoint of endpoints) {
          const alone = await ask(endpoint);
          const longest = await withInserts(endpoint, () => ask(endpoint));
          if (round === 0) continue;
          quiet.get(endpoint.name)?.push(alone);
          beside.get(endpoint.name)?.push(longest);
        }
      }
      console.log(`\nlongest \`select 1\` in ${seconds} s, ms, ${rounds} rounds in turns: median (min–max)`);
      printTable([
        ["", "alone", "beside INSERTs of 200 KB"],
        ...endpoints.map(({ name }) => [
          name,
          printSample(sample(quiet.get(name) ?? []), 1),
          printSample(sample(beside.get(name) ?? []), 1),
        ]),
      ]);
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

let nextId = 1_000_000;

async function withInserts<T>({ port, user, password, database }: Endpoint, use: () => Promise<T>): Promise<T> {
  const client = new Client({ host: "127.0.0.1", port, user, password, database });
  await client.connect();
  try {
    const over = new AbortController();
    const inserting = (async () => {
      while (!over.signal.aborted) {
        await client.query(insert());
        await sleep(pauseMs);
      }
    })();
    const result = await use().finally(() => over.abort());
    await inserting;
    return result;
  } finally {
    await client.end();
  }
}

function insert(): string {
  const rows: string[] = [];
  for (let bytes = 0; bytes < insertBytes; ) {
    const row = `(${nextId}, 'SKU${nextId++}', 'Stapler, size ${rows.length}', 'office', ${rows.length + 1}.99, 120, 40)`;
    rows.push(row);
    bytes += row.length + 1;
  }
  return `insert into products (id, sku, name, category, price, weight_g, in_stock) values ${rows.join(",")}`;
}
