import { type Catalog, prepareDecision, type PrincipalContext } from "@penstock/engine";
import type { Program } from "@penstock/language";
import { printSample, printTable, sample } from "./statistics.ts";

/** What a decision costs once the facts are there: evaluation of all packs and combination, nothing cached. */
const statements: readonly (readonly [name: string, sql: string])[] = [
  ["no label: primary key look-up", "select id, total from orders where id = $1"],
  [
    "no label: join with aggregate",
    "select o.status, count(*) from orders o join order_items i on i.order_id = o.id group by o.status",
  ],
  ["labels: select with masks", "select id, name, email, phone from customers where id = $1"],
  ["labels: everything", "select * from customers"],
  ["denied: delete without where", "delete from orders"],
];

export function benchDecisions(
  program: Program,
  catalog: Catalog,
  principals: ReadonlyMap<string, PrincipalContext>,
): void {
  const rows: string[][] = [["µs a decision, from facts", ...principals.keys()]];
  for (const [name, sql] of statements) {
    const row = [name];
    for (const who of principals.values()) {
      const decide = prepareDecision(program, catalog, who, { searchPath: ["public"] }, sql);
      row.push(printSample(sample(timePerCall(decide)), 2));
    }
    rows.push(row);
  }
  console.log("\nDecisions with all packs: median (min–max) of 15 batches");
  printTable(rows);
}

/** Microseconds a call, one value a batch, after a warm-up. */
function timePerCall(call: () => void): number[] {
  const batch = 20_000;
  for (let index = 0; index < 3 * batch; index++) call();
  return Array.from({ length: 15 }, () => {
    const started = performance.now();
    for (let index = 0; index < batch; index++) call();
    return ((performance.now() - started) * 1000) / batch;
  });
}
