-- Mistakes that the proxy finds: their numbers and lines are the server's, their words are not.
selec 1;
select * frm t;
select 1 +;
select 'ünicode', 1 + ;
select a from t where;
insert into t values (1,);
select * from t limit 1 union select 1;
select 1 limit -1;
commit work and nothing;
execute_nothing;
select substring('a');
select date_add('2020-01-01', interval 1 nothing);
create procedure broken() selec 1;
begin not atomic declare a int default 3; select a; end;
select count (*) from (select 1) x;
select * from (select 1 as id) c as of timestamp now();
select count(*) from mysql.db where false;
select 1 from t where a = 'unfinished;
';
select /* unfinished
*/ 1;
select `a from t;
`;
select "never closed" from t where a = ";
";
