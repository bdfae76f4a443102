import { type Catalog, prepareDecision, type PrincipalContext } from "@penstock/engine";
import type { Program } from "@penstock/language";
import { printSample, printTable, processorTime, sample } from "./statistics.ts";

/** What a decision costs once the facts are there: evaluation of all packs and combination, nothing cached. */
const statements: readonly (readonly [name: string, sql: string])[] = [
  ["no label: primary key look-up", "select id, total from orders where id = $1"],
  [
    "no label: join with aggregate",
    "select o.status, count(*) from orders o join order_items i on i.order_id = o.id group by o.status",
  ],
  ["labels: select with masks", "select id, name, email, phone from customers where id = $1"],
  ["labels: everything", "select * from customers"],
  ["a write", "insert into orders (id, total) values ($1, $2)"],
  ["no where: delete", "delete from orders"],
  ["the schema: drop", "drop table orders"],
];

export function benchDecisions(
  program: Program,
  catalog: Catalog,
  principals: ReadonlyMap<string, PrincipalContext>,
): void {
  const rows: string[][] = [["µs of processor a decision", ...principals.keys()]];
  const medians: { readonly name: string; readonly isAllowed: boolean; readonly median: number }[] = [];
  for (const [statement, sql] of statements) {
    const row = [statement];
    for (const [name, who] of principals) {
      const decide = prepareDecision(program, catalog, who, { searchPath: ["public"] }, sql);
      const isAllowed = decide().outcome === "allow";
      const times = sample(timePerCall(decide));
      medians.push({ name, isAllowed, median: times.median });
      row.push(`${isAllowed ? "" : "denied "}${printSample(times, 2)}`);
    }
    rows.push(row);
  }
  console.log("\nDecisions with all packs: median (min–max) of 15 batches");
  printTable(rows);
  for (const isAllowed of [true, false]) {
    const over = (wanted: readonly string[]): string => {
      const chosen = medians.filter((one) => one.isAllowed === isAllowed && wanted.includes(one.name));
      return printSample(sample(chosen.map(({ median }) => median)), 2);
    };
    const names = [...principals.keys()];
    const each = names.map((name) => `${name} ${over([name])}`).join(", ");
    console.log(`median over demo statements ${isAllowed ? "allowed" : "denied"}: ${over(names)} µs; ${each}`);
  }
}

/** Microseconds of processor time a call, one value a batch, after a warm-up. */
function timePerCall(call: () => void): number[] {
  const batch = 20_000;
  for (let index = 0; index < 3 * batch; index++) call();
  return Array.from({ length: 15 }, () => processorTime(call, batch) / batch);
}
