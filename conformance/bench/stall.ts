import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import { packSources } from "../support/proxied.ts";
import { type BenchTarget, type Endpoint, endpointNames, withEndpoints } from "./endpoints.ts";
import { logPgbench } from "./run-pgbench.ts";
import { printSample, printTable, sample } from "./statistics.ts";

const insertBytes = 200 * 1024;
const pauseMs = 200;

/** Like `products`, and rows of it are hidden. */
const setup = "drop table if exists stock; create table stock (like products)";
const filter = `package bench
filter public.stock as row where row.category != "hidden"
`;

/** What another session sends meanwhile. */
const imports: readonly { readonly name: string; readonly guardedOnly: boolean; readonly text: () => string }[] = [
  { name: "INSERTs of 200 KB", guardedOnly: false, text: () => insert("products", () => "office") },
  { name: "… filtered, by one value", guardedOnly: true, text: () => insert("stock", () => "office") },
  { name: "… by a value a row", guardedOnly: true, text: () => insert("stock", (row) => `office ${row}`) },
];

/** What one session asking `select 1` met at most, in milliseconds. */
interface Longest {
  readonly answer: number;
  /** In which what stands in between served nobody. */
  readonly turn: number;
}

/**
 * How long `select 1` of one session waits at most while another sends multi-row INSERTs of 200 KB, each text new; and how long what stands in
 * between is busy at most with one thing. An answer waits for the server and for the machine's other work too.
 */
export async function benchStall(target: BenchTarget, rounds: number, seconds: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "penstock-stall-"));
  const script = join(folder, "select-1.sql");
  writeFileSync(script, "select 1;\n");
  const ask = async (endpoint: Endpoint): Promise<Longest> => {
    await endpoint.process?.longestTurnMs?.();
    const { latenciesUs } = await logPgbench(endpoint, ["-n", "-f", script, "-c", "1", "-T", String(seconds)]);
    const answer = latenciesUs.reduce((longest, each) => Math.max(longest, each), 0) / 1000;
    return { answer, turn: (await endpoint.process?.longestTurnMs?.()) ?? Number.NaN };
  };
  const { direct, relay, penstock } = endpointNames;
  const { sources, data } = packSources();
  const policies = [...sources, { path: "bench.policy", text: filter }];
  const guarded = { ...target, proxy: { ...target.proxy, policies, data } };
  try {
    await createStock(target);
    await withEndpoints(guarded, [direct, relay, penstock], async (endpoints) => {
      const columns = [undefined, ...imports];
      const longest = new Map<string, Longest[][]>(endpoints.map(({ name }) => [name, columns.map(() => [])]));
      for (let round = 0; round <= rounds; round++) {
        for (const endpoint of endpoints) {
          for (const [index, sent] of columns.entries()) {
            if (sent?.guardedOnly === true && endpoint.name !== penstock) continue;
            const met = await (sent === undefined
              ? ask(endpoint)
              : withInserts(endpoint, sent.text, () => ask(endpoint)));
            if (round > 0) longest.get(endpoint.name)?.[index]?.push(met);
          }
        }
      }
      const print = (title: string, of: (longest: Longest) => number): void => {
        console.log(`\n${title}, ms, in ${seconds} s, ${rounds} rounds in turns: median (min–max)`);
        printTable([
          ["", "alone", ...imports.map(({ name }) => name)],
          ...endpoints.map(({ name }) => [name, ...(longest.get(name) ?? []).map((each) => cell(each.map(of)))]),
        ]);
      };
      print("longest `select 1`", ({ answer }) => answer);
      print("longest turn of the event loop", ({ turn }) => turn);
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function cell(figures: readonly number[]): string {
  return figures.length === 0 || figures.some(Number.isNaN) ? "" : printSample(sample(figures), 1);
}

/** Before the proxy reads its catalog. */
async function createStock({ server, database }: BenchTarget): Promise<void> {
  const client = new Client({ connectionString: server.url(database) });
  await client.connect();
  await client.query(setup);
  await client.end();
}

let nextId = 1_000_000;

async function withInserts<T>(
  { port, user, password, database }: Endpoint,
  text: () => string,
  use: () => Promise<T>,
): Promise<T> {
  const client = new Client({ host: "127.0.0.1", port, user, password, database });
  await client.connect();
  try {
    const over = new AbortController();
    const inserting = (async () => {
      while (!over.signal.aborted) {
        await client.query(text());
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

function insert(table: string, category: (row: number) => string): string {
  const rows: string[] = [];
  for (let bytes = 0; bytes < insertBytes; ) {
    const index = rows.length;
    const row = `(${nextId}, 'SKU${nextId++}', 'Stapler, size ${index}', '${category(index)}', ${index + 1}.99, 120, 40)`;
    rows.push(row);
    bytes += row.length + 1;
  }
  return `insert into ${table} (id, sku, name, category, price, weight_g, in_stock) values ${rows.join(",")}`;
}
