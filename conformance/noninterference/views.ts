/** Views over what is hidden, of every shape: their rows, groups and values depend on masked columns and hidden rows. */

interface View {
  readonly definition: string;
  readonly isBarrier?: true;
  /** Conditions on a row `#` that fail for rows that are hidden from somebody regional. */
  readonly probes?: readonly string[];
}

/** By name; each may read those before it. */
export const views: Readonly<Record<string, View>> = {
  view_filtered: {
    definition:
      "select id, name, city, credit_limit, is_vip from customers where birth_date > '1960-01-01' and email like '%a%'",
    probes: ["1 / #.credit_limit > 0", "#.name like 'Ze\\'"],
  },
  view_grouped: {
    definition:
      "select left(email, 1) as initial, country, count(*) as people, max(created_at) as latest from customers group by 1, 2 having count(phone) > 0",
  },
  view_joined: {
    definition:
      "select o.id, o.total, o.status, o.note, c.ssn as number, c.phone, c.name || ' ' || c.email as contact from orders o join customers c on c.id = o.customer_id",
    probes: ["1 / #.total > 0", "#.note like 'hi\\'"],
  },
  view_optional: {
    definition: "select c.*, t.subject, t.tags from customers c left join support_tickets t on t.customer_id = c.id",
    probes: ["#.subject like 'w1\\'", "1 / #.credit_limit > 0"],
  },
  view_distinct: { definition: "select distinct postal_code, city, country from customers" },
  view_union: {
    definition: `select email as reach, 'customer' as "who is it" from customers union select email, department from employees`,
  },
  view_barrier: {
    definition: "select id, iban, title, first_name from employees where password_hash like '%a%' or salary is null",
    isBarrier: true,
    probes: ["100 / length(#.title) > 0", "#.first_name like 'Zo\\'"],
  },
  view_limited: {
    definition: "select id, subject, tags from support_tickets order by subject, closed_at, id limit 5",
    probes: ["#.subject like 'w1\\'"],
  },
  view_lateral: {
    definition:
      "select c.id, x.total, x.notes from customers c cross join lateral (select sum(total) as total, string_agg(note, ',' order by id) as notes from orders o where o.customer_id = c.id) x",
  },
  view_recursive: {
    definition: `with recursive above (id, boss, depth) as (
      select id, manager_id, 0 from employees union all select a.id, e.manager_id, depth + 1 from above a join employees e on e.id = a.boss where depth < 5)
      select id, max(depth) as depth from above group by id`,
  },
  view_windowed: {
    definition:
      "select id, customer_id, rank() over (partition by customer_id order by total desc, id) as place from orders",
  },
  view_documents: { definition: "select id, to_jsonb(c) as doc from customers c where is_vip or ssn is not null" },
  view_views: {
    definition: "select path, host(ip_address) as host, viewed_at from page_views where ip_address > '10.0.0.0'",
    probes: ["100 / length(#.path) > 0"],
  },
  view_existing: {
    definition:
      "select id, name, price from products p where exists (select from order_items i join orders o on o.id = i.order_id where i.product_id = p.id and o.status <> 'returned')",
  },
  view_nested: {
    definition:
      "select f.id, f.name, g.people, g.latest from view_filtered f join view_grouped g on f.name like g.initial || '%' union select id, title, depth, null from view_barrier join view_recursive using (id)",
  },
};

/** What statements call: one that computes, one in PL/pgSQL, and one that reads a table. */
const functions: readonly string[] = [
  "create function shout(words text, times int default 1) returns text language sql immutable return upper(words) || repeat('!', times)",
  "create function halve(number bigint) returns bigint language plpgsql immutable as $$ begin if number is null then return 0; end if; return number / 2; end $$",
  "create function large_orders(bound bigint) returns table (n int, s text) language sql stable as $$ select id, note from orders where total > bound order by id $$",
];

export function viewStatements(): string[] {
  return [
    ...Object.entries(views).map(
      ([name, { definition, isBarrier }]) =>
        `create view ${name} ${isBarrier === true ? "with (security_barrier) " : ""}as ${definition}`,
    ),
    ...functions,
  ];
}
