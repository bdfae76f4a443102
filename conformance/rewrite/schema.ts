/** A schema with what rewriting has to cope with, and the masks that the tests put on it. */
import type { MaskCall, RowPredicate, RowTerm } from "@penstock/language";

export const schema = `
  create schema crm; create schema "Odd.Schema";
  create type level as enum ('low', 'high');
  create type address as (street text, zip text);
  create domain phone as varchar(20);
  create table customers (
    id integer primary key, gone text, name text not null, email varchar(60) collate "C", ssn char(11), born date, seen timestamptz(3),
    salary numeric(10, 2), phone phone, level level, tags text[], home address, extra json,
    "we.ird ""Col" text, initial text generated always as (left(name, 1)) stored);
  alter table customers drop column gone;
  create table customers_eu (vat text) inherits (customers);
  create table orders (id integer primary key, customer_id integer, amount numeric(8, 2), status text);
  create temp table notes (id integer primary key, email varchar(60), body text);
  create table crm.customers (id integer, email text);
  create table "Odd.Schema"."T ä" ("K y" integer primary key, "Öl" text, secret text);
  create table events (id integer, day date, secret text) partition by range (day);
  create table events_old partition of events for values from ('2000-01-01') to ('2020-01-01');
  create table events_new partition of events for values from ('2020-01-01') to ('2040-01-01');
  create view contacts as select id, name, email from customers;
  create view by_domain as select split_part(email, '@', 2) as domain, count(*) as people, max(c.name) from customers c group by 1;
  create view with_email (key, mail) as select id, email from only customers where email like '%@%' order by email desc limit 3;
  create view by_key as select customers.*, o.id as order_id from customers left join orders o on o.customer_id = customers.id;
  create view people as select distinct email, level from customers union select email, null from crm.customers;
  create view above_people as select p.email, d.people from people p join by_domain d on p.email like '%' || d.domain where p.level is null;
  create view rows_of as select c as row, c.ssn is null as empty from customers c;
  create view careful with (security_barrier) as select id, ssn from customers where ssn is not null;
  create view days as select id, day, secret from events where secret <> 'x';
  create view chain as with recursive r (id, customer_id) as (
    select id, customer_id from orders union select o.id, r.id from r join orders o on o.customer_id = r.customer_id) select * from r;
  create view paid as select id, customer_id, amount from orders where status = 'paid';
  create view odd ("A ä", "select") as select "K y", "Öl" from "Odd.Schema"."T ä" where "K y" > 0;
  create view two_values (a, b) as values (1, 'x'), (2, (select min(secret) from events));
  create temp table sink (id integer, email varchar(60), body text);
  create table ledger (id integer primary key, body text);
  create function shout(customers) returns text language sql stable as $$ select upper($1.email) $$;
`;

export const rows = `
  insert into customers (id, name, email, ssn, born, seen, salary, phone, level, tags, home, extra, "we.ird ""Col") values
    (1, 'Ann', 'ann.hidden@example.com', '111-22-3331', '1980-05-06', '2024-01-02 03:04:05.678+00', 51234.50, '+1-555-0001', 'low', '{hush1,hush2}', '(Secret St 1,ZIPA1)', '{"k": 1}', 'whisper1'),
    (2, 'Bob', 'bob.hidden@example.org', '111-22-3332', '1981-06-07', '2024-02-03 04:05:06.789+00', 61234.50, '+1-555-0002', 'high', '{hush3}', '(Secret St 2,ZIPA2)', '{"k": 2}', 'whisper2'),
    (3, 'Cyd', null, null, null, null, null, null, null, null, null, null, null),
    (4, 'Dee', 'notanaddresshidden', '999-88-7774', '0044-03-15 BC', 'infinity', 'NaN', '', 'low', '{}', null, '[]', '');
  insert into customers_eu (id, name, email, ssn, born, salary, vat) values (5, 'Eve', 'eve.hidden@example.eu', '111-22-3335', '1985-09-10', 71234.50, 'VAT5');
  insert into orders values (10, 1, 9.99, 'new'), (11, 1, 20.00, 'paid'), (12, 2, 5.50, 'paid'), (13, 9, 1.00, 'lost');
  insert into notes values (1, 'ann@example.com', 'one'), (2, 'a***@example.com', 'two');
  insert into ledger values (1, 'one'), (2, 'two');
  insert into crm.customers values (1, 'public@crm.example');
  insert into "Odd.Schema"."T ä" values (1, 'olive', 'oddhidden1'), (2, 'sun', 'oddhidden2');
  insert into events values (1, '2010-01-01', 'eventhidden1'), (2, '2030-01-01', 'eventhidden2');
`;

const customers: Readonly<Record<string, MaskCall>> = {
  email: { name: "email", args: [] },
  ssn: { name: "partial", args: [0n, 1n] },
  born: { name: "truncate", args: ["year"] },
  seen: { name: "truncate", args: ["day"] },
  salary: { name: "null", args: [] },
  phone: { name: "redact", args: [] },
  tags: { name: "null", args: [] },
  home: { name: "null", args: [] },
  'we.ird "Col': { name: "redact", args: ["it's \\ gone"] },
};
const secret: Readonly<Record<string, MaskCall>> = { secret: { name: "redact", args: ["-"] } };

/** By relation path and column name. */
export const masks: Readonly<Record<string, Readonly<Record<string, MaskCall>>>> = {
  "public.customers": customers,
  "public.customers_eu": customers,
  "public.contacts": { email: { name: "email", args: [] } },
  "public.by_key": customers,
  '"Odd.Schema".T ä': secret,
  "public.events": secret,
  "public.events_old": secret,
  "public.events_new": secret,
};

interface Filter {
  readonly predicate: RowPredicate;
  /** The same as SQL, by hand. */
  readonly sql: string;
}

const column = (name: string): RowTerm => ({ kind: "column", column: name });
const constant = (value: string | bigint): RowTerm => ({ kind: "constant", value });
const notBob: Filter = {
  predicate: { kind: "compare", operator: "!=", left: column("name"), right: constant("Bob") },
  sql: "name <> 'Bob'",
};
const recent: Filter = {
  predicate: { kind: "compare", operator: ">", left: column("day"), right: constant("2015-01-01") },
  sql: "day > '2015-01-01'",
};

/** Which rows there are, by relation path. */
export const filters: Readonly<Record<string, Filter>> = {
  "public.customers": notBob,
  "public.customers_eu": {
    predicate: {
      kind: "all",
      of: [notBob.predicate, { kind: "text", test: "startswith", text: column("vat"), part: constant("VAT") }],
    },
    sql: "name <> 'Bob' and vat like 'VAT%'",
  },
  "public.contacts": notBob,
  "public.orders": {
    predicate: { kind: "compare", operator: "!=", left: column("status"), right: constant("lost") },
    sql: "status <> 'lost'",
  },
  '"Odd.Schema".T ä': {
    predicate: { kind: "compare", operator: "<", left: column("K y"), right: constant(2n) },
    sql: '"K y" < 2',
  },
  "public.events": recent,
  "public.events_old": recent,
  "public.events_new": recent,
};

/** Views whose rows depend on masked columns. */
export const viewsOverMasks: readonly string[] = [
  "public.by_domain",
  "public.with_email",
  "public.people",
  "public.above_people",
  "public.rows_of",
  "public.careful",
  "public.days",
  "public.two_values",
];
/** Those that show rows of filtered tables besides. */
export const viewsOverFilters: readonly string[] = ["public.by_key", "public.chain", "public.paid", "public.odd"];

/** What must never be seen: parts of raw values that no mask leaves. */
export const hidden =
  /\.hidden|notanaddresshidden|111-22|999-88|05-06|06-07|1980-05|04:05|1234\.5|555-000|hush|Secret St|ZIPA|whisper|oddhidden|eventhidden/;
