-- Queries of every shape over the shop.
select id, name, price from products order by price desc, id limit 5 offset 2;
select distinct on (customer_id) customer_id, id from orders order by customer_id, id desc fetch first 3 rows with ties;
select c.name, count(o.id), sum(count(o.id)) over () from customers c left join orders o on o.customer_id = c.id group by c.id order by 2 desc, 1 limit 4;
select city, grouping(city), count(*) from customers group by rollup (city) order by city nulls first limit 5;
with recursive n(i) as (select 1 union all select i + 1 from n where i < 5) select array_agg(i) from n;
with moved as (delete from support_tickets where id = 1 returning id) select count(*) from moved;
select * from (values (1, 'a'), (2, null)) v(n, t) where t is distinct from 'a';
select o.id, l.n from orders o cross join lateral (select count(*) n from order_items i where i.order_id = o.id) l order by o.id limit 3;
select row_number() over w, lag(id) over w from customers window w as (partition by city order by id) order by id limit 3;
select id, rank() over (order by id desc rows between 1 preceding and current row exclude ties) from customers order by id limit 2;
(select 1 union select 2 intersect select 2) except all select 3 order by 1;
select * from products natural join (select 1 as id) x;
select exists (select from customers where id = 1), 3 in (1, 2), 3 = any (array[1, 3]), (1, 2) < (1, 3);
select case when true then 1 end, coalesce(null, 2), nullif(1, 1), greatest(1, null, 3);
select to_jsonb(p) - 'price' from products p order by id limit 1;
select p, p.*::text from products p order by id limit 1;
select json_agg(row_to_json(c)) from (select id, name from customers order by id limit 2) c;
select jsonb_path_query('{"a": [1, 2]}', '$.a[*] ? (@ > 1)'), '{"a": 1}'::jsonb @> '{"a": 1}';
select * from json_to_recordset('[{"a": 1, "b": "x"}]') as x(a int, b text);
select string_agg(name, ', ' order by name desc) filter (where id < 4) from customers;
select percentile_cont(0.5) within group (order by price) from products;
select * from generate_series(1, 3) with ordinality t(a, b), unnest(array['x', 'y']) u;
select * from rows from (generate_series(1, 2), unnest(array['a'])) r(a, b);
select id from customers tablesample bernoulli (100) repeatable (1) order by id limit 1;
select id from customers order by id for update skip locked limit 1;
select E'\ttab\x41', U&'d\0061t!0061' uescape '!', $tag$it's$tag$, 'a' 'b', b'101', x'1F';
select 'continued'
  ' over lines';
select "name" as "Na""me", 1 as "select", U&"\0061bc" from (select 1 as name, 2 as abc) "T";
select 1_000, 0x1F, 1e3, .5, '1'::int, int '2', cast('3' as int);
select date '2020-02-30';
select '12:00'::time + interval '1 hour 30 min', date '2020-01-31' + interval '1 month', timestamp '2020-01-01' - timestamp '2019-01-01';
select extract(year from timestamptz '2020-06-15 12:00+02'), date_trunc('month', timestamp '2020-06-15'), timestamptz '2020-06-15 12:00+02';
select position('b' in 'abc'), substring('abcdef' from 2 for 3), trim(both 'x' from 'xax'), overlay('abc' placing 'X' from 2), 'a' like 'A', 'a' ilike 'A', 'a' similar to '(a|b)', 'a' ~ '^A';
select array[[1, 2], [3, 4]][2][1], (array[1, 2, 3])[2:], '[0:1]={1,2}'::int[];
select int4range(1, 5) @> 3, '[1,2)'::numrange * '[1.5,3)'::numrange;
select interval '1 day' > interval '23 hours', 'infinity'::timestamp, 'NaN'::float8 = 'NaN';
select 10 / 3, 10 % 3, -7 / 2, 2 ^ 3, |/ 4, @ -5, 5 & 3, 1 << 3, 5 # 1;
select 1 / 0 as e;
select 'x'::int;
select 9223372036854775807 + 1;
insert into products select * from products limit 1;
insert into products (id, name) values (1, 'again') on conflict (id) do nothing;
insert into products as p (id, name, price) select id, name, price from products where id = 1 on conflict (id) do update set price = p.price returning id, price;
update orders o set status = o.status from customers c where c.id = o.customer_id and c.id = 1 returning o.id;
delete from order_items using orders where orders.id = order_items.order_id and orders.id = 1 returning order_items.order_id;
merge into products p using (values (1, 'changed'), (-1, 'made')) v(id, name) on p.id = v.id when matched then do nothing when not matched and v.id > 0 then insert (id, name) values (v.id, v.name);
truncate support_tickets;
explain (costs off) select * from customers where id = 1;
explain (costs off, verbose) select count(*) from orders;
explain (analyze, costs off, timing off, summary off, buffers off) select 1;
prepare q (int, text) as select id, name, $2 as given from customers where id = $1;
execute q (1, 'x');
execute q (1);
execute q ('nonsense', 'x');
explain (costs off) execute q (1, 'x');
deallocate q;
explain execute q (1, 'x');
execute q (1, 'x');
prepare s as select 1 as one \; explain (costs off) execute s \; execute s;
select $1::int + $2 as sum, $3 as t \bind 1 2 three \g
select 1 as a, 'x' as b \gdesc
select 'select ' || n as made from generate_series(1, 2) n \gexec
select 1 as x, 'y' as y \gset got_
\echo :got_x :got_y
select * from customers where id = :got_x \gx
select id, city, 1 as v from customers where id < 4 \crosstabview id city v
copy (select id, name from customers order by id limit 2) to stdout;
copy (select id, name, null from customers order by id limit 2) to stdout with (format csv, header, null 'none', force_quote *);
copy products (id, name) from stdin;
9001	first
9002	sec\tond
\.
select id, name from products where id > 9000;
copy products (id, name) from stdin with csv;
9003,"quo""ted"
bad,row
\.
copy nowhere from stdin;
\copy (select 1, 'x') to stdout csv
show search_path;
show all_nothing;
set nothing.custom = 'x';
show nothing.custom;
set time zone 'UTC';
select timestamptz '2020-06-15 12:00+02';
reset all;
checkpoint;
vacuum products;
analyze products;
reindex table products;
cluster products using products_pkey;
-- INTO of a UNION stands in its first query.
select 1 as a into of_union union all select 2 order by 1;
table of_union;
explain (costs off) select 1 as a into explained union all select 2;
drop table of_union;
