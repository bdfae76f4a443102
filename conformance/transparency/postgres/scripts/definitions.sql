-- What makes, changes and drops things, and what is told about them.
create schema house;
create schema house;
create table house.rooms (
  id int generated always as identity primary key,
  name text not null unique,
  area numeric(6, 2) default 10.5,
  tags text[] default '{}',
  kind char(3),
  double_area numeric generated always as (area * 2) stored,
  constraint sensible check (area > 0)
);
\d house.rooms
insert into house.rooms (name, area, tags) values ('hall', 12, '{a,b}'), ('attic', 20.25, null) returning *;
insert into house.rooms (name, area) values ('hall', 1);
insert into house.rooms (name, area) values ('shed', -1);
insert into house.rooms (id, name) values (1, 'x');
insert into house.rooms (name, kind) values ('y', 'long');
alter table house.rooms add column note varchar(5) default 'none';
alter table house.rooms alter column note type text, alter column note set not null;
alter table house.rooms rename column note to remark;
alter table house.rooms drop column nothing;
comment on table house.rooms is 'where people are';
create index on house.rooms (lower(name));
create unique index concurrently rooms_area on house.rooms (area) where area > 15;
create view house.large as select name, area from house.rooms where area > 15 with check option;
insert into house.large values ('small', 1);
insert into house.large values ('barn', 100);
select * from house.large order by name;
create or replace view house.large as select name from house.rooms;
create materialized view house.count as select count(*) from house.rooms;
refresh materialized view house.count;
table house.count;
create type house.mood as enum ('sad', 'ok', 'happy');
alter type house.mood add value 'glad' before 'happy';
select 'ok'::house.mood < 'glad', enum_range(null::house.mood);
select 'none'::house.mood;
create domain house.percent as int check (value between 0 and 100);
select 50::house.percent, 101::house.percent;
create type house.pair as (a int, b text);
select row(1, 'x')::house.pair, (row(1, 'x')::house.pair).b;
create sequence house.counter increment 5 start 10;
select nextval('house.counter'), currval('house.counter');
select setval('house.counter', 100), lastval();
create table house.log (at timestamptz default '2020-01-01', what text) partition by list (what);
create table house.log_a partition of house.log for values in ('a');
create table house.log_rest partition of house.log default;
insert into house.log (what) values ('a'), ('b') returning tableoid::regclass, *;
alter table house.log detach partition house.log_rest;
insert into house.log (what) values ('c');
create table house.parent (a int);
create table house.child (b int) inherits (house.parent);
insert into house.child values (1, 2);
select tableoid::regclass, * from house.parent;
select * from only house.parent;
create rule forward as on insert to house.parent do instead insert into house.child values (new.a, 0);
insert into house.parent values (7);
table house.child;
set search_path = house, public;
select count(*) from rooms;
create temp table rooms (only_here int);
select * from rooms;
drop table rooms;
select count(*) from rooms;
reset search_path;
select count(*) from rooms;
create role tenant;
grant select on house.rooms to tenant;
\dp house.rooms
revoke all on house.rooms from tenant;
drop owned by tenant;
drop role tenant;
drop role if exists tenant;
drop table house.rooms;
drop table if exists house.nothing;
drop schema house cascade;
create table as_copy as select id, name from products order by id limit 3;
select * from as_copy;
select 1 as a into into_copy;
table into_copy;
drop table as_copy, into_copy;
create table bad (a int, a int);
create table worse (a nothing);
selct 1;
select * from nowhere;
select nowhere from products;
select count(*) from products where;
select no_such_function(1);
select 'a' + 1;
-- A superuser may put a table among the system's.
create table moved (id int, note text);
alter table moved set schema pg_catalog;
insert into moved values (1, 'one'), (2, 'two');
update moved set note = 'three' where id = 2;
select * from pg_catalog.moved order by id;
alter table moved rename to moved_again;
delete from moved_again;
truncate moved_again;
drop table moved_again;
