-- What psql asks of the catalog for each of its commands that describe something.
\d
\d+
\d customers
\d+ customers
\d customer_overview
\d+ customer_overview
\d nothing
\d pub*.cust*
\dS pg_class
\da
\dA
\dA+
\dAc btree int4
\dAf btree int4
\dAo btree integer_ops
\dAp btree integer_ops
\db
\db+
\dc
\dc pg_catalog.utf8_to_iso_8859_1
\dC pg_catalog.int4
\dd
\ddp
\dD
\dD+
\des
\deu
\dew
\det
\df
\df pg_catalog.abs
\df+ pg_catalog.now
\dF
\dFd
\dFp
\dFt
\dg
\di
\di+
\dl
\dL
\dL+
\dm
\dn
\dn+
\do pg_catalog.||
\dO pg_catalog.C
\dp
\dp customers
\dP
\drds
\dRp
\dRp+
\dRs
\ds
\dt
\dt+
\dt pg_catalog.pg_c*
\dT
\dT+
\dT pg_catalog.int*
\du
\du+
\dv
\dv+
\dx
\dx+
\dX
\dy
\dE
\dconfig work_mem
\l
\z customers
\sf pg_catalog.abs(integer)
\sv customer_overview
\encoding
\errverbose
select 1 / 0;
\errverbose
\set VERBOSITY verbose
select nothing;
\set VERBOSITY sqlstate
select nothing;
\set VERBOSITY default
\set SHOW_CONTEXT always
do $$ begin perform 1 / 0; end $$;
\set ECHO_HIDDEN on
\dt customers
\set ECHO_HIDDEN off
\set FETCH_COUNT 3
select id, name from customers order by id limit 7;
\unset FETCH_COUNT
\set SINGLELINE on
select 1
\unset SINGLELINE
\pset format unaligned
select 1 as a, 2 as b;
\x
select 1 as a, 2 as b;
\q
