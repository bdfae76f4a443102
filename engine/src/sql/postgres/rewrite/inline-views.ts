/**
 * Views that cannot be shown as they are, read through their definitions: the reference becomes the definition as a subquery, whose
 * tables are then masked and filtered like any others.
 */
import type { Catalog } from "../../../catalog/catalog.ts";
import { hasHiddenBody } from "../../../catalog/hidden-body.ts";
import { readBelow } from "../../../catalog/labels.ts";
import type { NameContext } from "../../../enforcer.ts";
import { analyzePostgres } from "../analyze.ts";
import type { RelationRead, ResolvedStatement } from "../resolution.ts";
import { Denial } from "../../denial.ts";
import { type Edits, noEdits } from "./edits.ts";
import { type InliningPlan, unclear } from "../../rewriting.ts";
import { protectedSource, wholeRelation } from "./protected-source.ts";
import type { Protection } from "../../protection.ts";
import { replaceRead } from "./read.ts";
import { isSameTree } from "./same-tree.ts";
import { type SourceText, sourceText } from "./source-text.ts";
import { applySplices } from "../../splices.ts";
import { shapeOf } from "./statement-shape.ts";
import { indexTree } from "./tree.ts";
import { viewDefinition } from "./view-definition.ts";

/** How names are resolved where the statements are. */
export interface NamesAt extends NameContext {
  readonly catalog: Catalog;
}

export interface InlinedText {
  readonly text: string;
  readonly statements: readonly ResolvedStatement[];
  readonly mapPosition: (position: number) => number;
}

/** PostgreSQL itself gives up on views that are nested deeper than its stack. */
const nestingMax = 100;

/** @throws DenialOf a statement that cannot be inlined. */
export function inlineViews(
  text: string,
  statements: readonly ResolvedStatement[],
  plans: readonly InliningPlan[],
  names: NamesAt,
): InlinedText {
  let current: InlinedText = { text, statements, mapPosition: (position) => position };
  for (let depth = 0; depth < nestingMax; depth++) {
    const next = inlineOnce(current, plans, names);
    if (next === undefined) {
      for (const [index, statement] of current.statements.entries()) {
        refuseOthersCode(statements[index], statement, plans[index], names.catalog, index);
      }
      return current;
    }
    current = next;
  }
  throw new DenialOf(0, new Denial(unclear));
}

/** A denial that knows which statement it is about. */
export class DenialOf extends Error {
  override readonly name = "DenialOf";
  readonly statement: number;
  readonly denial: Denial;

  constructor(statement: number, denial: Denial) {
    super(denial.message);
    this.statement = statement;
    this.denial = denial;
  }
}

/** Replaces the views that the text names; undefined where it names none. */
function inlineOnce(current: InlinedText, plans: readonly InliningPlan[], names: NamesAt): InlinedText | undefined {
  const source = sourceText(current.text);
  const edits = noEdits();
  for (const [index, statement] of current.statements.entries()) {
    try {
      inlineInto(source, statement, plans[index], names, edits);
    } catch (error) {
      throw new DenialOf(index, error instanceof Denial ? error : new Denial(unclear));
    }
  }
  if (edits.splices.length === 0) return undefined;
  const { text, mapPosition } = applySplices(source.bytes, edits.splices);
  const analyzed = analyzePostgres(text, names.catalog, names);
  if (analyzed.kind !== "statements") throw new DenialOf(0, new Denial(unclear));
  const mistake = current.statements.findIndex(
    ({ node, facts }, index) =>
      !isSameTree(node, analyzed.statements[index]?.node, edits.expected) ||
      (analyzed.statements[index]?.facts.opaque.length ?? 0) > facts.opaque.length,
  );
  if (mistake >= 0 || analyzed.statements.length !== current.statements.length)
    throw new DenialOf(Math.max(mistake, 0), new Denial(unclear));
  return {
    text,
    statements: analyzed.statements,
    mapPosition: (position) => current.mapPosition(mapPosition(position)),
  };
}

function inlineInto(
  source: SourceText,
  statement: ResolvedStatement,
  plan: InliningPlan | undefined,
  names: NamesAt,
  edits: Edits,
): void {
  if (plan === undefined) throw new Denial(unclear);
  if (plan.inlined.size === 0) return;
  for (const { relation } of statement.writes) {
    const inlined = plan.inlined.get(relation.path);
    if (inlined !== undefined) throw new Denial(inlined.why, "read it with SELECT, also inside COPY (SELECT …) TO");
  }
  const tree = indexTree(statement.node);
  for (const read of statement.reads) {
    const inlined = plan.inlined.get(read.relation.path);
    if (inlined === undefined) continue;
    const shape = shapeOf(statement.node);
    if (shape.kind !== "query" || read.isSampled) throw new Denial(inlined.why, "read the view's tables instead");
    const query = inlinedQuery(read, plan.protections.get(read.relation.path), names);
    replaceRead(source, tree, read, query, inlined.why, edits);
  }
}

/** OFFSET keeps conditions of the reader's out of a view that is a barrier, or has a filter of its own. */
function inlinedQuery({ relation }: RelationRead, own: Protection | undefined, names: NamesAt): string {
  const protection = own ?? { relation, columns: new Map(), filter: undefined };
  const made = protectedSource(protection, {
    ...wholeRelation,
    definition: viewDefinition(names.catalog, names.searchPath, relation),
    barrier:
      relation.isSecurityBarrier === true || protection.filter !== undefined
        ? { implied: [], order: undefined, isHidden: () => false }
        : undefined,
  });
  if (made.kind === "refused") throw new Denial(made.reason);
  return made.text;
}

/** What a definition calls was analysed with the view; what the session's search_path makes of the same names was not. */
function refuseOthersCode(
  before: ResolvedStatement | undefined,
  { facts }: ResolvedStatement,
  plan: InliningPlan | undefined,
  catalog: Catalog,
  index: number,
): void {
  const views = [...(plan?.inlined.values() ?? [])].map(({ view }) => view);
  const analysed = [...(before?.facts.functions ?? []), ...views.flatMap((view) => readBelow(catalog, view).functions)];
  const known = new Set(analysed.map(({ schema, name }) => `${schema}.${name}`));
  const other = facts.functions.find(
    ({ schema, name, category }) =>
      category === "user_defined" && !known.has(`${schema}.${name}`) && hasHiddenBody(catalog, schema, name),
  );
  if (other === undefined) return;
  throw new DenialOf(
    index,
    new Denial(
      `a view that has to be read by its definition calls \`${other.name}\`, for which the search_path has a function that has not been checked`,
      "set search_path to fewer schemas",
    ),
  );
}
