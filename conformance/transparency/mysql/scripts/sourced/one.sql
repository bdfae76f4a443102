select 'from another file' as s;
