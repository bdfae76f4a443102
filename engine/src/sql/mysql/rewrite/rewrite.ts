import type { Catalog } from "../../../catalog/catalog.ts";
import { Denial } from "../../denial.ts";
import { because, hiddenRows, type Protection } from "../../protection.ts";
import { isObject } from "../../tree-object.ts";
import { isEmpty, type RewriteResult, type StatementPlan, type TokenOutputs, unclear } from "../../rewriting.ts";
import { readAsTheyAre, type ShownColumn, type TokenTree, tokenColumns, tokenOutputs } from "../../token-outputs.ts";
import { mysqlDialectOf } from "../analyze.ts";
import type { Dialect } from "../dialect.ts";
import { NameState } from "../facts/names.ts";
import type { ResolvedMysql } from "../facts/resolve.ts";
import { parseMysql } from "../parse.ts";
import type { TableName } from "../tree/queries.ts";
import { changeOf } from "./change-targets.ts";
import { changeRows, type ProtectedTarget } from "./changed-rows.ts";
import { areAllSafe } from "./conditions.ts";
import { type Edits, noEdits, type ReadingContext, spliced, type TextOfStatements } from "./edits.ts";
import { rewriteGivenTexts } from "./given-texts.ts";
import { refuseDefaults } from "./defaults.ts";
import { followerChecks, refuseFollowers } from "./followers.ts";
import { inlineViews } from "./inline-views.ts";
import { insertRows } from "./inserted-rows.ts";
import { keepNames } from "./output-names.ts";
import { isProtected } from "./proof.ts";
import { giveConditions, missingConditions } from "./queries-of-nothing.ts";
import { rewriteRead } from "./read.ts";
import { limitRows } from "./row-limit.ts";
import { showProcesses } from "./shown-processes.ts";
import { hideNextNumber } from "./shown-tables.ts";
import { tokenTree } from "./token-names.ts";
import { isSameTree, nodesOf, type TableSite, tablesIn } from "./tree.ts";
import { refuseStoring, refuseWrite, words } from "./write-target.ts";

/**
 * Puts masks and filters where relations are read, as for PostgreSQL. INVARIANT: every read of a protected relation is replaced, whether or not
 * the statement mentions what is hidden of it. The text is edited at the positions of the tree, and the result parsed again: it must be the
 * original tree with exactly the intended replacements in it. Whatever cannot be done with certainty is denied.
 */
export function rewriteMysql(
  text: string,
  statements: readonly ResolvedMysql[],
  plans: readonly StatementPlan[],
  context: ReadingContext,
): RewriteResult {
  // A text that a statement gives is a statement of its own.
  const own = plans.map((plan, index) => (statements[index]?.inner === undefined ? plan : nothing));
  const outer = rewriteOuter(text, statements, own, context);
  if (outer.kind === "denied") return outer;
  try {
    return rewriteGivenTexts(
      outer,
      text,
      statements,
      plans,
      context,
      mysqlDialectOf(context.catalog, context),
      rewriteMysql,
    );
  } catch (error) {
    const denial = error instanceof Denial ? error : new Denial(unclear);
    const statement = Math.max(
      statements.findIndex(({ inner }) => inner !== undefined),
      0,
    );
    return { kind: "denied", statement, reason: denial.message, hint: denial.hint };
  }
}

const nothing: StatementPlan = {
  protections: new Map(),
  inlined: new Map(),
  rowLimit: undefined,
  namesakes: new Set(),
  hidesSizes: false,
};

function rewriteOuter(
  text: string,
  statements: readonly ResolvedMysql[],
  plans: readonly StatementPlan[],
  context: ReadingContext,
): RewriteResult {
  if (plans.every(isEmpty)) return { kind: "unchanged" };
  const withLimits = attempt(text, statements, plans, context);
  if (withLimits.kind !== "denied" || plans.every(({ rowLimit }) => rowLimit === undefined)) return withLimits;
  // A LIMIT can be left out, a mask cannot.
  const withoutLimits = plans.map((plan) => ({ ...plan, rowLimit: undefined }));
  return attempt(text, statements, withoutLimits, context);
}

function attempt(
  text: string,
  statements: readonly ResolvedMysql[],
  plans: readonly StatementPlan[],
  context: ReadingContext,
): RewriteResult {
  const dialect = mysqlDialectOf(context.catalog, context);
  const edits = noEdits();
  const tokens = new Map<number, TokenOutputs>();
  let current = plans.findIndex(({ inlined }) => inlined.size > 0);
  try {
    const sent: TextOfStatements = { text, statements, mapPosition: (position) => position };
    const inlined = current < 0 ? sent : inlineViews(sent, plans, context);
    for (const [index, statement] of inlined.statements.entries()) {
      current = index;
      const plan = plans[index];
      if (plan === undefined) throw new Denial(unclear);
      if (plan.protections.size > 0) {
        const inside = statementInside(statement);
        const shown = protect(inlined.text, inside, plan.protections, context.catalog, dialect, edits);
        if (shown !== undefined) tokens.set(index, shown);
      }
      if (plan.hidesSizes) hideNextNumber(inlined.text, statement.node, dialect, edits);
      if (plan.rowLimit !== undefined) limitRows(statement.node, plan.rowLimit, edits);
    }
    if (edits.splices.length === 0 && inlined === sent) return { kind: "unchanged" };
    const made = spliced(inlined.text, edits);
    current = firstMistake(made.text, inlined.statements, plans, dialect, context, edits) ?? -1;
    if (current >= 0) throw new Denial(unclear);
    return {
      kind: "rewritten",
      tokens,
      edits: undefined,
      text: made.text,
      mapPosition: (position) => inlined.mapPosition(made.mapPosition(position)),
    };
  } catch (error) {
    // Whatever else went wrong: the statement was not rewritten as it should be, so it must not run.
    const denial = error instanceof Denial ? error : new Denial(unclear);
    return { kind: "denied", statement: Math.max(current, 0), reason: denial.message, hint: denial.hint };
  }
}

/** Statements in which a derived table may stand wherever a table is read. */
const rewritable: ReadonlySet<string> = new Set([
  "query",
  "insert",
  "replace",
  "update",
  "delete",
  "do",
  "set",
  "create_table",
  "create_view",
  "alter_view",
]);

/** `SET STATEMENT … FOR statement` does what the statement does. */
function statementInside(statement: ResolvedMysql): ResolvedMysql {
  const { node } = statement;
  return node.kind === "set" && node.statement !== undefined ? { ...statement, node: node.statement } : statement;
}

function protect(
  text: string,
  statement: ResolvedMysql,
  all: ReadonlyMap<string, Protection>,
  catalog: Catalog,
  dialect: Dialect,
  edits: Edits,
): TokenOutputs | undefined {
  const { node, reads, facts } = statement;
  const [first] = all.values();
  if (first !== undefined && node.kind === "explain") {
    throw new Denial(
      `${because(first)}, and EXPLAIN would show values that it has read`,
      "run the statement itself, or ask for a role for which nothing is masked or filtered",
    );
  }
  const shown = tokenColumns(facts, reads, all);
  const tokens = shown.length === 0 ? undefined : tokensOf(statement, shown);
  const protections = readAsTheyAre(all, shown);
  const relationOf = (table: TableName) => reads.find((read) => read.table === table)?.relation;
  const change = changeOf(node, relationOf);
  for (const { relation, access } of facts.tables) {
    const protection = protections.get(relation.path);
    if (protection !== undefined) refuseWrite(statement, change, protection, access);
  }
  refuseStoring(statement, protections);
  if (node.kind === "show" && node.what === "index") {
    refuseIndexes(protections);
    return undefined;
  }
  if (node.kind === "show" && node.what === "processlist" && first !== undefined) {
    showProcesses({ text, statement, dialect, edits }, node, first);
    return undefined;
  }
  refuseUnplaced(statement, protections);
  refuseExamined(statement, protections);
  refuseDefaults(node, protections, dialect);
  const sites = new Map<unknown, TableSite>(tablesIn(node).map((site) => [site.table, site]));
  const isSafe = areAllSafe(statement);
  const rewriting = { text, statement, dialect, edits };
  const targets: ProtectedTarget[] = [];
  let isRead = false;
  for (const read of reads) {
    const protection = protections.get(read.relation.path);
    if (protection === undefined) continue;
    const target = change?.targets.find(({ table }) => table === read.table);
    if (target !== undefined) {
      targets.push({ ...target, protection });
      continue;
    }
    const site = sites.get(read.table);
    if (site === undefined || !rewritable.has(node.kind)) {
      throw new Denial(
        `${because(protection)}, which does not go together with ${words(node.kind)}`,
        "ask for a role for which nothing is masked or filtered",
      );
    }
    isRead = true;
    rewriteRead(rewriting, read, site, protection, isSafe);
  }
  if (change !== undefined) {
    const last = followerChecks(change, ({ table }) => relationOf(table), protections, catalog);
    changeRows(rewriting, change, targets, last);
  }
  if (node.kind === "insert" || node.kind === "replace") {
    const target = facts.tables.find(({ access }) => access.has("insert"))?.relation;
    if (target !== undefined) refuseFollowers(node, target, protections, catalog);
    const protection = target && protections.get(target.path);
    if (protection !== undefined) insertRows(rewriting, node, protection);
  }
  if (isRead) {
    const missing = missingConditions(node);
    const conditions = missing.map(({ splice }) => splice);
    keepNames(text, statement, edits, conditions);
    giveConditions(missing, dialect, edits);
  }
  return tokens;
}

/** Where its result has tokens. @throws Denial for every other use of columns that are shown as such */
function tokensOf({ facts, node, references }: ResolvedMysql, shown: readonly ShownColumn[]): TokenOutputs {
  const tree = node.kind === "query" ? tokenTree(node, references, shown) : showsNothing;
  return tokenOutputs(facts, tree, shown);
}

const showsNothing: TokenTree = { onlyShows: false, hasUnion: false, misusedName: () => undefined };

/** What is read without standing where a derived table may stand, as UNION of MERGE tables does. The structure of a table is not hidden. */
function refuseUnplaced({ node, reads, facts }: ResolvedMysql, protections: ReadonlyMap<string, Protection>): void {
  if (node.kind === "create_table" && node.like !== undefined) return;
  for (const { relation, access } of facts.tables) {
    const protection = protections.get(relation.path);
    if (protection === undefined || !access.has("read") || reads.some((read) => read.relation === relation)) continue;
    throw new Denial(
      `${because(protection)}, which does not go together with ${words(node.kind)}`,
      "read it with SELECT",
    );
  }
}

/** LIMIT ROWS EXAMINED counts rows that the filter hides. */
function refuseExamined({ node }: ResolvedMysql, protections: ReadonlyMap<string, Protection>): void {
  const filtered = [...protections.values()].find(({ filter }) => filter !== undefined);
  if (filtered === undefined || !nodesOf(node, queries).some(({ limit }) => isObject(limit) && limit["examined"]))
    return;
  throw new Denial(`${hiddenRows(filtered)}, and LIMIT ROWS EXAMINED would count them`, "leave ROWS EXAMINED out");
}

const queries: ReadonlySet<string> = new Set(["query"]);

/** How different the values of its columns are tells how many rows there are. */
function refuseIndexes(protections: ReadonlyMap<string, Protection>): void {
  for (const protection of protections.values()) {
    if (protection.filter === undefined) continue;
    throw new Denial(
      `${hiddenRows(protection)}, and SHOW INDEX tells how many there are`,
      "read information_schema.statistics, in which that is NULL for you",
    );
  }
}

/** Index of the first statement that is not what it was meant to become, or in which a protected relation stands in the open. */
function firstMistake(
  text: string,
  statements: readonly ResolvedMysql[],
  plans: readonly StatementPlan[],
  dialect: Dialect,
  { catalog, searchPath }: ReadingContext,
  { expected }: Edits,
): number | undefined {
  const parsed = parseMysql(text, dialect);
  if (parsed.kind !== "statements" || parsed.statements.length !== statements.length) return 0;
  const names = new NameState(catalog, searchPath[0]);
  const index = statements.findIndex(({ node }, at) => {
    const made = parsed.statements[at];
    const plan = plans[at];
    const isRight =
      made !== undefined &&
      plan !== undefined &&
      isSameTree(node, made, expected) &&
      isProtected(made, plan.protections, [...plan.inlined.values()], names, expected);
    if (made?.kind === "use") names.database = names.key(made.database.text);
    return !isRight;
  });
  return index < 0 ? undefined : index;
}
