import { type StatementKind, statementKinds } from "@penstock/language";
import type { Node } from "@pgsql/types";
import type { Catalog } from "../../catalog/catalog.ts";
import type { NameContext } from "../../enforcer.ts";
import { columnFacts, tableFacts } from "../fact-sets.ts";
import type { OutputFact, StatementFacts } from "../facts.ts";
import { audit } from "./audit.ts";
import { distinct, type ResolvedInContext, StatementContext } from "./context.ts";
import { defaultParseLimits, type ParseLimits } from "./limits.ts";
import { NameState } from "./names.ts";
import { parsePostgres, type ParsedStatement, type RefusedResult, type SyntaxErrorResult } from "./parse.ts";
import { refuse } from "./prescan.ts";
import { type QueryResult, subquery, topQuery } from "./query.ts";
import type { RelationRead, ResolvedStatement } from "./resolution.ts";
import { sessionEffect, applyToNames } from "./session-effects.ts";
import { statementKind } from "./statement-kinds.ts";
import { isQuery, walkStatement } from "./utility.ts";

export type AnalyzedText =
  | { readonly kind: "statements"; readonly statements: readonly ResolvedStatement[] }
  | SyntaxErrorResult
  | RefusedResult;

/**
 * Parses a text and resolves every statement of it against the catalog, in order: each under the search_path and the relations that those
 * before it leave. Pure, and never throws: what cannot be read safely is `refused`, what is not understood is opaque in the facts.
 * An empty text has no statements.
 */
export function analyzePostgres(
  text: string,
  catalog: Catalog,
  names: NameContext,
  limits: ParseLimits = defaultParseLimits,
): AnalyzedText {
  const parsed = parsePostgres(text, limits);
  if (parsed.kind !== "statements") return parsed;
  try {
    return { kind: "statements", statements: resolveStatements(parsed.statements, catalog, names) };
  } catch {
    // A tree within the parser's limits that is still too deep to walk: refused as one that is too deep to parse.
    return { kind: "refused", ...refuse("tree_depth", "statement is too complex to be analysed") };
  }
}

/** Resolves parsed statements in order. */
export function resolveStatements(
  statements: readonly ParsedStatement[],
  catalog: Catalog,
  names: NameContext,
): readonly ResolvedStatement[] {
  const state = new NameState(catalog, names);
  return statements.map((statement) => {
    const resolved = resolveStatement(statement, state);
    applyToNames(state, resolved);
    return resolved.statement;
  });
}

function resolveStatement({ node, start, end }: ParsedStatement, state: NameState): ResolvedInContext {
  const context = new StatementContext(state, subquery);
  let result: QueryResult | undefined;
  let innerNode: Node | undefined;
  if (isQuery(node)) {
    result = topQuery(context, node);
  } else {
    context.isUtility = true;
    const inner = walkStatement(context, node);
    result = inner?.result;
    innerNode = inner?.node;
  }
  audit(context, node);
  const reads = context.reads.map(
    ({ read, isTableCommand, groupedByKey }): RelationRead => ({ ...read, isTableCommand, groupedByKey }),
  );
  const facts = factsOf(context, node, innerNode, result, start, end);
  const { writes, stored, passedOn, mayCallUserOperators } = context;
  return { statement: { facts, node, reads, writes, stored, passedOn, mayCallUserOperators }, context };
}

function factsOf(
  context: StatementContext,
  node: Node,
  innerNode: Node | undefined,
  result: QueryResult | undefined,
  start: number,
  end: number,
): StatementFacts {
  const outerKind = kindOf(node);
  const inner = innerNode === undefined ? undefined : effectiveKind(context, kindOf(innerNode) ?? "opaque");
  const kind = outerKind === undefined ? "opaque" : effectiveKind(context, outerKind);
  if (outerKind === undefined) context.addOpaque(Object.keys(node).join(), undefined);
  const where = whereOf(context, result);
  return {
    start,
    end,
    kind,
    category: statementKinds[kind],
    tables: tableFacts(context.tables),
    columns: columnFacts(context.sources),
    outputs: result === undefined ? [] : outputsOf(result),
    functions: [...context.functions.values()],
    hasWhere: where.present,
    whereIsConstant: where.constant,
    limit: result?.limit,
    joins: context.joins,
    opaque: context.opaque,
    unknown: context.unknown,
    inner,
    session: sessionEffect(context, node, kind, result),
    reveals: countsAllTables(node) ? verbose : [],
    serverCopy: serverCopyOf(node),
  };
}

const verbose: StatementFacts["reveals"] = [{ what: "counts", by: "VERBOSE" }];

/** VACUUM, ANALYZE and CLUSTER with VERBOSE print how many rows each table has: of all tables where they name none. */
function countsAllTables(node: Node): boolean {
  const isVerbose = (options: readonly Node[] | undefined) =>
    options?.some((option) => "DefElem" in option && option.DefElem.defname === "verbose") === true;
  if ("VacuumStmt" in node) return node.VacuumStmt.rels === undefined && isVerbose(node.VacuumStmt.options);
  return "ClusterStmt" in node && node.ClusterStmt.relation === undefined && isVerbose(node.ClusterStmt.params);
}

function serverCopyOf(node: Node): StatementFacts["serverCopy"] {
  if (!("CopyStmt" in node)) return undefined;
  if (node.CopyStmt.is_program === true) return "program";
  return node.CopyStmt.filename === undefined ? undefined : "file";
}

function kindOf(node: Node): StatementKind | undefined {
  for (const name in node) {
    const kind = statementKind(name, node[name as keyof Node]);
    if (kind !== "select" || !("SelectStmt" in node)) return kind;
    if (node.SelectStmt.valuesLists !== undefined) return "values";
    return kind;
  }
  return undefined;
}

const modificationOrder = ["delete", "update", "merge", "insert"] as const;

/** A SELECT whose WITH changes data is what it changes: `with d as (delete from t returning *) select …` is a DELETE. */
function effectiveKind(context: StatementContext, kind: StatementKind): StatementKind {
  if (kind !== "select" && kind !== "values" && kind !== "select_into") return kind;
  for (const each of modificationOrder) {
    if (context.modifications.some((modification) => modification.kind === each)) return each;
  }
  return kind;
}

/** Every UPDATE and DELETE of the statement must have a WHERE for the statement to have one. */
function whereOf(
  context: StatementContext,
  result: QueryResult | undefined,
): { readonly present: boolean; readonly constant: boolean } {
  const wheres = context.modifications
    .filter(({ kind }) => kind === "update" || kind === "delete")
    .map((modification) => modification.where);
  if (result !== undefined && (wheres.length === 0 || result.kind === "update" || result.kind === "delete")) {
    wheres.push(result.where);
  }
  return {
    present: wheres.length > 0 && wheres.every((where) => where.present),
    constant: wheres.some((where) => where.constant),
  };
}

function outputsOf(result: QueryResult): OutputFact[] {
  const outputs: OutputFact[] = result.columns.map(({ name, sources, direct }, index) => ({
    position: index + 1,
    name,
    sources,
    direct,
  }));
  if (result.open !== undefined) {
    outputs.push({ position: outputs.length + 1, name: "*", sources: distinct(result.open), direct: false });
  }
  return outputs;
}
