/**
 * The tables of the index over the audit logs of all proxies (`audit/shared`): those of the index beside a log (`audit/search/index-schema.ts`),
 * with words in place of their numbers, since several write. As they were made in version 2 of the store's tables.
 */
export const sharedAuditTables: readonly string[] = [
  // A proxy's log, and whose it is.
  `create table audit_logs (
     id integer generated always as identity primary key,
     proxy text collate "C" not null, -- its name
     chain text collate "C" not null, -- of the log's files
     keep_ms bigint, -- how long its records are kept; none: for ever
     unique (proxy, chain)
   )`,
  `create table audit_records (
     id uuid primary key, -- sorts by time (audit/shared/record-key.ts)
     log integer not null,
     time bigint not null, -- ms since 1970
     event text collate "C" not null,
     session text collate "C" not null,
     statement bigint,
     principal text collate "C" not null,
     behalf text collate "C", -- for whom
     principal_kind text collate "C",
     target text collate "C",
     kind text collate "C",
     denied integer not null,
     rows bigint,
     duration_us bigint,
     sqlstate text collate "C",
     result uuid, -- the record that rows, duration_us and sqlstate are of
     line text not null -- as in the log
   )`,
  "create index audit_records_by_statement on audit_records (session, statement)",
  "create index audit_records_by_principal on audit_records (principal, id)",
  "create index audit_records_by_behalf on audit_records (behalf, principal, id) where behalf is not null",
  "create index audit_records_by_time on audit_records (time)",
  "create index audit_denials on audit_records (id) where denied = 1",
  `create table audit_tags (
     kind smallint not null,
     word text collate "C" not null,
     principal text collate "C" not null,
     record uuid not null,
     primary key (kind, word, principal, record)
   )`,
  "create index audit_tags_of_record on audit_tags (record, kind)",
];
