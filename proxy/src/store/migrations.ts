/** The tables, version by version. A version that was released is never changed: another one follows it. */
import { sharedAuditTables } from "./shared-audit-tables.ts";
import { number, type SqlTransaction } from "./sql.ts";

/** One that only one engine is to run, or each. */
type Statement = string | { readonly only: SqlTransaction["engine"]; readonly sql: string };

const versions: readonly (readonly Statement[])[] = [
  [
    // JSON is kept as text. Times are ms since 1970.
    `create table proxies (
       id text primary key,
       name text not null,
       seen_ms bigint not null
     )`,
    `create table requests (
       id text primary key,
       proxy text not null, -- which has asked
       holder text, -- whose session waits; none where the statement has to be sent again
       session text not null,
       principal text not null,
       digest text not null,
       fingerprint text,
       needs text not null, -- keys
       asked text not null, -- what people are shown
       deferred integer not null,
       state text not null,
       asked_ms bigint not null,
       expires_ms bigint not null,
       ended_ms bigint,
       ended_by text,
       because text,
       granted text, -- the yes that the holder may use
       told integer not null default 0 -- a session was told how it ended
     )`,
    "create index requests_of_statement on requests (digest, state)",
    "create index requests_alike on requests (fingerprint, state)",
    "create index requests_of_holder on requests (holder, state)",
    "create index requests_of_principal on requests (principal, state)",
    "create index requests_by_end on requests (state, expires_ms)",
    `create table grants (
       id text primary key,
       request text not null,
       need text not null, -- key
       said_by text not null,
       groups text not null,
       digest text not null,
       fingerprint text, -- also for statements that are alike
       single integer not null, -- for the run of its request
       until_ms bigint not null,
       uses_left bigint, -- none: any number
       used bigint not null
     )`,
    "create index grants_of_statement on grants (digest)",
    "create index grants_alike on grants (fingerprint)",
    "create index grants_of_request on grants (request)",
    // What the audit log has to be told, until a proxy has told it.
    `create table answers (
       id text primary key,
       request text not null,
       at_ms bigint not null,
       said text not null,
       taker text
     )`,
    "create index answers_of_request on answers (request)",
  ],
  sharedAuditTables.map((sql) => ({ only: "postgres", sql })),
];

/** Brings the tables up to date. Throws where a newer proxy has made them. */
export async function migrate(tx: SqlTransaction, known = versions): Promise<void> {
  await tx.all("create table if not exists schema_versions (version bigint primary key, at_ms bigint not null)");
  const [row] = await tx.all("select coalesce(max(version), 0) as version from schema_versions");
  const present = row === undefined ? 0 : number(row, "version");
  if (present > known.length) {
    throw new Error(
      `has tables of version ${present}, and this proxy knows ${known.length}: run the version of the proxy that made them, or a newer one`,
    );
  }
  for (const [index, statements] of known.entries()) {
    if (index < present) continue;
    for (const statement of statements) {
      if (typeof statement === "string") await tx.all(statement);
      else if (statement.only === tx.engine) await tx.all(statement.sql);
    }
    await tx.all("insert into schema_versions (version, at_ms) values ($1, $2)", index + 1, tx.nowMs);
  }
}
