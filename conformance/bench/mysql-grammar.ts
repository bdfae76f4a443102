import { defaultSqlMode, type MysqlDialect, parseMysql } from "@penstock/engine";
import { printSample, printTable, processorTime, sample } from "./statistics.ts";

const dialect: MysqlDialect = { product: "mariadb", version: 101_100, mode: defaultSqlMode };

const list = (count: number, item: (index: number) => string, separator = ", ") =>
  Array.from({ length: count }, (_, index) => item(index)).join(separator);

/** A report as data warehouses ask for it: some 900 tokens. */
const report = `with sales as (${list(
  3,
  (channel) =>
    `select 'channel ${channel}' as channel, i.brand_id, i.class_id, sum(s.quantity * s.list_price) as amount, count(*) as number_of
     from store_sales_${channel} s inner join item i on s.item_id = i.id inner join date_dim d on s.sold_date = d.id
     where d.year between 1999 and 1999 + 2 and i.category in ('Books', 'Music', 'Home') and s.discount is not null
       and exists (select 1 from returned r where r.ticket = s.ticket and r.amount > 100 + ${channel})
     group by i.brand_id, i.class_id having sum(s.quantity * s.list_price) > (select avg(x.amount) from averages x)`,
  " union all ",
)}) select ${list(20, (n) => `sum(case when t.month = ${n} then t.amount else 0 end) as month_${n}`)},
  rank() over (partition by t.channel order by sum(t.amount) desc) as place
from sales t left join (select brand_id, max(amount) as most from sales group by brand_id) m on t.brand_id = m.brand_id
where ${list(10, (n) => `(t.class_id = ${n} and t.amount / m.most > 0.${n} + 0.05)`, " or ")}
group by t.channel, t.brand_id with rollup order by t.channel, place limit 100`;

const texts: readonly (readonly [name: string, text: string, callsPerRound: number])[] = [
  ["point select", "select id, name, email from customers where id = 42", 5_000],
  [
    "join of two with a page",
    "SELECT `o`.`id`, `o`.`total`, `c`.`name` FROM `orders` AS `o` LEFT JOIN `customers` AS `c` ON `o`.`customer_id` = `c`.`id` WHERE `o`.`state` IN (?, ?) AND `o`.`created_at` >= ? ORDER BY `o`.`id` DESC LIMIT ? OFFSET ?",
    2_000,
  ],
  ["insert of one row", "INSERT INTO orders (customer_id, total, note) VALUES (42, 12.5, 'gift'), (?, ?, ?)", 5_000],
  [`report of ${report.length} bytes`, report, 200],
  ["insert of 20 KB", insertOf(20_000), 100],
  ["insert of 200 KB", insertOf(200_000), 10],
  ["2,000 terms of OR", `select 1 from t where ${list(2_000, (n) => `a = ${n}`, " or ")}`, 20],
  ["20,000 terms of OR", `select 1 from t where ${list(20_000, (n) => `a = ${n}`, " or ")}`, 2],
  ["150 brackets", `select ${"(".repeat(150)}1${")".repeat(150)}`, 200],
];

function insertOf(bytes: number): string {
  const row = (index: number) => `(${index}, 'customer ${index}', 12.5, NULL, '2026-11-28 12:00:00')`;
  return `insert into orders values ${list(Math.floor(bytes / row(1000).length), row)}`;
}

/** What reading MySQL's SQL costs, and that it costs in proportion to the length. */
export function benchMysqlGrammar(rounds: number): void {
  const rows = texts.map(([name, text, calls]) => {
    const run = () => {
      if (parseMysql(text, dialect).kind !== "statements") throw new Error(`${name} does not parse`);
    };
    for (let warm = 0; warm < Math.min(calls, 500); warm++) run();
    const times = sample(Array.from({ length: rounds }, () => processorTime(run, calls) / calls));
    return [
      name,
      `${text.length} bytes`,
      printSample(times, 1),
      `${((times.median * 1000) / text.length).toFixed(0)} ns`,
    ];
  });
  console.log(`\nreading MySQL's SQL, µs of processor, ${rounds} rounds: median (min–max), and a byte`);
  printTable(rows);
}
