import type { AccessKind, ColumnUse } from "@penstock/language";
import type { FuncCall, Node, RangeVar } from "@pgsql/types";
import type { Column, Relation } from "../../catalog/catalog.ts";
import { accessBit, useBit } from "../fact-sets.ts";
import type { FunctionFact, OpaqueConstruct, UnknownName } from "../facts.ts";
import type { NameState } from "./names.ts";
import type { RelationRead, RelationWrite, ResolvedStatement, StoredValue } from "./resolution.ts";
import type { ColumnReference, CteScope, RangeColumn, RangeItem, ReadRecord, Scope, Source } from "./scope.ts";

/** The output of a query: its columns, and whether there may be more than these. */
export interface QueryOutput {
  readonly columns: readonly RangeColumn[];
  readonly open: readonly Source[] | undefined;
}

/** A read while its query is still being walked. */
interface PendingRead {
  readonly read: Omit<RelationRead, "groupedByKey" | "isTableCommand">;
  readonly record: ReadRecord;
  isTableCommand: boolean;
  groupedByKey: RelationRead["groupedByKey"];
}

/** What walking one statement collects. */
export class StatementContext {
  readonly names: NameState;
  readonly #sources = new Map<Column, Source>();
  readonly tables = new Map<Relation, number>();
  readonly reads: PendingRead[] = [];
  readonly writes: RelationWrite[] = [];
  readonly stored: StoredValue[] = [];
  readonly passedOn: (ColumnReference & { readonly relation: Relation })[] = [];
  readonly functions = new Map<string, FunctionFact>();
  readonly opaque: OpaqueConstruct[] = [];
  readonly unknown: UnknownName[] = [];
  readonly visited = new Set<object>();
  readonly setConfigCalls: FuncCall[] = [];
  /** A data-modifying statement inside WITH: kind, and whether it has a WHERE that looks at columns. */
  readonly modifications: { readonly kind: "insert" | "update" | "delete" | "merge"; readonly where: Where }[] = [];
  /** Relations that the statement creates, for the statements after it. */
  readonly created: Relation[] = [];
  /** Where CREATE puts relations without a schema, inside CREATE SCHEMA. */
  creationSchema: string | undefined = undefined;
  readonly dropped: Relation[] = [];
  readonly altered: Relation[] = [];
  joins = 0;
  mayCallUserOperators = false;
  /** The statement is no query: a relation in it that no query reads is one that DDL names. */
  isUtility = false;
  readonly #subquery: SubqueryWalker;

  constructor(names: NameState, subquery: SubqueryWalker) {
    this.names = names;
    this.#subquery = subquery;
  }

  /** Walks a query inside an expression or FROM. Passed in, since queries hold expressions and expressions hold queries. */
  subquery(node: Node, parent: Scope | undefined, ctes: CteScope | undefined): QueryOutput {
    return this.#subquery(this, node, parent, ctes);
  }

  source(relation: Relation, column: Column): Source {
    let source = this.#sources.get(column);
    if (source === undefined) {
      source = { relation, column, uses: 0 };
      this.#sources.set(column, source);
    }
    return source;
  }

  get sources(): Iterable<Source> {
    return this.#sources.values();
  }

  access(relation: Relation, kind: AccessKind): void {
    this.tables.set(relation, (this.tables.get(relation) ?? 0) | accessBit[kind]);
  }

  write(
    relation: Relation,
    rangeVar: RangeVar | undefined,
    kind: RelationWrite["kind"],
    references: RelationWrite["references"] = [],
    given?: number,
  ): void {
    const triggers = this.names.index.changingTriggers(relation);
    this.writes.push({ relation, rangeVar, kind, references, triggers, ...(given === undefined ? {} : { given }) });
  }

  /** Notes where a value goes that INSERT, SET or MERGE gives to a column. */
  store(target: RangeItem, sources: readonly Source[]): void {
    if (target.relation !== undefined && sources.length > 0) this.stored.push({ into: target.relation, sources });
  }

  addFunctions(facts: readonly FunctionFact[]): void {
    for (const fact of facts) {
      const key = `${fact.schema}.${fact.name}`;
      if (!this.functions.has(key)) this.functions.set(key, fact);
    }
  }

  addOpaque(construct: string, position: number | undefined): void {
    if (this.opaque.length < opaqueMax) this.opaque.push({ construct, position });
  }

  addUnknown(
    what: UnknownName["what"],
    name: string,
    position: number | undefined,
    advice?: UnknownName["advice"],
  ): void {
    this.unknown.push({ what, name, position, ...(advice === undefined ? {} : { advice }) });
  }
}

/** A resolved statement with what it means for those after it. */
export interface ResolvedInContext {
  readonly statement: ResolvedStatement;
  readonly context: StatementContext;
}

/** One reason to refuse is enough; a hostile text shall not make a list of millions. */
const opaqueMax = 100;

export interface Where {
  readonly present: boolean;
  readonly constant: boolean;
}

type SubqueryWalker = (
  context: StatementContext,
  node: Node,
  parent: Scope | undefined,
  ctes: CteScope | undefined,
) => QueryOutput;

/** Marks everything that was added to a list of sources since `from`. */
export function mark(sources: readonly Source[], from: number, use: ColumnUse): void {
  const bit = useBit[use];
  for (let index = from; index < sources.length; index++) {
    const source = sources[index];
    if (source !== undefined) source.uses |= bit;
  }
}

/** Each source once, so that lists do not grow with every query they pass through. */
export function distinct(sources: readonly Source[]): readonly Source[] {
  return sources.length < 2 ? sources : [...new Set(sources)];
}

/** What an expression turned out to be, beyond a computed value: a column unchanged, or a whole row. */
export type Value = RangeColumn | RangeItem | undefined;

/** The text of a list of String nodes. */
export function strings(nodes: readonly Node[] | undefined): string[] {
  const parts: string[] = [];
  for (const node of nodes ?? []) {
    if ("String" in node) parts.push(node.String.sval ?? "");
    else if ("A_Star" in node) parts.push("*");
    else parts.push("");
  }
  return parts;
}

/** Schema (with a database name dropped, as PostgreSQL accepts only its own) and name of a qualified name. */
export function qualified(parts: readonly string[]): { readonly schema: string | undefined; readonly name: string } {
  return { schema: parts.at(-2), name: parts.at(-1) ?? "" };
}

/** `location` of a node: absent means 0 in the tree's JSON, -1 that the grammar knows none. */
export function positionOf(location: number | undefined): number | undefined {
  return location === undefined ? 0 : location < 0 ? undefined : location;
}
