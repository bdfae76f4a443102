-- Functions, procedures, triggers, DO: code that runs inside the server.
create function add(a int, b int) returns int language sql immutable as 'select a + b';
select add(1, 2), add(b => 3, a => 4);
create function twice(int) returns int language sql return $1 * 2;
select twice(21);
create or replace function noisy(n int) returns text language plpgsql as $$
begin
  raise notice 'n is %', n;
  if n > 2 then
    raise exception 'too much' using detail = 'more than two', hint = 'less', errcode = 'P1234';
  end if;
  return repeat('*', n);
end
$$;
select noisy(2);
select noisy(3);
\echo :SQLSTATE :LAST_ERROR_MESSAGE
do $$ begin raise warning 'careful'; raise info 'told'; raise debug 'quiet'; end $$;
do $$ declare x int; begin x := 1 / 0; exception when division_by_zero then raise notice 'caught %', sqlerrm; end $$;
create table audited (id serial, v text);
create function stamp() returns trigger language plpgsql as $$
begin
  new.v := upper(new.v);
  raise notice '% %', tg_op, new.v;
  return new;
end
$$;
create trigger stamp before insert or update on audited for each row execute function stamp();
insert into audited (v) values ('one'), ('two') returning *;
update audited set v = 'three' where id = 1;
create procedure clean(keep int) language plpgsql as $$
begin
  delete from audited where id <> keep;
  commit;
end
$$;
call clean(2);
select * from audited;
begin;
call clean(2);
rollback;
create function series(n int) returns table (i int, sq int) language sql as $$ select i, i * i from generate_series(1, n) i $$;
select * from series(3) where sq > 1;
select series(2);
create function later() returns refcursor language plpgsql as $$
declare c refcursor := 'mine';
begin
  open c for select 1 as a union all select 2;
  return c;
end
$$;
begin;
select later();
fetch all from mine;
commit;
create function change_path() returns text language plpgsql as $$
begin
  perform set_config('search_path', 'pg_catalog', false);
  return current_setting('search_path');
end
$$;
select change_path();
select count(*) from audited;
reset search_path;
select count(*) from audited;
create function dynamic(t text) returns bigint language plpgsql as $$
declare n bigint;
begin
  execute format('select count(*) from %I', t) into n;
  return n;
end
$$;
select dynamic('audited'), dynamic('nothing');
create aggregate joined(text) (sfunc = textcat, stype = text, initcond = '');
select joined(v) from audited;
create operator === (leftarg = int, rightarg = int, function = int4eq);
select 1 === 1;
create cast (int as text) with inout as assignment;
create event trigger ddl on ddl_command_start execute function stamp();
\df add
\sf twice
drop function add(int, int), twice(int), noisy(int), series(int), later(), change_path(), dynamic(text);
drop table audited;
drop function stamp();
drop procedure clean;
drop aggregate joined(text);
drop operator === (int, int);
select pg_advisory_lock(1), pg_try_advisory_lock(1), pg_advisory_unlock_all();
select current_user = session_user, current_database(), current_schema();
select lo_creat(-1) > 0 as made;
