export { type FileWatch, watchFiles } from "./files/watch-files.ts";
export { readBundle, type Trust } from "./bundle/bundle.ts";
export type { Manifest } from "./bundle/manifest.ts";
export { type FileProblem, type PolicyFolder, readPolicyFolder } from "./bundle/policy-folder.ts";
export { type Catalog, type Column, type Engine, namedIn, objectPath, type Relation } from "./catalog/catalog.ts";
export { dumpCatalogFixture } from "./catalog/dump-fixture.ts";
export { parseCatalogFixture } from "./catalog/fixture.ts";
export { type SeenNames, seenNamesOf } from "./catalog/former-names.ts";
export { loadMysqlCatalog } from "./catalog/load-mysql.ts";
export { readMysqlDatabaseId } from "./catalog/mysql-table-ids.ts";
export { loadPostgresCatalog, readDatabaseId } from "./catalog/load-postgres.ts";
export { readTemporaryTable } from "./catalog/read-temporary-table.ts";
export { mayRunStoredCode } from "./catalog/stored-code.ts";
export { withTemporaryTables } from "./catalog/temporary-tables.ts";
export { raisedMessages } from "./catalog/raised-messages.ts";
export { alikeText, anyNumber, anyString } from "./decide/alike-text.ts";
export { printRule } from "./decide/combine.ts";
export type { Approval, ColumnMask, Decision, Notification, Reason, RelationMasks } from "./decide/decision.ts";
export {
  ownDigestKey,
  redactedField,
  textDigest,
  useDigestKey,
  withheld,
  withoutLiterals,
} from "./decide/redaction.ts";
export type { Redaction } from "./decide/world.ts";
export { createEnforcer } from "./decide/enforcer.ts";
export { guardedChange } from "./decide/guarded-settings.ts";
export { prepareDecision } from "./decide/prepare-decision.ts";
export type {
  ApproveVerdict,
  DenyVerdict,
  Enforcer,
  ForwardVerdict,
  NameContext,
  OutdatedName,
  Principal,
  PrincipalContext,
  StatementLimits,
  StatementVerdict,
  TokenColumn,
  TokenResult,
  Verdict,
  VerdictReads,
} from "./enforcer.ts";
export { type Change, changesBetween } from "./replay/compare.ts";
export { rootsJson } from "./replay/roots.ts";
export { tokenOf } from "./masks/token.ts";
export type { SessionEffect, StatementFacts } from "./sql/facts.ts";
export { resolveStatements } from "./sql/postgres/analyze.ts";
export { defaultSqlMode, type Dialect as MysqlDialect, parseSqlMode, type SqlMode } from "./sql/mysql/dialect.ts";
export { NameState as MysqlNames } from "./sql/mysql/facts/names.ts";
export { resolveMysql } from "./sql/mysql/facts/resolve.ts";
export { type GivenText, readGivenTexts } from "./sql/mysql/given-texts.ts";
export { quoteMysqlName, quoteMysqlText } from "./sql/mysql/quote.ts";
export { type ParsedMysql, parseMysql } from "./sql/mysql/parse.ts";
export { refusedMysqlRow } from "./sql/mysql/rewrite/failing-values.ts";
export { refusedRow } from "./sql/postgres/rewrite/new-rows.ts";
export { withoutPasswords } from "./sql/without-passwords.ts";
export { type ParsedText, parsePostgres } from "./sql/postgres/parse.ts";
export {
  builtinAggregateNames,
  builtinFunctionNames,
  informationSchemaRelationNames,
  pgCatalogRelationNames,
} from "./sql/postgres/builtin-names.ts";
