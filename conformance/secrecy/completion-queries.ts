/** Queries of the shape that psql sends when somebody presses the tab key: names from the catalogs by what is typed so far. */
export const completionQueries: readonly string[] = [
  `select pg_catalog.quote_ident(c.relname) from pg_catalog.pg_class c
    where c.relkind in ('r', 'S', 'v', 'm', 'f', 'p') and substring(pg_catalog.quote_ident(c.relname), 1, 4) = 'cust'
      and pg_catalog.pg_table_is_visible(c.oid)
      and c.relnamespace <> (select oid from pg_catalog.pg_namespace where nspname = 'pg_catalog')
    union all select pg_catalog.quote_ident(n.nspname) || '.' from pg_catalog.pg_namespace n
      where substring(pg_catalog.quote_ident(n.nspname) || '.', 1, 4) = 'cust'
        and (select pg_catalog.count(*) from pg_catalog.pg_namespace
          where substring(pg_catalog.quote_ident(nspname) || '.', 1, 4) = substring('cust', 1, pg_catalog.length(pg_catalog.quote_ident(nspname)) + 1)) > 1
    limit 1000`,
  `select pg_catalog.quote_ident(attname) from pg_catalog.pg_attribute a, pg_catalog.pg_class c
    where c.oid = a.attrelid and a.attnum > 0 and not a.attisdropped
      and substring(pg_catalog.quote_ident(attname), 1, 1) = 's'
      and (pg_catalog.quote_ident(relname) = 'customers' or '"' || relname || '"' = 'customers')
      and pg_catalog.pg_table_is_visible(c.oid) limit 1000`,
  "select name from (select pg_catalog.lower(name) as name from pg_catalog.pg_settings union all select 'session authorization') ss where substring(name, 1, 6) = 'search' limit 1000",
  "select pg_catalog.quote_ident(rolname) from pg_catalog.pg_roles where (pg_catalog.quote_ident(rolname)) like 's%' limit 1000",
  "select pg_catalog.quote_ident(datname) from pg_catalog.pg_database where substring(pg_catalog.quote_ident(datname), 1, 1) = 's'",
  "select distinct pg_catalog.quote_ident(p.proname) from pg_catalog.pg_proc p where p.prokind in ('f', 'w') and (p.proname) like 'row\\_%' and pg_catalog.pg_function_is_visible(p.oid) limit 1000",
  `select pg_catalog.format_type(t.oid, null) from pg_catalog.pg_type t
    where (t.typrelid = 0 or (select c.relkind = 'c' from pg_catalog.pg_class c where c.oid = t.typrelid))
      and t.typname !~ '^_' and (pg_catalog.format_type(t.oid, null)) like 'order%' and pg_catalog.pg_type_is_visible(t.oid) limit 1000`,
  "select pg_catalog.quote_ident(nspname) from pg_catalog.pg_namespace where nspname like 'pub%'",
  "select extname from pg_catalog.pg_extension where (extname) like '%' limit 1000",
  "select pg_catalog.quote_ident(name) from pg_catalog.pg_prepared_statements where (name) like '%' limit 1000",
  "select pg_catalog.quote_ident(name) from pg_catalog.pg_cursors where (name) like '%' limit 1000",
];
