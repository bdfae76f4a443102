-- Values of every type, literals, introducers, functions, and what the client is told of columns.
create table v (n int, d decimal(10,3), f double, t time(2), dt datetime(3), y year, b bit(9), e enum('k','l'), s set('m','n'), j json, x text, z blob, p point);
insert into v values (-1, 12.5, 1.5e30, '-12:34:56.78', '2024-02-29 23:59:59.999', 2024, b'101010101', 'l', 'm,n', '{"a": [1, null, "é"]}', 'tëxt 🎉', x'00ff10', point(1, 2));
insert into v (n) values (null);
select n, d, f, t, dt, y, b + 0, hex(b), e, e + 0, s, s + 0, j, x, hex(z), st_astext(p) from v\G
select x, length(x), char_length(x), x = 'TËXT 🎉', x like 't_xt%' from v where n = -1;
select z, b from v where n = -1;
select 1, 1.0, 1e0, 0x41, x'4142', b'1000001', true, null, 'it''s', "double \"quoted\"", 'a' 'b', N'national', _latin1'caf\xe9', _utf8mb4 x'c3a9', _binary 'bin';
select 'line\nfeed\ttab\\ \% \_ \0 end', 'no\z';
select date '2020-01-02', time '10:11:12', timestamp '2020-01-02 03:04:05', {d '2020-01-01'}, interval 1 day + date '2020-01-31';
select 18446744073709551615, 9223372036854775808, -9223372036854775808, 0.1 + 0.2, 1e308 * 10, 7 div 2, 7 mod 4, -7 % 4, 1 / 3, 1 / 0;
select 5 & 3, 5 | 3, 5 ^ 3, ~0, 1 << 63, 1 <=> null, not 1, !0, 1 xor 1, 2 between 1 and 3, 'a' in ('a', 'b');
select cast('12abc' as signed), cast(3.7 as unsigned), cast('2020-13-01' as date), convert('é' using latin1) = 'é', cast(12 as char(1)), binary 'a' = 'A';
select concat('a', null), concat_ws(',', 'a', null, 'b'), substring('hello' from 2 for 3), trim(both 'x' from 'xxaxx'), lpad('7', 3, '0'), format(1234567.891, 2), elt(2, 'a', 'b'), field('b', 'a', 'b');
select json_extract('{"a": {"b": [1, 2]}}', '$.a.b[1]'), json_object('k', 1), json_arrayagg(n) from v;
select json_table.* from json_table('[{"a": 1}, {"a": 2}]', '$[*]' columns (a int path '$.a', o for ordinality)) as json_table;
select regexp_replace('abc', '[bc]', '-'), 'abc' regexp '^a', 'abc' rlike 'z', soundex('quadratically'), 'a' sounds like 'b';
select date_add('2020-01-31', interval 1 month), datediff('2020-03-01', '2020-02-01'), date_format('2020-02-03', '%W %e %M %Y'), extract(year_month from '2020-02-03'), timestampdiff(hour, '2020-01-01', '2020-01-03'), last_day('2020-02-01'), str_to_date('3,2,2020', '%e,%c,%Y');
select if(1, 'y', 'n'), ifnull(null, 2), nullif(1, 1), coalesce(null, 3), case 2 when 1 then 'a' when 2 then 'b' end, case when false then 1 else 'x' end, greatest(1, 'b'), least(2, 1);
select charset('a'), collation(_latin1 'a'), coercibility('a'), 'a' collate utf8mb4_bin = 'A', convert(x using ascii) from v where n = -1;
select group_concat(distinct n order by n desc separator '-'), bit_or(n), std(n), var_pop(d), count(distinct n, d) from v;
select md5('a'), sha1('a'), crc32('a'), hex(aes_encrypt('a', 'k')), to_base64('abc'), inet_aton('1.2.3.4'), uuid() is not null, conv('ff', 16, 10), bin(5), oct(8);
select last_insert_id(), row_count(), found_rows(), database(), user(), current_user(), version() like '10%', @@version_comment = '', connection_id() > 0;
select `n` as `a ``name`, n as 'quoted', n "double", n as `ünï` from v limit 1;
select * from v where false;
drop table v;
