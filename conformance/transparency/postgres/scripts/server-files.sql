-- The database server's own files, for whoever may reach them and from whom nothing is hidden.
\getenv folder PG_ABS_BUILDDIR
\set file :folder '/results/rows.csv'
create table rows_out (a int, b text);
insert into rows_out values (1, 'one'), (2, null), (3, 'with "quotes", and a comma');
copy rows_out to :'file' with (format csv, header);
create table rows_in (like rows_out);
copy rows_in from :'file' with (format csv, header match);
select * from rows_in;
copy rows_in (b) from :'file' with (format csv);
copy (select a from rows_out where a > 1) to :'file';
copy rows_in (a) from :'file';
table rows_in;
copy rows_in from '/nowhere/at/all';
copy rows_in to 'relative';
drop table rows_out, rows_in;
