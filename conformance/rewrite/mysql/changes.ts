/** Changes of tables of which something is hidden, in the schema beside this. */

/** Each does on the real database what it does where hidden rows never were and masks have replaced the values: to the rows that are seen, and to no other. */
export const changed: readonly string[] = [
  "update customers set city = 'x'",
  "update customers set city = concat(city, name), name = 'y' where id in (1, 3)",
  "update customers set city = 'x' where ssn = '***'",
  "update customers set city = 'x' where ssn like '1%'",
  "update customers c set c.city = 'x' where c.email = 'a***@one.example' or c.credit > 100",
  "update shop.customers set shop.customers.city = 'x' where shop.customers.ssn is not null",
  "update customers set city = 'x' order by email desc limit 1",
  "update customers set city = 'x' where id = (select min(o.id) from orders o where o.note is null)",
  "update ignore customers set city = 'x' where 1 / (credit - 900) is null",
  "update orders set status = 'x'",
  "update orders set status = 'x' where id = 2",
  "update orders set status = 'x' where note = 77 or id < 3",
  // These fail on hidden rows only.
  "update orders set status = 'x' where id <> 2 or note = 77",
  "delete from orders where id <> 6 or note + 0 > 1",
  "update orders set status = 'x' where id <> 2 or (@seen := note) is null order by note + 0 limit 1",
  "update orders set status = region, total = total + 1 where customer_id = 1",
  "update orders o set o.status = 'x' order by o.id desc limit 1",
  "update orders set status = 'x' where true or region = 'US'",
  "update orders set status = 'x' where not exists (select 1 from customers c where c.id = customer_id and c.ssn = '111-22-3333')",
  "delete from customers",
  "delete from customers where email like '%one%' limit 2",
  "delete from customers where born > '1985-01-01'",
  "delete from customers order by ssn, id limit 1",
  "delete from orders",
  "delete from orders where id in (2, 3)",
  "delete from orders where 1 / (id - 2) > 0 order by id desc limit 1",
  "delete from orders where customer_id in (select id from customers where ssn = '***') returning id, note",
];

/** Besides those in `denied.ts`: the text, a part of the reason, and a harmless twin. */
export const deniedChanges: readonly (readonly [text: string, reason: RegExp, twin: string])[] = [
  ["update customers set ssn = 'x'", /`ssn` would be written/, "update customers set city = 'x'"],
  ["update customers set city = ssn", /would keep the masked value/, "update customers set city = name"],
  [
    "update customers set city = if(ssn = '111-22-3333', 'a', 'b')",
    /would keep the masked value/,
    "update customers set city = if(name = 'Ann Wolf', 'a', 'b')",
  ],
  ["update numbered set number = 1", /unique key/, "update numbered set note = 'x'"],
  ["update orders set region = 'US'", /`region`, which UPDATE would change/, "update orders set status = 'US'"],
  [
    "update orders set region = 'EU', status = 'x' where id = 1",
    /`region`, which UPDATE would change/,
    "update orders set status = 'x' where id = 1",
  ],
  [
    "update customers set city = 'x' where id in (select id from labels where email like '%x')",
    /named beside a query/,
    "update customers set city = 'x' where id in (select id from labels where labels.email like '%x')",
  ],
  [
    "delete from customers where id = 1 returning ssn",
    /RETURNING would show/,
    "delete from labels where id = 1 returning email",
  ],
  ["delete from watched", /which trigger/, "delete from labels"],
  ["update contacts set city = 'x'", /masked for you/, "update labels set label = 'x'"],
  [
    "replace into orders values (1, 1, 1, 'x', 'EU', null)",
    /filtered for you/,
    "replace into labels values (1, 'x', 'y')",
  ],
  [
    "insert into orders values (1, 1, 1, 'x', 'EU', null) on duplicate key update status = 'x'",
    /filtered for you/,
    "insert into labels values (1, 'x', 'y') on duplicate key update label = 'x'",
  ],
  [
    "delete orders from orders join labels on labels.id = orders.id",
    /filtered for you/,
    "delete labels from orders join labels on labels.id = orders.id",
  ],
];
