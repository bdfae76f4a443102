-- Queries of every shape.
create table c (id int primary key, name varchar(20), city varchar(20));
create table o (id int primary key, customer int, total decimal(8,2), day date, key (customer));
insert into c values (1, 'Ann', 'Oslo'), (2, 'Bob', 'Rome'), (3, 'Cid', null), (4, 'Dee', 'Oslo');
insert into o values (1, 1, 10, '2024-01-01'), (2, 1, 20.5, '2024-01-02'), (3, 2, 5, '2024-02-01'), (4, 9, 7, null);
select c.name, count(o.id) n, sum(total) from c left join o on o.customer = c.id group by c.id having n > 0 order by 2 desc, 1 limit 2;
select * from c natural join (select 1 as id) x;
select * from c join o using (id) order by id desc limit 1, 2;
select * from c right join o on c.id = o.customer order by o.id;
select c.id from (c, o) join c c2 on c2.id = o.customer where c.id = o.customer order by 1;
select straight_join c.id from c cross join o force index (customer) where o.customer = c.id;
select city, grouping_ok from (select city, count(*) grouping_ok from c group by city with rollup) r;
select name from c where id in (select customer from o where total > all (select 6 union select 7)) or exists (select 1 from o where customer = c.id and total < 6);
select (select max(total) from o where customer = c.id) best, name from c order by best is null, best;
select row(1, 2) = (select 1, 2), (1, 2) in ((1, 2), (3, 4)), 1 < any (select id from c);
with recursive n (i) as (select 1 union all select i + 1 from n where i < 5), m as (select max(i) k from n) select * from n, m;
select id from c union all select id from o order by id limit 3;
(select id from c where id < 3) except (select 1) union distinct (select 7);
select id from c intersect select customer from o order by 1;
values (1, 'a'), (2, 'b');
select id, row_number() over w, rank() over (order by city), sum(id) over (partition by city order by id rows between unbounded preceding and current row), lag(id, 1) over w, ntile(2) over w from c window w as (order by id desc);
select first_value(name) over (order by id), percent_rank() over (order by id), median(id) over (partition by city) from c order by id;
select distinct sql_calc_found_rows city from c order by city limit 1;
select found_rows();
select sql_no_cache high_priority id from c where match (name) against ('x');
select id from c order by id limit 1 for update;
select id from c order by id offset 1 rows fetch first 1 rows with ties;
select id from c where id = 1 lock in share mode;
select * from c procedure analyse();
select id into @i from c where id = 2;
select @i, @nothing, @i := @i + 1, @j := 'x';
select @i;
select * from dual;
select 1 from dual where 1 = 0;
explain select * from c where id = 1;
explain format=json select 1;
explain extended select id from c where name = 'a';
show warnings;
describe c;
select `c`.`id`, c.*, test.c.name from test.c limit 1;
select /* comment */ 1 /*! + 1 */ /*!99999 + 5 */ /*M!100000 + 2 */ -- end
;
select 1 # end
;
select 1; select 2; select nothing; select 3;
delimiter //
select 1; select 'both' as b; select 3//
create table m1 (a int); insert into m1 values (1), (2); select * from m1; drop table m1//
delimiter ;
drop table c, o;
