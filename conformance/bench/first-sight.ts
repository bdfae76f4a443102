/** What a text costs the proxy that it has never seen: parsing, names, rules, and the rewriting where a column is masked. */
import { type Catalog, createEnforcer, type PrincipalContext } from "@penstock/engine";
import type { Program } from "@penstock/language";
import { printSample, printTable, sample } from "./statistics.ts";

const statementsMeasured = 300;

/** As applications and people write them to the demo's shop; `#` stands for what makes each text another one, in its shape too. */
const forms: readonly string[] = [
  "select id, total, status as s_# from orders where id = $1",
  "select o.id as o_#, c.name, c.email from orders o join customers c on c.id = o.customer_id where o.id = $1",
  "select status, count(*) as n_#, sum(total) from orders where ordered_at > $1 group by status order by 2 desc limit 10",
  "select * from customers as c_# where c_#.city = $1 order by c_#.created_at desc limit 50",
  "insert into orders (id, customer_id, status, ordered_at, total) values ($1, $2, $3, now(), $4) returning id as id_#",
  "update products as p_# set in_stock = in_stock - $1 where p_#.id = $2 and p_#.in_stock >= $1",
  "delete from order_items as i_# where i_#.order_id = $1 and i_#.position = $2",
  "with recent_# as (select * from orders where ordered_at > now() - interval '7 days') select r.id, p.name, i.quantity from recent_# r join order_items i on i.order_id = r.id join products p on p.id = i.product_id where p.category = $1",
  "select department as d_#, avg(salary), count(*) filter (where title like $1) from employees group by 1 having count(*) > 3",
  "select t.id, t.subject as s_#, e.last_name from support_tickets t left join employees e on e.id = t.assigned_to where t.closed_at is null and exists (select 1 from orders o where o.customer_id = t.customer_id and o.total > $1)",
];

/** Each statement is decided once: that is the point. So the median is over statements, not over rounds. */
export function benchFirstSight(
  program: Program,
  catalog: Catalog,
  principals: ReadonlyMap<string, PrincipalContext>,
): void {
  const rows = [["µs a new text", "median (min–max)", "95 %"]];
  let seed = 0;
  for (const [name, who] of principals) {
    const enforcer = createEnforcer(program);
    const decideNext = (): number => {
      const text = (forms[seed % forms.length] ?? "").replaceAll("#", String(seed));
      seed++;
      const started = performance.now();
      enforcer.decide(text, who, { searchPath: ["public"] }, catalog);
      return (performance.now() - started) * 1000;
    };
    // Compiled code, not caches, is what a first round leaves behind.
    for (let index = 0; index < statementsMeasured; index++) decideNext();
    const times = Array.from({ length: statementsMeasured }, decideNext);
    const late = times.toSorted((a, b) => a - b)[Math.floor(times.length * 0.95)] ?? Number.NaN;
    rows.push([name, printSample(sample(times), 0), late.toFixed(0)]);
  }
  console.log(`\nfirst sight of ${statementsMeasured} ordinary statements with all packs`);
  printTable(rows);
}
