/** What row filters cost on a million rows, in the database itself: the statement as it is, with the filter put in by hand, and as Penstock rewrites it. */
import { createEnforcer, loadPostgresCatalog, type PrincipalContext } from "@penstock/engine";
import { compile } from "@penstock/language";
import type { Client } from "pg";
import { printSample, printTable, sample } from "./statistics.ts";

const policies = `package bench
filter public.tickets as row where row.region != "hidden"
`;

const schema = `
  create table accounts as select i as id, 'account ' || i as name from generate_series(1, 100000) i;
  alter table accounts add primary key (id);
  create table tickets as select i::bigint as id, 1 + i % 100000 as account_id,
    case when i % 10 = 0 then 'hidden' else 'region ' || i % 7 end as region, 'ticket ' || i as title from generate_series(1, 1000000) i;
  alter table tickets add primary key (id);
  create index on tickets (account_id);
  vacuum analyze accounts, tickets`;

/** `#` stands for the filtered table. */
const statements: readonly (readonly [name: string, sql: string])[] = [
  ["one row by key", "select title from # where t.id = 500001"],
  ["… and LIKE", "select title from # where t.id = 500001 and t.title like 'ticket%'"],
  [
    "… by a cast parameter",
    "prepare p (text) as select title from # where t.id = $1::bigint; execute p('500001'); deallocate p",
  ],
  ["one row joined", "select a.name, t.title from accounts a join # on t.account_id = a.id where a.id = 778"],
  [
    "… and LIKE",
    "select a.name, t.title from accounts a join # on t.account_id = a.id where a.id = 778 and t.title like 'ticket%'",
  ],
  ["first ten", "select t.id, t.title from # order by t.id limit 10"],
  ["… and LIKE", "select t.id, t.title from # where t.title like 'ticket%' order by t.id limit 10"],
  ["a million joined", "select count(*), max(a.name) from # join accounts a on a.id = t.account_id"],
  [
    "… and LIKE",
    "select count(*), max(a.name) from # join accounts a on a.id = t.account_id where t.title like 'ticket%'",
  ],
];

/** @param asText a client's type parsers replaced by none. */
export async function benchFilters(
  client: Client,
  asText: { getTypeParser: () => (value: string) => string },
  who: PrincipalContext,
  rounds: number,
): Promise<void> {
  for (const sql of schema.split(";")) await client.query(sql);
  const { program } = compile({ sources: [{ path: "bench.policy", text: policies }], data: {} });
  if (program === undefined) throw new Error("the policy does not compile");
  const catalog = await loadPostgresCatalog(
    async (sql) => (await client.query<(string | null)[]>({ text: sql, rowMode: "array", types: asText })).rows,
  );
  const enforcer = createEnforcer(program);
  const rewritten = (sql: string): string => {
    const verdict = enforcer.decide(sql, who, { searchPath: ["public"] }, catalog);
    if (verdict.action !== "forward") throw new Error(verdict.reason.message);
    return verdict.text;
  };
  const forms: readonly (readonly [name: string, form: (sql: string) => string])[] = [
    ["as it is", (sql) => sql.replace("#", "tickets t")],
    ["filter, no barrier", (sql) => sql.replace("#", "(select * from tickets where region <> 'hidden') t")],
    ["filter, OFFSET 0", (sql) => sql.replace("#", "(select * from tickets where region <> 'hidden' offset 0) t")],
    ["Penstock", (sql) => rewritten(sql.replace("#", "tickets t"))],
  ];
  console.log(`\nrow filters on a million rows, ms, ${rounds} rounds in turns: median (min–max)`);
  const rows: string[][] = [["", ...forms.map(([name]) => name)]];
  for (const [name, sql] of statements) {
    const times = forms.map((): number[] => []);
    for (let round = 0; round <= rounds; round++) {
      for (const [index, [, form]] of forms.entries()) {
        const text = form(sql);
        const started = performance.now();
        await client.query(text);
        if (round > 0) times[index]?.push(performance.now() - started);
      }
    }
    rows.push([name, ...times.map((each) => printSample(sample(each), 1))]);
  }
  printTable(rows);
}
