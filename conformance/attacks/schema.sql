-- What attacks need beside the shop: a second schema with namesakes, inheritance, generated columns, types of the shop's own, names that
-- need quotes, a materialised view. Columns are called what they hold, and nothing says more of them than that.

create schema archive;
create table archive.customers (id integer primary key, ssn varchar(11), closed_on date);
insert into archive.customers select id, '9' || substr(translate(ssn, '0123456789', '1234567890'), 2), '2020-01-01' from public.customers;

create table people (id integer primary key, name text not null, ssn varchar(11));
create table contractors (agency text not null, wage numeric(10, 2)) inherits (people);
insert into people select id, name, '8' || substr(translate(ssn, '0123456789', '3456789012'), 2) from customers where id <= 6;
insert into contractors select id + 100, name, '7' || substr(translate(ssn, '0123456789', '4567890123'), 2), 'Agency ' || id, 4321.5 + id
  from customers where id <= 6;

create table accounts (
  id          integer primary key,
  plan        text not null,
  email       varchar(254),
  contact_key text generated always as (lower(email)) stored,
  key_length  integer generated always as (length(email)) virtual
);
insert into accounts (id, plan, email) select id, 'basic', 'Account.' || replace(email, '@', '.of@') from customers;

create domain quantity_of_pay as numeric(10, 2) check (value > 0);
create type contact as (label text, number text);
create table payroll (id integer primary key, grade order_status not null, salary quantity_of_pay, wages numeric[], bonus integer, reached contact);
insert into payroll
  select id, 'paid', 30000.25 + id * 1001, array[700001.5 + id, 700002.5 + id], 80000 + id * 7, row('desk', 'ext. ' || 4000000 + id)::contact from employees;

create table "Kunden-Daten" ("Nr." integer primary key, "E-Mail" text, "ssn" text, "select" text);
insert into "Kunden-Daten" select id, 'kunde.' || email, '6' || substr(translate(ssn, '0123456789', '5678901234'), 2), 'Wahl ' || id from customers;

create materialized view numbers as select id, ssn as number from customers;
create view contacts as
  select 'customer' as kind, id, email as contact from customers
  union all
  select 'employee', id, email from employees;
create view berliners with (security_barrier) as select id, name, email from customers where city <> 'Paris';
