-- Stored programs: what they return, print, raise and change.
set timestamp = 1700000000;
create table t (id int auto_increment primary key, n int, note varchar(40));
create function plus_one(a int) returns int deterministic return a + 1;
select plus_one(4), test.plus_one(5);
delimiter //
create procedure several(in a int, out b int, inout c int)
begin
  declare x int default 5;
  set b = a + x, c = c * 2;
  select a as first_result;
  select b, c;
end//
create procedure walk()
begin
  declare done int default false;
  declare total int default 0;
  declare i int;
  declare each_row cursor for select n from t order by id;
  declare continue handler for not found set done = true;
  open each_row;
  reading: loop
    fetch each_row into i;
    if done then leave reading; end if;
    set total = total + i;
  end loop;
  close each_row;
  select total;
end//
create procedure shapes(k int)
begin
  declare i int default 0;
  while i < k do set i = i + 1; end while;
  repeat set i = i - 1; until i <= 2 end repeat;
  case i when 1 then select 'one'; when 2 then select 'two'; else select 'other'; end case;
  if k > 100 then select 'large'; elseif k > 10 then select 'middle'; else select 'small'; end if;
  begin
    declare exit handler for sqlexception select 'caught' as what;
    select * from nowhere;
    select 'not reached';
  end;
end//
create trigger before_t before insert on t for each row
begin
  if new.note is null then set new.note = concat('n is ', new.n); end if;
  set @inserted = ifnull(@inserted, 0) + 1;
end//
delimiter ;
set @c = 3;
call several(1, @b, @c);
select @b, @c;
insert into t (n) values (1), (2), (3);
select *, @inserted from t;
call walk();
call shapes(20);
call shapes(3);
call shapes();
call several(1, 2, 3);
create procedure changing() insert into t (n) values (9);
call changing();
call changing;
select count(*) from t;
show create procedure changing;
show procedure status like 'changing%';
show create function plus_one;
show create trigger before_t;
show triggers like 't';
select routine_name, routine_type, data_type from information_schema.routines where routine_schema = 'test' order by 1;
select parameter_name, parameter_mode, dtd_identifier from information_schema.parameters where specific_schema = 'test' order by specific_name, ordinal_position;
create or replace function plus_one(a int) returns int return a + 2;
select plus_one(1);
alter procedure changing comment 'changes t';
create event later on schedule at '2037-01-01 00:00:00' do delete from t;
show events;
alter event later disable;
drop event later;
create aggregate function nothing returns string soname 'nowhere.so';
create trigger before_t before insert on t for each row set @x = 1;
create function without_return() returns int begin end;
delimiter //
begin not atomic declare a int default 3; select a; end//
if 1 then select 'compound'; end if//
for i in 1..2 do select i; end for//
delimiter ;
drop trigger before_t;
drop procedure several;
drop procedure walk;
drop procedure shapes;
drop procedure if exists changing;
drop procedure if exists changing;
drop function plus_one;
drop table t;
