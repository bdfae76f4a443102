-- Several statements of one text, whose transactions begin and end within it.
create table steps (step int);
insert into steps values (1)\; select * from steps;
begin\; insert into steps values (2)\; commit\; select count(*) from steps;
select 1 as one\; begin\; insert into steps values (3);
insert into steps values (4)\; commit\; insert into steps values (5)\; select 1 / 0;
insert into steps values (6)\; rollback\; select 'rolled back' as told;
select * from steps;
select 'in none' as transaction\; commit\; select * from steps;
insert into steps values (7)\; commit and chain\; insert into steps values (8)\; commit;
begin\; commit\; commit\; select count(*) from steps;
begin;
insert into steps values (9)\; rollback and chain\; insert into steps values (10)\; commit\; select * from steps;
rollback;
select 1\; select 2 +\; select 3;
drop table steps;
