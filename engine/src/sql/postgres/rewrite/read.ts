import { quoteName } from "../../../masks/quote.ts";
import type { RelationRead, ResolvedStatement } from "../resolution.ts";
import { Denial } from "../../denial.ts";
import { type Edits, endOf, replaceTokens, tokenAt } from "./edits.ts";
import { unclear } from "../../rewriting.ts";
import { fromItem } from "./fragments.ts";
import { insideBarrier } from "./barrier.ts";
import type { Conditions } from "./conditions.ts";
import { protectedSource, wholeRelation } from "./protected-source.ts";
import { because, hiddenRows, type Protection } from "../../protection.ts";
import { exposeSystemColumns, groupByDependents, keepRowType, unqualify } from "./references.ts";
import { endOfName, endOfParentheses, isToken, type SourceText } from "./source-text.ts";
import { isObject, type TreeObject } from "../../tree-object.ts";
import { aliasColumns, listOf, locationOf, type Site, type TreeIndex } from "./tree.ts";

/** Puts the protected source in the place of a relation. */
export function rewriteRead(
  source: SourceText,
  tree: TreeIndex,
  statement: ResolvedStatement,
  read: RelationRead,
  protection: Protection,
  conditions: Conditions,
  edits: Edits,
): void {
  const site = siteOf(tree, read);
  if (protection.filter !== undefined) refuseTraces(read, protection);
  const sample = cutSample(source, site, protection, edits);
  const needsBarrier = protection.filter !== undefined && !conditions.areLeakproof;
  if (needsBarrier) refuseLocking(tree, site, read, protection);
  const inner = needsBarrier ? insideBarrier(statement, site, read, protection, conditions) : undefined;
  const made = protectedSource(protection, {
    ...wholeRelation,
    only: site.node["inh"] !== true,
    sample,
    systemColumns: exposeSystemColumns(source, tree, site, read, edits),
    first: conditions.first,
    barrier: inner,
  });
  if (made.kind === "refused") throw new Denial(made.reason);
  const text = inner?.isLateral === true ? `lateral ${made.text}` : made.text;
  replaceRead(source, tree, read, text, because(protection), edits);
  groupByDependents(source, site, read, edits);
}

/**
 * Puts a query in the place of a relation. The name is replaced where it stands; the alias stays as the user wrote it, and where there is
 * none the relation's name becomes one.
 * @param why it is replaced, for messages.
 */
export function replaceRead(
  source: SourceText,
  tree: TreeIndex,
  read: RelationRead,
  query: string,
  why: string,
  edits: Edits,
): void {
  const site = siteOf(tree, read);
  const span = relationSpan(source, site);
  const alias = aliasOf(site.node);
  if (alias === undefined) refuseNamesake(tree, site, read, why);
  const shown = alias === undefined ? `${query} as ${quoteName(read.refName)}` : query;
  replaceTokens(edits, source, span.from, span.to, span.isTableCommand ? `select * from ${shown}` : shown);
  const expected = fromItem(alias === undefined ? shown : `${query} as ${alias}`);
  // `set (a, b) = (select …)` stands in the tree once for each column, and once in the text.
  for (const same of tree.rangeVars) {
    if (locationOf(same.node) === locationOf(site.node)) edits.expected.set(replacedBy(same), [expected]);
  }
  keepRowType(source, tree, read, edits);
  unqualify(source, tree, read, edits);
}

function siteOf(tree: TreeIndex, read: RelationRead): Site {
  const site = tree.rangeVars.find(({ node }) => node === read.rangeVar);
  if (site === undefined) throw new Denial(unclear);
  return site;
}

/** The tokens of `[table] [only] name [*]`. */
function relationSpan(source: SourceText, { node }: Site): { from: number; to: number; isTableCommand: boolean } {
  const name = tokenAt(source, locationOf(node));
  let from = name;
  let to = endOfName(source, name);
  if (to === undefined) throw new Denial(unclear);
  if (isToken(source, to, "*")) to++;
  if (node["inh"] !== true) {
    const inParentheses = isToken(source, name - 1, "(");
    from = inParentheses ? name - 2 : name - 1;
    if (!isToken(source, from, "only")) throw new Denial(unclear);
    if (inParentheses) to++;
  }
  const isTableCommand = isToken(source, from - 1, "table");
  return { from: isTableCommand ? from - 1 : from, to, isTableCommand };
}

/** The alias as SQL, with its column names. */
function aliasOf(rangeVar: TreeObject): string | undefined {
  const alias = rangeVar["alias"];
  if (!isObject(alias)) return undefined;
  const names = aliasColumns(rangeVar).map(quoteName);
  return quoteName(String(alias["aliasname"])) + (names.length === 0 ? "" : ` (${names.join(", ")})`);
}

/** What would show how many rows there are beside those that the filter leaves, or where they lie. */
function refuseTraces({ systemColumns, isSampled }: RelationRead, protection: Protection): void {
  if (isSampled) {
    throw new Denial(
      `${hiddenRows(protection)}, and TABLESAMPLE would choose among all of them`,
      "use ORDER BY random() LIMIT, or leave TABLESAMPLE out",
    );
  }
  const place = systemColumns.find(({ name }) => name !== "tableoid");
  if (place !== undefined) {
    throw new Denial(
      `${hiddenRows(protection)}, and ${quoteName(place.name)} would tell of those that you do not see`,
      "identify rows by their key",
    );
  }
}

/** Behind a barrier all rows that the filter leaves would be locked, and not those that the query is about. */
function refuseLocking(tree: TreeIndex, { container }: Site, read: RelationRead, protection: Protection): void {
  const locks = tree.containers.some(({ node }) =>
    listOf(node["lockingClause"]).some(({ LockingClause: clause }) => {
      if (!isObject(clause)) return true;
      const names = listOf(clause["lockedRels"]).map(({ RangeVar: named }) => isObject(named) && named["relname"]);
      return names.length === 0 || node !== container?.node || names.includes(read.refName);
    }),
  );
  if (!locks) return;
  throw new Denial(
    `${hiddenRows(protection)}, and FOR UPDATE or FOR SHARE would lock more of them than the query is about`,
    "use only comparisons of columns with values in WHERE, such as id = 5, or lock without other conditions",
  );
}

/** What the protected source takes the place of in the tree: the reference, or the sample of it. */
function replacedBy(site: Site): TreeObject {
  return sampleOf(site)?.holder ?? site.holder;
}

function sampleOf({ path }: Site): { node: TreeObject; holder: TreeObject } | undefined {
  return path?.field === "relation" && path.up?.field === "RangeTableSample"
    ? { node: path.object, holder: path.up.object }
    : undefined;
}

/** TABLESAMPLE moves inside: it cannot follow a subquery. Its arguments could mean something else there, so they must be constants. */
function cutSample(source: SourceText, site: Site, protection: Protection, edits: Edits): string {
  const sample = sampleOf(site)?.node;
  if (sample === undefined) return "";
  const repeatable = sample["repeatable"];
  if (!listOf(sample["args"]).every(isConstant) || (isObject(repeatable) && !isConstant(repeatable))) {
    throw new Denial(`${because(protection)}, so TABLESAMPLE takes constants only`);
  }
  const method = tokenAt(source, locationOf(sample));
  const afterName = endOfName(source, method);
  let end = afterName === undefined ? undefined : endOfParentheses(source, afterName);
  if (end !== undefined && isToken(source, end, "repeatable")) end = endOfParentheses(source, end + 1);
  const keyword = source.tokens[method - 1];
  if (end === undefined || keyword === undefined || !isToken(source, method - 1, "tablesample"))
    throw new Denial(unclear);
  replaceTokens(edits, source, method - 1, end, "");
  return source.bytes.toString("utf8", keyword.start, endOf(source, end - 1));
}

function isConstant(node: TreeObject): boolean {
  return isObject(node["A_Const"]) || isObject(node["ParamRef"]);
}

/** Two relations of one name in one FROM clause are told apart by their schemas, which an alias ends. */
function refuseNamesake(tree: TreeIndex, site: Site, read: RelationRead, why: string): void {
  const namesake = tree.rangeVars.some(
    (other) =>
      other !== site &&
      other.container === site.container &&
      other.node["alias"] === undefined &&
      other.node["relname"] === read.refName &&
      other.path?.field !== "lockedRels",
  );
  if (namesake) {
    throw new Denial(
      `two relations are called ${quoteName(read.refName)} in one FROM clause, and ${why}`,
      "give each an alias",
    );
  }
}
