-- Tables of every type, keys, partitions, views, sequences: what is made, and how the server tells of it.
create table kinds (
  id int unsigned not null auto_increment primary key comment 'numbered',
  t tinyint, b bool default true, s smallint zerofill, m mediumint, g bigint unsigned, d decimal(12,4), f float, r double(8,2), bits bit(12),
  c char(10) character set latin1 collate latin1_bin, v varchar(40) default 'ünicode', bin binary(4), vb varbinary(20),
  tt tinytext, x text, mt mediumtext, lt longtext, tb tinyblob, bl blob, lb longblob,
  da date, ti time(3), dt datetime(6), ts timestamp null default current_timestamp on update current_timestamp, y year,
  e enum('a','b''c','d') not null default 'a', st set('x','y','z'), j json, u uuid, i6 inet6, p point,
  whole decimal(14,4) as (d + 1) virtual, kept varchar(50) as (concat(v, '!')) stored,
  key by_v (v(5)), unique key by_g (g), key by_two (da, ti desc), fulltext key by_x (x), check (t between -5 and 100)
) engine=innodb default charset=utf8mb4 comment='one of each';
show create table kinds;
describe kinds;
show full columns from kinds;
show index from kinds;
show table status like 'nothing';
create table if not exists kinds (id int);
create table parents (id int primary key, name varchar(20));
create table children (id int primary key, parent int, constraint of_parent foreign key (parent) references parents (id) on delete cascade);
insert into parents values (1, 'one'), (2, 'two');
insert into children values (10, 1), (11, 2);
insert into children values (12, 3);
delete from parents where id = 1;
select * from children;
alter table parents add column age int default 5 after id, add index (age), comment = 'changed';
alter table parents change name title varchar(30) not null, algorithm=inplace;
alter table parents modify title text, drop index age;
alter table parents rename column age to years;
alter table parents add column if not exists years int;
show create table parents;
rename table parents to elders;
select * from elders;
create table parted (id int, day date) partition by range (year(day)) (partition early values less than (2000), partition late values less than maxvalue);
insert into parted values (1, '1999-01-01'), (2, '2020-01-01');
select * from parted partition (late);
alter table parted drop partition early;
select count(*) from parted;
select partition_name, table_rows from information_schema.partitions where table_name = 'parted' and table_schema = database();
create or replace view names as select id, title from elders where id > 1 with check option;
show create view names;
select * from names;
update names set title = 'deux';
insert into names values (1, 'no');
alter view names as select title from elders;
select * from names;
create sequence numbers start with 5 increment by 3;
select next value for numbers, nextval(numbers), lastval(numbers);
select setval(numbers, 100), next value for numbers;
show create sequence numbers;
create table copied like kinds;
create table made (primary key (id)) as select id, title from elders;
show create table made;
create temporary table passing (a int) select 7 as a;
select * from passing;
show create table passing;
drop temporary table passing;
select * from passing;
create or replace table made (z int);
describe made;
create index by_z on made (z);
drop index by_z on made;
drop index by_z on made;
truncate made;
create table versions (a int) with system versioning;
insert into versions values (1);
update versions set a = 2;
select a from versions for system_time all order by a;
analyze table elders;
check table elders, nowhere;
optimize table elders;
create database beside character set latin1;
show create database beside;
use beside;
create table there (a int);
select database(), count(*) from there;
select count(*) from test.elders;
use nowhere;
select database();
use test;
drop database beside;
drop view names, nowhere;
drop sequence numbers;
drop table if exists nothing;
drop table copied, nothing;
drop table kinds, children, elders, parted, made, versions;
show tables;
