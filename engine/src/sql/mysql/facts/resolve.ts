import { statementKinds } from "@penstock/language";
import { columnFacts, tableFacts } from "../../fact-sets.ts";
import type { OutputFact, StatementFacts } from "../../facts.ts";
import type { ParsedMysql } from "../parse.ts";
import type { Statement } from "../tree/statements.ts";
import { walkDelete, walkInsert, walkLoadData, walkUpdate } from "./changes.ts";
import { FactContext, mark, type RelationRead, type StoredValue } from "./context.ts";
import type { NameState } from "./names.ts";
import { sessionEffect } from "./session-effects.ts";
import { walkDefinition } from "./definitions.ts";
import { givesText, type InnerStatement, walkTextGiver, withInner } from "./given-text.ts";
import { noWhere, type QueryResult, walkerOf, walkQuery } from "./queries.ts";
import { newScope } from "./scope.ts";
import { statementKind } from "./statement-kinds.ts";
import { utf8Positions } from "./utf8-positions.ts";

/** A statement with its facts, and what the rewriter needs to edit its text. */
export interface ResolvedMysql {
  readonly facts: StatementFacts;
  readonly node: Statement;
  readonly reads: readonly RelationRead[];
  readonly stored: readonly StoredValue[];
  /** What it prepares, or runs at once, where it gives the text of that. Its `reads` are not the statement's own. */
  readonly inner?: InnerStatement | undefined;
  readonly references: FactContext["references"];
}

/**
 * Resolves each statement of a text against the catalog, names as USE leaves them. What is not analysed is opaque in the facts: bodies of
 * stored programs, statements whose text is computed, hints, and whatever `statementKind` has no word for.
 * @param readInner reads the text that a statement gives; without it such statements are opaque.
 */
export function resolveMysql(
  text: string,
  parsed: Extract<ParsedMysql, { kind: "statements" }>,
  names: NameState,
  readInner?: (statement: Statement, names: NameState) => InnerStatement | undefined,
): readonly ResolvedMysql[] {
  const bytes = utf8Positions(text);
  return parsed.statements.map((statement) => {
    const context = new FactContext(names);
    const inner = readInner?.(statement, names);
    let result: QueryResult | undefined;
    if (givesText(statement)) walkTextGiver(context, statement, inner !== undefined);
    else result = walkStatement(context, statement);
    for (const hint of parsed.hints) {
      const isInside = hint.start >= statement.start && hint.end <= statement.end;
      // Other hints choose between plans; this one sets any variable.
      if (isInside && /set_var/i.test(text.slice(hint.start, hint.end))) context.addOpaque("SET_VAR hint", hint.start);
    }
    if (statement.kind === "use") names.database = names.key(statement.database.text);
    const { reads, stored, references } = context;
    const facts = factsOf(context, statement, result, bytes);
    return {
      facts: inner === undefined ? facts : withInner(facts, inner),
      node: statement,
      reads,
      stored,
      references,
      inner,
    };
  });
}

function factsOf(
  context: FactContext,
  statement: Statement,
  result: QueryResult | undefined,
  bytes: (offset: number) => number,
): StatementFacts {
  const kind = statementKind(statement);
  if (kind === "opaque") context.addOpaque(opaqueName(statement), statement.start);
  const place = <Placed extends { readonly position: number | undefined }>(placed: Placed): Placed =>
    placed.position === undefined ? placed : { ...placed, position: bytes(placed.position) };
  for (const column of result?.columns ?? []) mark(column.sources, "output");
  if (result?.open !== undefined) mark(result.open, "output");
  const inner = innerOf(statement);
  return {
    start: bytes(statement.start),
    end: bytes(statement.end),
    kind,
    category: statementKinds[kind],
    tables: tableFacts(context.tables),
    columns: columnFacts(context.sources),
    outputs: result === undefined ? [] : outputsOf(result),
    functions: [...context.functions.values()],
    hasWhere: result?.where.present ?? false,
    whereIsConstant: result?.where.constant ?? false,
    limit: limitOf(statement),
    joins: context.joins,
    opaque: context.opaque.map(place),
    unknown: context.unknown.map(place),
    inner: inner === undefined ? undefined : statementKind(inner),
    session: sessionEffect(statement),
    reveals: context.reveals,
    serverCopy: statement.kind === "load_data" && !statement.isLocal ? "file" : undefined,
  };
}

function opaqueName(statement: Statement): string {
  if (statement.kind === "administration" || statement.kind === "maintenance" || statement.kind === "diagnostics") {
    return `${statement.kind} ${statement.operation}`;
  }
  return statement.kind;
}

/** The statement inside of EXPLAIN, or the query of CREATE TABLE. */
function innerOf(statement: Statement): Statement | undefined {
  if (statement.kind === "explain") return statement.statement;
  return statement.kind === "create_table" ? statement.query : undefined;
}

/** What a statement reads and writes; its output, where it has one. */
export function walkStatement(context: FactContext, statement: Statement): QueryResult | undefined {
  switch (statement.kind) {
    case "query":
      return walkQuery(context, statement, undefined, undefined);
    case "insert":
    case "replace":
      return walkInsert(context, statement);
    case "update":
      return walkUpdate(context, statement);
    case "delete":
      return walkDelete(context, statement);
    case "load_data":
      return walkLoadData(context, statement);
    case "do": {
      const scope = newScope(undefined, undefined);
      for (const { expression } of statement.expressions) walkerOf(context).value(expression, scope, []);
      return undefined;
    }
    case "explain":
      if (statement.statement === undefined) context.addOpaque("EXPLAIN FOR CONNECTION", statement.start);
      else walkStatement(context, statement.statement);
      return undefined;
    case "set":
      return walkSet(context, statement);
    default:
      walkDefinition(context, statement);
      return undefined;
  }
}

function walkSet(context: FactContext, statement: Extract<Statement, { kind: "set" }>): QueryResult | undefined {
  const scope = newScope(undefined, undefined);
  for (const item of statement.items) {
    if (item.kind !== "user_variable" && item.kind !== "system_variable") continue;
    // `SET sql_mode = ansi`: a bare word is a value.
    if (item.value !== undefined && item.value.kind !== "column") walkerOf(context).value(item.value, scope, []);
  }
  if (statement.statement === undefined) return undefined;
  const changesReading = statement.items.some(
    (item) => item.kind === "system_variable" && readingVariables.has(item.variable.name),
  );
  if (changesReading) context.addOpaque("SET STATEMENT of a variable that changes what texts mean", statement.start);
  return walkStatement(context, statement.statement) ?? { columns: [], open: undefined, where: noWhere };
}

const readingVariables: ReadonlySet<string> = new Set(["sql_mode", "character_set_client", "collation_connection"]);

function limitOf(statement: Statement): number | undefined {
  if (statement.kind !== "query" && statement.kind !== "update" && statement.kind !== "delete") return undefined;
  const count = statement.limit?.count;
  return count?.kind === "literal" ? Number(count.text) : undefined;
}

function outputsOf(result: QueryResult): OutputFact[] {
  const outputs = result.columns.map(({ name, sources, direct }, index) => ({
    position: index + 1,
    name,
    sources,
    direct,
  }));
  if (result.open === undefined) return outputs;
  return [...outputs, { position: outputs.length + 1, name: "*", sources: result.open, direct: false }];
}
