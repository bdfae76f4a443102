-- Views that read each other in a circle can be made, and not be read; what else stands on their tables works.
create table leaves (leaf int);
create view branch as select leaf from leaves;
create view trunk as select leaf from branch;
create or replace view branch as select leaf from trunk;
select * from branch;
select * from trunk;
insert into leaves values (1);
select * from leaves;
begin;
lock table branch in exclusive mode;
rollback;
create or replace view branch as select leaf from leaves;
select * from trunk;
create or replace view branch as select leaf from branch;
select * from branch;
insert into trunk values (2);
drop table leaves cascade;
drop view if exists branch cascade;
