import type { MaskCall } from "@penstock/language";

/** A small shop in which something of customers is masked, and rows of orders are filtered. */
export const schema = [
  "create database shop character set utf8mb4",
  "create database archive character set utf8mb4",
  "use shop",
  "create table customers (id int primary key, name varchar(40) not null, email varchar(80), ssn char(11), city varchar(20), credit int, born date, fulltext key (name)) engine = innodb",
  "create table orders (id int primary key, customer_id int, total decimal(10,2), status varchar(12), region varchar(8) not null, note text, key by_customer (customer_id))",
  "create table labels (id int primary key, label varchar(80), email varchar(80))",
  "create table loud (id int primary key, email varchar(80), shout varchar(80) generated always as (upper(email)) virtual)",
  "create table parted (id int primary key, secret varchar(20)) partition by range (id) (partition low values less than (3), partition high values less than maxvalue)",
  "create table secretive (id int primary key, open_text varchar(20), ssn char(11) invisible)",
  "create table numbered (id int primary key, number int, ssn char(11), note varchar(20), unique (ssn, number))",
  "create table watched (id int primary key, ssn char(11))",
  "create trigger watched_gone after delete on watched for each row insert into labels values (old.id, old.ssn, null)",
  "create table tickets (id int auto_increment primary key, tenant int not null default 7, state enum('open','new','shut') not null default 'open', owner varchar(5) character set latin1, due date, price decimal(8,2), body text, kind char(4) not null default 'a', unique (tenant, owner))",
  "create table stamped (id int primary key, region varchar(8) not null, changed timestamp not null default current_timestamp on update current_timestamp, unique key by_region (region, id))",
  "create table triggered (id int primary key, region varchar(8), body varchar(20))",
  "create trigger triggered_made before insert on triggered for each row set new.region = 'US'",
  "create table computed (id int primary key, region varchar(8), twice varchar(20) generated always as (concat(region, region)) stored)",
  "create sequence numbers",
  "create table prefixed (id int primary key, region varchar(8), name varchar(20), unique (name(2)))",
  "create table weighed (id int primary key, heard int, secret int, free int, label varchar(20), tag varchar(60) generated always as (concat(label, secret)) stored, check (heard > secret), check (free > 0), constraint alone check (json_valid(label) or true))",
  "insert into weighed (id, heard, secret, free, label) values (1, 100, 42, 1, 'x')",
  "create table aged (id int primary key, note varchar(20), seen datetime default current_timestamp on update current_timestamp)",
  "create table archive.customers (id int primary key, email varchar(80))",
  "create view contacts as select id, email as contact, city from customers",
  "create view rich as select id, name from customers where credit > 500",
  "create view cities as select city, count(*) as people from customers group by city",
  "create view order_totals as select customer_id, sum(total) as total from orders group by customer_id",
  "create table noted (id int primary key, what varchar(80))",
  "create trigger noted_ssn before insert on noted for each row set new.what = (select ssn from customers where id = 1)",
  "create function known_ssn(who int) returns char(11) reads sql data return (select ssn from customers where id = who)",
] as const;

export const rows = [
  `insert into customers (id, name, email, ssn, city, credit, born) values
    (1, 'Ann Wolf', 'ann.secret@one.example', '111-22-3333', 'Bonn', 900, '1980-01-02'),
    (2, 'Bob Ray', 'bob.secret@two.example', '222-33-4444', 'Lyon', 100, '1990-03-04'),
    (3, 'Cem Oz', null, null, 'Bonn', null, null),
    (4, 'Dana Poe', 'dana.secret@four.example', '444-55-6666', 'Oslo', 600, '2001-12-31')`,
  `insert into orders values
    (1, 1, 10.50, 'new', 'EU', 'open-note-1'), (2, 1, 99.00, 'paid', 'US', 'hidden-note-2'), (3, 2, 5.25, 'new', 'EU', null),
    (4, 2, 70.00, 'paid', 'US', '77'), (5, 4, 44.00, 'new', 'EU', 'open-note-5'), (6, 4, 1.00, 'gone', 'US', 'hidden-note-6')`,
  `insert into tickets (id, tenant, state, owner, due, price, body, kind) values
    (1, 7, 'open', 'ann', '2026-01-01', 1.50, 'open-body', 'a'), (2, 7, 'shut', 'bob', '2026-01-02', 2.50, 'hidden-note-shut', 'a'),
    (3, 8, 'open', 'cem', '2026-01-03', 3.50, 'hidden-note-tenant', 'a'), (4, 7, 'new', 'dan', null, null, null, 'b')`,
  "insert into stamped (id, region) values (1, 'EU'), (2, 'US')",
  "insert into labels values (1, 'one', 'Ann.Secret@One.Example'), (2, 'two', null), (9, 'nine', 'public@open.example')",
  "insert into parted values (1, 'parted-secret-1'), (2, 'parted-secret-2'), (5, 'parted-secret-5')",
  "insert into secretive (id, open_text, ssn) values (1, 'open', '999-88-7777')",
  "insert into loud (id, email) values (1, 'eve.secret@five.example')",
  "insert into archive.customers values (1, 'archived@open.example')",
  "set session transaction isolation level read committed",
] as const;

const redact: MaskCall = { name: "redact", args: [] };
const nothing: MaskCall = { name: "null", args: [] };

export const masks: Readonly<Record<string, Readonly<Record<string, MaskCall>>>> = {
  "shop.customers": {
    email: { name: "email", args: [] },
    ssn: redact,
    credit: nothing,
    born: { name: "truncate", args: ["year"] },
  },
  "shop.loud": { email: { name: "email", args: [] } },
  "shop.parted": { secret: redact },
  "shop.secretive": { ssn: redact },
  "shop.numbered": { ssn: redact },
  "shop.watched": { ssn: redact },
};

/** Conditions for the rows that the filters hide, by table. */
export const hiddenRows: Readonly<Record<string, string>> = {
  "shop.orders": "region <> 'EU'",
  "shop.tickets": "tenant <> 7 or state = 'shut'",
  "shop.stamped": "region <> 'EU'",
};

export const policy = `package test

mask shop.customers.email with email()
mask shop.customers.ssn with redact()
mask shop.customers.credit with null()
mask shop.customers.born with truncate("year")
mask shop.loud.email with email()
mask shop.parted.secret with redact()
mask shop.secretive.ssn with redact()
mask shop.numbered.ssn with redact()
mask shop.watched.ssn with redact()
mask shop.weighed.secret with null()

filter shop.orders as row where row.region == "EU"
filter shop.tickets as row where {
  row.tenant == 7
  row.state != "shut"
  not row.due >= "2030-01-01"
  row.kind in {"a", "b"}
}
filter shop.stamped as row where row.region == "EU"
filter shop.triggered as row where row.region == "EU"
filter shop.prefixed as row where row.region == "EU"
filter shop.aged as row where row.seen < "2999-01-01"
filter shop.computed as row where row.twice == "EUEU"
`;

/** Anything that the principal must not see. */
export const hidden = /\.secret@|\d{3}-\d\d-\d{4}|hidden-note|parted-secret|\.SECRET@/;
