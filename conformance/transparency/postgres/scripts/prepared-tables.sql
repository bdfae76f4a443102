-- Tables made from what was prepared.
create table sold (id int, price int);
insert into sold values (1, 10), (2, 20), (3, 30);
prepare dear(int) as select id, price from sold where price > $1 order by id;
create table dear_ones as execute dear(15);
select * from dear_ones;
create temp table empty_ones (number, cost) as execute dear(0) with no data;
select * from empty_ones;
explain (costs off) create table others as execute dear(0);
create table if not exists dear_ones as execute dear(0);
create table others as execute never_prepared;
create table others as execute dear;
prepare doubled as insert into sold select id + 10, price * 2 from sold returning *;
create table others as execute doubled;
deallocate dear;
create table others as execute dear(0);
prepare one as select 1 as one\; create table ones as execute one\; select * from ones;
drop table sold, dear_ones, empty_ones, ones;
-- What rows of a cycle are marked with.
with recursive walk (f, t) as (
  select 1, 2 union all select t, t % 3 + 1 from walk
) cycle f, t set seen to point '(1,1)' default point '(0,0)' using way
select * from walk;
with recursive walk (f) as (select 1 union all select f % 3 + 1 from walk) cycle f set seen to 'yes'::text default 'no' using way
select f, seen from walk;
-- What is prepared follows the search_path.
create schema east create table places (name text);
create schema west create table places (name text);
insert into east.places values ('eastern');
insert into west.places values ('western');
set search_path = east;
prepare place as select name from places;
execute place;
set search_path = west;
execute place;
alter table east.places add column more int;
execute place;
begin; select name from places; commit;
reset search_path;
drop schema east, west cascade;
