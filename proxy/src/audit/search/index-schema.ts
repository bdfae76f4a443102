/** The tables of the index. Words stand once, everything else has their numbers. */

/** Another one: the index is made anew. */
export const schemaVersion = 1;

/** What a statement is found by, beside what each record has. */
export const tagKinds = { label: 1, table: 2, rule: 3, package: 4 } as const;
export type TagKind = keyof typeof tagKinds;
export const tagEntries: readonly (readonly [TagKind, number])[] = [
  ["label", tagKinds.label],
  ["table", tagKinds.table],
  ["rule", tagKinds.rule],
  ["package", tagKinds.package],
];

export const schema = `
create table files (
  id integer primary key,
  first text not null unique, -- its first line: files are renamed
  path text not null,
  size integer not null -- bytes that were read
) strict;

create table words (id integer primary key, word text not null unique) strict;

create table records (
  id integer primary key,
  file integer not null,
  start integer not null, -- bytes
  length integer not null,
  time integer not null, -- ms since 1970
  event integer not null,
  session integer not null,
  statement integer,
  principal integer,
  behalf integer, -- for whom
  principal_kind integer,
  target integer,
  kind integer,
  denied integer not null,
  rows integer,
  duration_us integer,
  sqlstate integer
) strict;
create index by_statement on records (session, statement);
create index by_principal on records (principal, id);
create index by_behalf on records (behalf, id) where behalf is not null;
create index by_time on records (time);
create index denials on records (id) where denied = 1;

-- The principal stands here too, so that what one has read of one label is found without looking at everything.
create table tags (
  kind integer not null,
  word integer not null,
  principal integer not null,
  record integer not null,
  primary key (kind, word, principal, record)
) strict, without rowid;
create index tags_of on tags (record, kind);

pragma user_version = ${schemaVersion};
`;
