-- Large objects: psql moves them with functions called by message.
\set home `mktemp -d`
\set picture :home '/picture'
\set copied :home '/copied'
\setenv PICTURE :picture
\setenv COPIED :copied
\! head -c 300000 /dev/zero | tr '\\000' 'x' > "$PICTURE"
\lo_import :picture 'a picture'
\set number :LASTOID
select length(lo_get(:number)), md5(lo_get(:number));
\lo_export :number :copied
\! cmp "$PICTURE" "$COPIED" && echo the same
select count(*) from pg_largeobject_metadata where oid = :number;
\lo_unlink :number
\lo_unlink :number
\lo_export :number :copied
\lo_import /nowhere/at/all
begin;
selec;
\lo_import :picture
rollback;
select lo_create(4711);
begin;
select lo_open(4711, x'60000'::int) as handle \gset
select lowrite(:handle, 'in the middle'), lo_tell(:handle), lo_lseek(:handle, 3, 0), loread(:handle, 3);
commit;
select lo_get(4711);
\lo_unlink 4711
\! rm -r "$(dirname "$PICTURE")"
