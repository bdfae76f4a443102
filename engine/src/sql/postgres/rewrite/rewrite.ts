import type { RelationMasks } from "../../../decide/decision.ts";
import { parsePostgres } from "../parse.ts";
import type { ResolvedStatement } from "../resolution.ts";
import { rewriteCopyTo } from "./copy.ts";
import { Denial } from "./denial.ts";
import { type Edits, unclear } from "./edits.ts";
import { qualifyNamesakes } from "./qualify.ts";
import { rewriteRead } from "./read.ts";
import { limitRows } from "./row-limit.ts";
import { isSameTree } from "./same-tree.ts";
import { type SourceText, sourceText } from "./source-text.ts";
import { applySplices, type SplicedText } from "./splices.ts";
import { shapeOf } from "./statement-shape.ts";
import { indexTree, locationOf, type TreeIndex } from "./tree.ts";
import { checkWriteTarget } from "./write-target.ts";

export interface StatementPlan {
  /** By relation path: of every relation that the statement reads or changes. */
  readonly masks: ReadonlyMap<string, RelationMasks>;
  /** A LIMIT is put on a query where that is sure to be right; rows must be counted all the same. */
  readonly rowLimit: number | undefined;
  /** Names of relations with masks anywhere in the database that a relation without masks in this statement shares. */
  readonly namesakes: ReadonlySet<string>;
}

export type RewriteResult =
  | { readonly kind: "unchanged" }
  | ({ readonly kind: "rewritten" } & SplicedText)
  | {
      readonly kind: "denied";
      /** Index of the statement that cannot be rewritten. */
      readonly statement: number;
      readonly reason: string;
      readonly hint: string | undefined;
    };

/**
 * Puts masks where relations are read. INVARIANT: every read of a relation with a masked column is replaced, whether or not the statement
 * mentions that column, so that a mistake in resolving columns can hide too much but never too little.
 *
 * The text is edited at the positions of the tree, and the result parsed again: it must be the original tree with exactly the
 * intended replacements in it. Whatever cannot be done with certainty is denied.
 */
export function rewritePostgres(
  text: string,
  statements: readonly ResolvedStatement[],
  plans: readonly StatementPlan[],
): RewriteResult {
  if (plans.every(isEmpty)) return { kind: "unchanged" };
  const withLimits = attempt(text, statements, plans);
  if (withLimits.kind !== "denied" || plans.every(({ rowLimit }) => rowLimit === undefined)) return withLimits;
  // A LIMIT can be left out, a mask cannot.
  return attempt(
    text,
    statements,
    plans.map((plan) => ({ ...plan, rowLimit: undefined })),
  );
}

function isEmpty({ masks, rowLimit, namesakes }: StatementPlan): boolean {
  return masks.size === 0 && rowLimit === undefined && namesakes.size === 0;
}

function attempt(
  text: string,
  statements: readonly ResolvedStatement[],
  plans: readonly StatementPlan[],
): RewriteResult {
  const source = sourceText(text);
  const edits: Edits = { splices: [], expected: new Map() };
  let current = 0;
  try {
    for (const [index, statement] of statements.entries()) {
      current = index;
      const plan = plans[index];
      if (plan === undefined) throw new Denial(unclear);
      if (plan.masks.size > 0) applyMasks(source, statement, plan.masks, edits);
      if (plan.namesakes.size > 0) {
        qualifyNamesakes(source, statement, indexTree(statement.node), plan.masks, plan.namesakes, edits);
      }
      if (plan.rowLimit !== undefined) applyLimit(source, statement, plan.rowLimit, edits);
    }
    if (edits.splices.length === 0) return { kind: "unchanged" };
    const spliced = applySplices(source.bytes, edits.splices);
    current = firstDifference(spliced.text, statements, edits) ?? -1;
    if (current >= 0) throw new Denial(unclear);
    return { kind: "rewritten", ...spliced };
  } catch (error) {
    // Whatever else went wrong: the statement was not rewritten as it should be, so it must not run.
    const denial = error instanceof Denial ? error : new Denial(unclear);
    return { kind: "denied", statement: Math.max(current, 0), reason: denial.message, hint: denial.hint };
  }
}

function applyMasks(
  source: SourceText,
  statement: ResolvedStatement,
  masks: ReadonlyMap<string, RelationMasks>,
  edits: Edits,
): void {
  const shape = shapeOf(statement.node);
  if (shape.kind === "refused") {
    const [path = ""] = masks.keys();
    throw new Denial(
      `columns of ${path} are masked for you, which does not go together with ${shape.what}`,
      "ask for a role for which nothing is masked",
    );
  }
  const tree = indexTree(statement.node);
  refuseUnaccounted(statement, tree, masks);
  for (const read of statement.reads) {
    const relationMasks = masks.get(read.relation.path);
    if (relationMasks === undefined) continue;
    if (shape.kind !== "query") throw new Denial(unclear);
    rewriteRead(source, tree, read, relationMasks, edits);
  }
  for (const write of statement.writes) {
    const relationMasks = masks.get(write.relation.path);
    if (relationMasks === undefined) continue;
    switch (write.kind) {
      case "insert":
      case "update":
      case "delete":
      case "merge":
      case "copy_from":
        checkWriteTarget(statement, tree, write, relationMasks);
        break;
      case "copy_to":
        if (shape.kind !== "copy") throw new Denial(unclear);
        rewriteCopyTo(source, shape.node, relationMasks, edits);
        break;
      case "truncate":
      case "lock":
      case "ddl":
      case "refresh":
        break;
      default:
        write.kind satisfies never;
    }
  }
}

/**
 * Name resolution must have accounted for every name in the tree that could be a masked relation's: as read, as written, or as a
 * query's of WITH. Looks at the bare tree, so that what resolution passed over is found.
 */
function refuseUnaccounted(
  { reads, writes }: ResolvedStatement,
  tree: TreeIndex,
  masks: ReadonlyMap<string, RelationMasks>,
): void {
  const accounted = new Set<unknown>([...reads, ...writes].map(({ rangeVar }) => rangeVar?.location ?? 0));
  for (const { node, path, withNames } of tree.rangeVars) {
    const { relname: name, schemaname: schema } = node;
    const couldBe = [...masks.values()].some(
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

/** Index of the first statement that is not what it was meant to become. */
function firstDifference(text: string, statements: readonly ResolvedStatement[], edits: Edits): number | undefined {
  const parsed = parsePostgres(text);
  if (parsed.kind !== "statements" || parsed.statements.length !== statements.length) return 0;
  const index = statements.findIndex(({ node }, at) => !isSameTree(node, parsed.statements[at]?.node, edits.expected));
  return index < 0 ? undefined : index;
}
