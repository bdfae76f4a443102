-- Commands of the client itself.
\W
select 1 / 0;
\w
select 1 / 0;
create database other;
\u other
select database();
use test
\d //
select 1; select 2//
\d ;
select 1 as a, 'two' as b\G
select 1\g
select 'thrown away' \c
select 2 as kept;
\p
\C utf8mb4
select 'é';
\! echo from the shell
\h select
\. sourced/one.sql
system echo again from the shell
warnings
select 1 / 0;
nowarning
charset utf8mb4
connect other
select database();
\r test
select database();
drop database other;
notee
\q
select 'never reached';
