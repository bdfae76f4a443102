/**
 * The closed vocabulary of a policy: what a decision may look at, with its types and enum values.
 *
 * One table from which the checker, the completion, the documentation and the TypeScript types of the engine are made. The
 * language knows these names and their types, nothing of SQL; the engine fills them.
 */

export const categories = ["read", "write", "ddl", "privilege", "transaction", "session", "admin", "opaque"] as const;
export type Category = (typeof categories)[number];

/** `query.kind`: one word per statement of each dialect, with its category. */
export const statementKinds = {
  select: "read",
  table: "read",
  values: "read",
  insert: "write",
  update: "write",
  delete: "write",
  merge: "write",
  truncate: "write",
  copy_to: "read",
  checksum: "read",
  copy_from: "write",
  select_into: "ddl",
  create_table: "ddl",
  create_table_as: "ddl",
  create_view: "ddl",
  create_materialized_view: "ddl",
  refresh_materialized_view: "ddl",
  create_index: "ddl",
  create_sequence: "ddl",
  create_schema: "ddl",
  create_database: "ddl",
  create_function: "ddl",
  create_procedure: "ddl",
  create_trigger: "ddl",
  create_type: "ddl",
  create_domain: "ddl",
  create_rule: "ddl",
  create_policy: "ddl",
  create_statistics: "ddl",
  create_extension: "admin",
  create_server: "admin",
  create_other: "ddl",
  alter_table: "ddl",
  alter_view: "ddl",
  alter_index: "ddl",
  alter_sequence: "ddl",
  alter_schema: "ddl",
  alter_database: "ddl",
  alter_function: "ddl",
  alter_type: "ddl",
  alter_policy: "ddl",
  alter_extension: "admin",
  alter_server: "admin",
  alter_other: "ddl",
  alter_owner: "privilege",
  alter_default_privileges: "privilege",
  rename: "ddl",
  comment: "ddl",
  security_label: "privilege",
  drop_table: "ddl",
  drop_view: "ddl",
  drop_materialized_view: "ddl",
  drop_index: "ddl",
  drop_sequence: "ddl",
  drop_schema: "ddl",
  drop_database: "ddl",
  drop_function: "ddl",
  drop_trigger: "ddl",
  drop_type: "ddl",
  drop_policy: "ddl",
  drop_extension: "admin",
  drop_role: "privilege",
  drop_owned: "privilege",
  drop_server: "admin",
  drop_other: "ddl",
  import_foreign_schema: "ddl",
  grant: "privilege",
  revoke: "privilege",
  create_role: "privilege",
  alter_role: "privilege",
  reassign_owned: "privilege",
  set: "session",
  set_role: "session",
  reset: "session",
  show: "session",
  discard: "session",
  set_constraints: "transaction",
  set_transaction: "transaction",
  begin: "transaction",
  commit: "transaction",
  rollback: "transaction",
  savepoint: "transaction",
  release: "transaction",
  prepare_transaction: "transaction",
  commit_prepared: "transaction",
  rollback_prepared: "transaction",
  prepare: "session",
  execute: "session",
  deallocate: "session",
  declare: "read",
  fetch: "read",
  move: "read",
  close: "session",
  signal: "session",
  get_diagnostics: "session",
  explain: "read",
  call: "opaque",
  do: "opaque",
  lock: "session",
  vacuum: "admin",
  analyze: "admin",
  cluster: "admin",
  reindex: "admin",
  checkpoint: "admin",
  flush: "admin",
  load: "admin",
  load_data: "write",
  alter_system: "admin",
  create_tablespace: "admin",
  alter_tablespace: "admin",
  drop_tablespace: "admin",
  create_publication: "admin",
  alter_publication: "admin",
  create_subscription: "admin",
  alter_subscription: "admin",
  drop_subscription: "admin",
  listen: "session",
  unlisten: "session",
  notify: "session",
  empty: "session",
  opaque: "opaque",
} as const satisfies Record<string, Category>;
export type StatementKind = keyof typeof statementKinds;

export const tableKinds = [
  "table",
  "view",
  "materialized_view",
  "foreign",
  "partition",
  "temporary",
  "system",
] as const;
export type TableKind = (typeof tableKinds)[number];

export const accessKinds = ["read", "insert", "update", "delete", "truncate", "ddl", "lock"] as const;
export type AccessKind = (typeof accessKinds)[number];

export const columnUses = ["output", "filter", "join", "group", "order", "write", "argument", "condition"] as const;
export type ColumnUse = (typeof columnUses)[number];

export const functionCategories = [
  "pure",
  "volatile",
  "file",
  "network",
  "dynamic_sql",
  "session",
  "large_object",
  "statistics",
  "admin",
  "user_defined",
] as const;
export type FunctionCategory = (typeof functionCategories)[number];

export const principalKinds = ["human", "service", "agent"] as const;
export type PrincipalKind = (typeof principalKinds)[number];

export const authMethods = ["scram", "jwt", "certificate", "trust"] as const;
export type AuthMethod = (typeof authMethods)[number];

export const engines = ["postgres", "mysql", "mariadb"] as const;
export type Engine = (typeof engines)[number];

/** Type of a vocabulary field. `any` is data of unknown shape (claims, tags, parameters). */
export type FieldType =
  | { readonly kind: "string"; readonly values?: readonly string[] }
  | { readonly kind: "number" }
  | { readonly kind: "boolean" }
  | { readonly kind: "any" }
  | { readonly kind: "set"; readonly of: FieldType }
  | { readonly kind: "array"; readonly of: FieldType }
  /** Any keys, values of one type. */
  | { readonly kind: "object"; readonly of: FieldType }
  | { readonly kind: "record"; readonly record: RecordName };

export interface Field {
  readonly type: FieldType;
  /** The field may be absent: a reference to it may be undefined. */
  readonly optional?: true;
  readonly doc: string;
}

export type RecordName =
  | "principal"
  | "auth"
  | "session"
  | "client"
  | "target"
  | "query"
  | "table"
  | "column"
  | "output"
  | "function"
  | DecisionRecordName;

/** What `decide` gives to a test. */
type DecisionRecordName =
  | "decision"
  | "reason"
  | "mask"
  | "filter"
  | "approval"
  | "notification"
  | "limits"
  | "rule_error"
  | "statement";

const string: FieldType = { kind: "string" };
const number: FieldType = { kind: "number" };
const boolean: FieldType = { kind: "boolean" };
const any: FieldType = { kind: "any" };
const oneOf = (values: readonly string[]): FieldType => ({ kind: "string", values });
const setOf = (of: FieldType): FieldType => ({ kind: "set", of });
const arrayOf = (of: FieldType): FieldType => ({ kind: "array", of });
const objectOf = (of: FieldType): FieldType => ({ kind: "object", of });
const record = (name: RecordName): FieldType => ({ kind: "record", record: name });

/** What mask `truncate` cuts to. */
export const truncateUnits = ["year", "quarter", "month", "week", "day", "hour", "minute"] as const;

/** Masks by name with their strength (larger wins) and the types of their arguments. */
export const masks = {
  null: { strength: 6, doc: "NULL in place of every value.", arguments: [] },
  redact: {
    strength: 5,
    doc: "A fixed text in place of every value, `***` unless another is given.",
    arguments: [{ name: "text", type: "string", optional: true }],
  },
  constant: {
    strength: 5,
    doc: "The same value in place of every value.",
    arguments: [{ name: "value", type: "scalar", optional: false }],
  },
  token: {
    strength: 4,
    doc: "A keyed code of 24 letters and digits, the same for the same value, put into the result by the proxy: the column may be selected, and nothing else done with it.",
    arguments: [],
  },
  truncate: {
    strength: 3,
    doc: "Dates and times cut to the beginning of a unit.",
    arguments: [{ name: "unit", type: "string", optional: false }],
  },
  round: {
    strength: 3,
    doc: "Numbers rounded to a multiple of the step.",
    arguments: [{ name: "step", type: "number", optional: false }],
  },
  bucket: {
    strength: 3,
    doc: "Numbers replaced by the lower end of the range of this width that they fall into.",
    arguments: [{ name: "width", type: "number", optional: false }],
  },
  email: { strength: 2, doc: "The first character and the domain of an address; the rest is hidden.", arguments: [] },
  partial: {
    strength: 2,
    doc: "The first and last characters; those between them are replaced.",
    arguments: [
      { name: "keep_first", type: "number", optional: false },
      { name: "keep_last", type: "number", optional: false },
      { name: "char", type: "string", optional: true },
    ],
  },
} as const satisfies Record<string, MaskSignature>;
export type MaskName = keyof typeof masks;

export interface MaskSignature {
  readonly strength: number;
  readonly doc: string;
  readonly arguments: readonly {
    readonly name: string;
    readonly type: "string" | "number" | "scalar";
    readonly optional: boolean;
  }[];
}

/** Names reachable without import, each also as `input.NAME`. */
export const roots = ["principal", "session", "target", "query"] as const;
export type RootName = (typeof roots)[number];

export const records: Readonly<Record<RecordName, Readonly<Record<string, Field>>>> = {
  principal: {
    id: { type: string, doc: "Stable identity: user name, token subject or certificate subject." },
    name: { type: string, doc: "Name for people to read." },
    kind: { type: oneOf(principalKinds), doc: "Whether a person, a service or an AI agent is connected." },
    groups: { type: setOf(string), doc: "Groups from the user file or the token." },
    claims: { type: any, doc: "Further claims of the token or the user file; any of them may be absent." },
    on_behalf_of: { type: record("principal"), optional: true, doc: "The person for whom an agent acts." },
    auth: { type: record("auth"), doc: "How the principal proved its identity." },
  },
  auth: {
    method: { type: oneOf(authMethods), doc: "The authentication method used." },
    at_ns: { type: number, doc: "When, in nanoseconds since 1970." },
    mfa: { type: boolean, doc: "Whether a second factor was used." },
  },
  session: {
    id: { type: string, doc: "Identifier of the connection in the audit log." },
    database: { type: string, doc: "Database that the client asked for." },
    user: { type: string, doc: "User name that the client sent." },
    client: { type: record("client"), doc: "The client's end of the connection." },
    started_at_ns: { type: number, doc: "When the session started, in nanoseconds since 1970." },
    tags: { type: any, doc: "SQLCommenter and driver tags: asserted by the client, never proof." },
  },
  client: {
    address: { type: string, doc: "IP address of the client." },
    application: { type: string, doc: "application_name as the client sent it." },
    tls: { type: boolean, doc: "Whether the client's connection is encrypted." },
  },
  target: {
    name: { type: string, doc: "Name of the target in the proxy's configuration." },
    engine: { type: oneOf(engines), doc: "Database engine." },
    version: { type: string, doc: "Version that the server reports." },
    environment: { type: string, doc: "Environment from the configuration, such as production." },
    tags: { type: any, doc: "Further tags from the configuration." },
  },
  query: {
    text: { type: string, doc: "The statement as the client sent it." },
    fingerprint: { type: string, doc: "Digest of the statement without its literals." },
    kind: { type: oneOf(Object.keys(statementKinds)), doc: "What the statement does, one word." },
    category: { type: oneOf(categories), doc: "The group that the kind belongs to." },
    tables: {
      type: arrayOf(record("table")),
      doc: "Relations that the statement touches, functions that it calls included.",
    },
    columns: {
      type: arrayOf(record("column")),
      doc: "Columns that the statement touches, functions that it calls included.",
    },
    outputs: { type: arrayOf(record("output")), doc: "Columns of the result." },
    functions: {
      type: arrayOf(record("function")),
      doc: "Functions that the statement calls, and those that these call.",
    },
    has_where: { type: boolean, doc: "Whether an UPDATE, DELETE or SELECT has a WHERE clause." },
    where_is_constant: { type: boolean, doc: "Whether that WHERE clause looks at no column." },
    limit: { type: number, optional: true, doc: "The constant LIMIT of the outermost query." },
    joins: { type: number, doc: "How many joins the statement has." },
    server_copy: {
      type: oneOf(["file", "program"]),
      optional: true,
      doc: "What COPY reads or writes on the database server's own machine.",
    },
    parameters: { type: arrayOf(any), optional: true, doc: "Values bound to $1, $2, …, known at execution." },
  },
  table: {
    schema: { type: string, doc: "Schema of the relation." },
    name: { type: string, doc: "Name of the relation." },
    path: { type: string, doc: "schema.name, parts quoted where they hold a dot." },
    kind: { type: oneOf(tableKinds), doc: "What kind of relation it is." },
    access: { type: setOf(oneOf(accessKinds)), doc: "What the statement does with it." },
    labels: { type: setOf(string), doc: "Labels of all its columns." },
  },
  column: {
    schema: { type: string, doc: "Schema of the relation." },
    table: { type: string, doc: "Name of the relation." },
    name: { type: string, doc: "Name of the column." },
    path: { type: string, doc: "schema.table.column, parts quoted where they hold a dot." },
    type: { type: string, doc: "Name of the column's type, as format_type prints it without modifiers." },
    comment: { type: string, doc: "Comment on the column; the empty string where there is none." },
    label: { type: string, doc: "The most specific label; the empty string where there is none." },
    labels: { type: setOf(string), doc: "All labels." },
    uses: { type: setOf(oneOf(columnUses)), doc: "Where in the statement the column is used." },
  },
  output: {
    position: { type: number, doc: "Position in the result, from 1." },
    name: { type: string, doc: "Name in the result." },
    sources: { type: arrayOf(record("column")), doc: "Columns from which it is computed." },
    direct: { type: boolean, doc: "Whether it is one column, unchanged." },
  },
  function: {
    schema: { type: string, doc: "Schema of the function." },
    name: { type: string, doc: "Name of the function." },
    builtin: { type: boolean, doc: "Whether it ships with the database." },
    category: { type: oneOf(functionCategories), doc: "What it can do beyond computing a value." },
  },
  decision: {
    outcome: { type: oneOf(["allow", "approve", "deny"]), doc: "What becomes of the statement." },
    sqlstate: { type: string, optional: true, doc: "The code of the error that a refused client gets." },
    reasons: { type: arrayOf(record("reason")), doc: "Why it is refused." },
    masks: { type: objectOf(record("mask")), doc: "Masks by the path of the column." },
    filters: { type: objectOf(record("filter")), doc: "Row filters by the path of the table." },
    approvals: { type: arrayOf(record("approval")), doc: "Each is needed." },
    notifications: { type: arrayOf(record("notification")), doc: "Alerts that go out." },
    limits: { type: record("limits"), doc: "The smallest limit of each kind." },
    rules: { type: arrayOf(string), doc: "The rules that fired, as package:line." },
    errors: { type: arrayOf(record("rule_error")), doc: "Errors within rules." },
    sql: { type: string, optional: true, doc: "The text that the server would get; absent where it is refused." },
    statements: { type: arrayOf(record("statement")), doc: "What each statement of the text does." },
  },
  reason: {
    message: { type: string, doc: "For whoever is refused." },
    code: { type: string, optional: true, doc: "The code that the rule gives." },
    rule: { type: string, optional: true, doc: "The rule, as package:line; absent where the engine itself refuses." },
    hint: { type: string, optional: true, doc: "What to do instead." },
  },
  mask: {
    name: { type: oneOf(Object.keys(masks)), doc: "The mask that applies." },
    args: { type: arrayOf(any), doc: "Its arguments." },
    rules: { type: arrayOf(string), doc: "The rules that asked for it, as package:line." },
  },
  filter: {
    where: { type: arrayOf(string), doc: "The conditions on rows, as SQL; all hold." },
    rules: { type: arrayOf(string), doc: "The rules that asked for it, as package:line." },
  },
  approval: {
    groups: { type: arrayOf(string), doc: "Somebody of any of them has to say yes." },
    for_ms: { type: number, optional: true, doc: "How long the approval holds, in milliseconds." },
    message: { type: string, optional: true, doc: "Why it is asked for." },
    rule: { type: string, doc: "The rule, as package:line." },
  },
  notification: {
    channel: { type: string, doc: "Where the alert goes." },
    message: { type: string, optional: true, doc: "What it says." },
    rule: { type: string, doc: "The rule, as package:line." },
  },
  limits: {
    rows: { type: number, optional: true, doc: "Most rows." },
    duration_ms: { type: number, optional: true, doc: "Longest time, in milliseconds." },
    bytes: { type: number, optional: true, doc: "Most bytes of the result." },
  },
  rule_error: {
    rule: { type: string, doc: "The rule, as package:line." },
    message: { type: string, doc: "What went wrong in it." },
  },
  statement: {
    kind: { type: oneOf(Object.keys(statementKinds)), doc: "What the statement does, one word." },
    tables: { type: arrayOf(string), doc: "Paths of the relations that it touches." },
    columns: { type: arrayOf(string), doc: "Paths of the columns that it touches." },
  },
};

/** The record that each root names. */
export const rootRecords: Readonly<Record<RootName, RecordName>> = {
  principal: "principal",
  session: "session",
  target: "target",
  query: "query",
};
