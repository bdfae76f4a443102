import { parsePostgres } from "../parse.ts";
import { quoteName } from "../../../masks/quote.ts";
import type { Relation } from "../../../catalog/catalog.ts";
import type { ResolvedStatement } from "../resolution.ts";
import { rewriteCopyTo } from "./copy.ts";
import { keepsToUnmasked, refuseDefinition } from "./definitions.ts";
import { Denial } from "../../denial.ts";
import { refuseDivided } from "./divided.ts";
import { type Edits, noEdits } from "./edits.ts";
import { rewriteFilteredWrite } from "./filtered-write.ts";
import { conditionsOf } from "./conditions.ts";
import { because, hiddenRows, type Protection } from "../../protection.ts";
import { isProtected } from "./proof.ts";
import { qualifyNamesakes } from "./qualify.ts";
import { rewriteRead } from "./read.ts";
import { DenialOf, inlineViews, type NamesAt } from "./inline-views.ts";
import { limitRows } from "./row-limit.ts";
import { isSameTree } from "./same-tree.ts";
import { hideSizes } from "./sizes.ts";
import { type SourceText, sourceText } from "./source-text.ts";
import { isEmpty, type RewriteResult, type StatementPlan, type TokenOutputs, unclear } from "../../rewriting.ts";
import { applySplices } from "../../splices.ts";
import { readAsTheyAre, type ShownColumn, tokenColumns, tokenOutputs } from "../../token-outputs.ts";
import { isObject } from "../../tree-object.ts";
import { intoOf } from "../statement-kinds.ts";
import { shapeOf } from "./statement-shape.ts";
import { misusedName } from "./token-names.ts";
import { indexTree, locationOf, type TreeIndex } from "./tree.ts";
import { checkWriteTarget } from "./write-target.ts";

/**
 * Puts masks and filters where relations are read. INVARIANT: every read of a relation with a masked column is replaced, whether or not the
 * statement mentions that column, so that a mistake in resolving columns can hide too much but never too little.
 *
 * The text is edited at the positions of the tree, and the result parsed again: it must be the original tree with exactly the
 * intended replacements in it. Whatever cannot be done with certainty is denied.
 */
export function rewritePostgres(
  text: string,
  statements: readonly ResolvedStatement[],
  plans: readonly StatementPlan[],
  names: NamesAt,
): RewriteResult {
  if (plans.every(isEmpty)) return { kind: "unchanged" };
  if (plans.every(({ inlined }) => inlined.size === 0)) return rewriteText(text, statements, plans);
  try {
    const inlined = inlineViews(text, statements, plans, names);
    const result = rewriteText(inlined.text, inlined.statements, plans);
    switch (result.kind) {
      case "denied":
        return result;
      case "unchanged":
        return { ...inlined, kind: "rewritten", tokens: new Map(), edits: undefined };
      case "rewritten":
        return {
          ...result,
          mapPosition: (position) => inlined.mapPosition(result.mapPosition(position)),
          edits: undefined,
        };
      default:
        return result satisfies never;
    }
  } catch (error) {
    if (error instanceof DenialOf) return deniedBy(error.statement, error.denial);
    return deniedBy(0, error);
  }
}

function rewriteText(
  text: string,
  statements: readonly ResolvedStatement[],
  plans: readonly StatementPlan[],
): RewriteResult {
  const withLimits = attempt(text, statements, plans);
  if (withLimits.kind !== "denied" || plans.every(({ rowLimit }) => rowLimit === undefined)) return withLimits;
  // A LIMIT can be left out, a mask cannot.
  return attempt(
    text,
    statements,
    plans.map((plan) => ({ ...plan, rowLimit: undefined })),
  );
}

/** Whatever else went wrong: the statement was not rewritten as it should be, so it must not run. */
function deniedBy(statement: number, error: unknown): RewriteResult {
  const denial = error instanceof Denial ? error : new Denial(unclear);
  return { kind: "denied", statement: Math.max(statement, 0), reason: denial.message, hint: denial.hint };
}

function attempt(
  text: string,
  statements: readonly ResolvedStatement[],
  plans: readonly StatementPlan[],
): RewriteResult {
  const source = sourceText(text);
  const edits = noEdits();
  const tokens = new Map<number, TokenOutputs>();
  let current = 0;
  try {
    for (const [index, statement] of statements.entries()) {
      current = index;
      const plan = plans[index];
      if (plan === undefined) throw new Denial(unclear);
      if (plan.protections.size > 0) {
        const shown = protect(source, statement, plan.protections, edits);
        if (shown !== undefined) tokens.set(index, shown);
      }
      if (plan.namesakes.size > 0) {
        qualifyNamesakes(source, statement, indexTree(statement.node), plan.protections, plan.namesakes, edits);
      }
      if (plan.hidesSizes) hideSizes(source, statement.node, edits);
      if (plan.rowLimit !== undefined) applyLimit(source, statement, plan.rowLimit, edits);
    }
    if (edits.splices.length === 0) return { kind: "unchanged" };
    current = Math.max(0, statements.findIndex(showsText));
    if (statements.some(showsText)) {
      throw new Denial("`current_query` would show the statement as it is rewritten for you", "leave it out");
    }
    const spliced = applySplices(source.bytes, edits.splices);
    current = firstMistake(spliced.text, statements, plans, edits) ?? -1;
    if (current >= 0) throw new Denial(unclear);
    const { splices, decisive } = edits;
    return { kind: "rewritten", tokens, edits: { splices, decisive }, ...spliced };
  } catch (error) {
    return deniedBy(current, error);
  }
}

/** What the server knows of a text is what it was sent, with masks and filters in it. */
function showsText({ facts }: ResolvedStatement): boolean {
  return facts.functions.some(({ name }) => name === "current_query");
}

function protect(
  source: SourceText,
  statement: ResolvedStatement,
  all: ReadonlyMap<string, Protection>,
  edits: Edits,
): TokenOutputs | undefined {
  const shape = shapeOf(statement.node);
  if (shape.kind === "refused" && !keepsToUnmasked(statement, all)) {
    const [first] = all.values();
    throw new Denial(
      `${first === undefined ? unclear : because(first)}, which does not go together with ${shape.what}`,
      "ask for a role for which nothing is masked or filtered",
    );
  }
  const tree = indexTree(statement.node);
  const shown = tokenColumns(statement.facts, statement.reads, all);
  const tokens = shown.length === 0 ? undefined : tokensOf(statement, tree, shown);
  const protections = readAsTheyAre(all, shown);
  refuseUnaccounted(statement, tree, protections);
  for (const { relation } of [...statement.reads, ...statement.writes]) {
    const protection = protections.get(relation.path);
    if (protection !== undefined) refuseDivided(statement, tree, protection);
  }
  const isFiltered = ({ path }: Relation) => protections.get(path)?.filter !== undefined;
  const filtered = [...protections.values()].find(({ filter }) => filter !== undefined);
  if (filtered !== undefined) refuseCounting(statement, filtered);
  const conditions = conditionsOf(statement, isFiltered);
  for (const read of statement.reads) {
    const protection = protections.get(read.relation.path);
    if (protection === undefined) continue;
    if (shape.kind !== "query") throw new Denial(unclear);
    rewriteRead(source, tree, statement, read, protection, conditions, edits);
  }
  for (const write of statement.writes) {
    const protection = protections.get(write.relation.path);
    if (protection === undefined) continue;
    switch (write.kind) {
      case "insert":
      case "update":
      case "delete":
      case "merge":
      case "copy_from":
        checkWriteTarget(source, tree, statement, write, protection, edits);
        if (protection.filter !== undefined)
          rewriteFilteredWrite({ source, tree, statement, conditions, edits }, write, protection);
        break;
      case "copy_to":
        if (shape.kind !== "copy") throw new Denial(unclear);
        rewriteCopyTo(source, shape.node, protection, edits);
        break;
      case "truncate":
        if (protection.filter !== undefined) {
          throw new Denial(
            `${hiddenRows(protection)}, and TRUNCATE would delete those that you do not see`,
            "use DELETE, which deletes those that you see",
          );
        }
        break;
      case "ddl":
        refuseDefinition(statement, write, protection);
        break;
      case "create":
      case "lock":
      case "refresh":
        break;
      default:
        write.kind satisfies never;
    }
  }
  refuseStoring(statement, protections);
  return tokens;
}

/** Where its result has tokens. @throws Denial for every other use of columns that are shown as such */
function tokensOf(statement: ResolvedStatement, tree: TreeIndex, shown: readonly ShownColumn[]): TokenOutputs {
  const { facts, node } = statement;
  return tokenOutputs(
    facts,
    {
      onlyShows: "SelectStmt" in node && intoOf(node.SelectStmt) === undefined,
      hasUnion: tree.containers.some((one) => isObject(one.node["larg"])),
      misusedName: () => misusedName(tree, statement, shown),
    },
    shown,
  );
}

/**
 * A masked value is not put among the real ones, where nobody could tell them apart. In temporary tables and in what CREATE TABLE AS makes, it
 * is a copy for whoever made it.
 */
function refuseStoring({ stored }: ResolvedStatement, protections: ReadonlyMap<string, Protection>): void {
  for (const { into, sources } of stored) {
    if (into.isTemporary) continue;
    const masked = sources.find(({ relation, column }) => protections.get(relation.path)?.columns.has(column.attnum));
    if (masked === undefined) continue;
    throw new Denial(
      `column ${quoteName(masked.column.name)} of ${masked.relation.path} is masked for you, and ${into.path} would keep the masked value as if it were real`,
      "leave the column out, or keep the copy in a temporary table",
    );
  }
}

/** What would print how many rows there are. */
function refuseCounting({ node }: ResolvedStatement, filtered: Protection): void {
  if ("ExplainStmt" in node) {
    throw new Denial(
      `${hiddenRows(filtered)}, and EXPLAIN would tell of those that you do not see`,
      "run the statement itself, or ask for a role without filters",
    );
  }
  const options = "VacuumStmt" in node ? node.VacuumStmt.options : "ClusterStmt" in node ? node.ClusterStmt.params : [];
  if (options?.some((option) => "DefElem" in option && option.DefElem.defname === "verbose")) {
    throw new Denial(
      `${hiddenRows(filtered)}, and VERBOSE would tell of those that you do not see`,
      "leave VERBOSE out",
    );
  }
}

/**
 * Name resolution must have accounted for every name in the tree that could be a protected relation's: as read, as written, or as a
 * query's of WITH. Looks at the bare tree, so that what resolution passed over is found.
 */
function refuseUnaccounted(
  { reads, writes }: ResolvedStatement,
  tree: TreeIndex,
  protections: ReadonlyMap<string, Protection>,
): void {
  const accounted = new Set<unknown>([...reads, ...writes].map(({ rangeVar }) => rangeVar?.location ?? 0));
  for (const { node, path, withNames } of tree.rangeVars) {
    const { relname: name, schemaname: schema } = node;
    const couldBe = [...protections.values()].some(
      ({ relation }) => relation.name === name && (schema === undefined || schema === relation.schema),
    );
    if (!couldBe || accounted.has(locationOf(node))) continue;
    if (schema === undefined && withNames.has(String(name))) continue;
    // Names of FROM items to lock, and of what the statement creates.
    if (path?.field === "lockedRels" || path?.field === "rel" || path?.field === "view") continue;
    throw new Denial(unclear);
  }
}

function applyLimit(source: SourceText, statement: ResolvedStatement, rows: number, edits: Edits): void {
  const shape = shapeOf(statement.node);
  if (shape.kind === "query" && shape.select !== undefined) limitRows(source, statement, shape.select, rows, edits);
}

/** Index of the first statement that is not what it was meant to become, or in which a protected relation stands in the open. */
function firstMistake(
  text: string,
  statements: readonly ResolvedStatement[],
  plans: readonly StatementPlan[],
  edits: Edits,
): number | undefined {
  const parsed = parsePostgres(text);
  if (parsed.kind !== "statements" || parsed.statements.length !== statements.length) return 0;
  const index = statements.findIndex(({ node }, at) => {
    const made = parsed.statements[at]?.node;
    const plan = plans[at];
    return (
      plan === undefined ||
      !isSameTree(node, made, edits.expected) ||
      !isProtected(made, plan.protections, [...plan.inlined.values()])
    );
  });
  return index < 0 ? undefined : index;
}
