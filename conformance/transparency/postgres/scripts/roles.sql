-- Whoever may be several roles at the server may be them through the proxy too.
create role keeper nologin;
create role guest;
create schema guest authorization guest;
create table notes (note text);
create table guest.notes (note text, seen boolean);
insert into notes values ('of public');
insert into guest.notes values ('of the guest', true);
grant select on notes to keeper;
grant select on guest.notes to guest;

set role keeper;
select current_user, session_user;
select * from notes;
insert into notes values ('not permitted');
create table mine (a int);
reset role;

set session authorization guest;
select current_user, session_user;
-- $user in the search_path is the guest now.
select * from notes;
select seen from notes;
reset session authorization;
select * from notes;
select seen from notes;

begin;
set local role guest;
select * from notes;
commit;
select * from notes;

begin;
set role guest;
select * from notes;
rollback;
select * from notes;

begin;
savepoint before;
set local session authorization guest;
select * from notes;
rollback to before;
select * from notes;
commit;

select set_config('role', 'guest', false);
select * from notes;
set role none;
select * from notes;
set role nobody_of_that_name;
set session authorization default;

-- Settings whose names are computed, and several at once.
select set_config('ro' || 'le', 'guest', false);
select * from notes;
select set_config(name, 'none', false) from (values ('role')) s (name);
select * from notes;
select count(set_config(name, setting, false)) from pg_settings where name in ('work_mem', 'DateStyle', 'standard_conforming_strings');
select set_config('search_path', 'pg_catalog', false), set_config('work_mem', '5MB', false);
select count(*) from notes;
reset search_path;
show work_mem;

-- Triggers are off for a replica.
create function tell() returns trigger language plpgsql as $$ begin raise notice 'a note came'; return new; end $$;
create trigger told before insert on notes for each row execute function tell();
set session_replication_role = replica;
insert into notes values ('quietly');
reset session_replication_role;
insert into notes values ('aloud');
set session_replication_role = 'origin';
insert into notes values ('aloud again');

drop schema guest cascade;
drop table notes;
drop function tell;
drop role keeper, guest;
