import type { AccessKind, ColumnUse } from "@penstock/language";
import { type Column, objectPath, type Relation } from "../../../catalog/catalog.ts";
import { accessBit, touchedBit, useBit } from "../../fact-sets.ts";
import type { FunctionFact, OpaqueConstruct, Revelation, UnknownName } from "../../facts.ts";
import type { ColumnName } from "../tree/expressions.ts";
import type { Name, QualifiedName } from "../tree/node.ts";
import type { TableName } from "../tree/queries.ts";
import { functionFact } from "./functions.ts";
import type { NameState } from "./names.ts";
import type { ProgramNames } from "./program-names.ts";
import type { RangeColumn, Source } from "./scope.ts";

/** A place where a relation is read: in FROM, TABLE, and the like. */
export interface RelationRead {
  readonly relation: Relation;
  readonly table: TableName;
  /** References to it that name its database, `shop.customers.email` and `shop.customers.*`: by their parts before the last. */
  readonly qualified: (readonly Name[])[];
}

/** What INSERT or SET gives to a column of a relation. */
export interface StoredValue {
  readonly into: Relation;
  /** Columns that the value comes from. */
  readonly sources: readonly Source[];
}

/** What walking one statement collects. Positions are UTF-16 here. */
export class FactContext {
  readonly names: NameState;
  /** Of the body of a stored program. */
  readonly program: ProgramNames | undefined;
  readonly reads: RelationRead[] = [];
  /** What each name of a column may mean: base columns that its value may come from. */
  readonly references = new Map<ColumnName, readonly Source[]>();
  readonly stored: StoredValue[] = [];
  readonly reveals: Revelation[] = [];
  readonly tables = new Map<Relation, number>();
  readonly functions = new Map<string, FunctionFact>();
  readonly opaque: OpaqueConstruct[] = [];
  readonly unknown: UnknownName[] = [];
  joins = 0;
  readonly #sources = new Map<Column, Source>();

  constructor(names: NameState, program?: ProgramNames) {
    this.names = names;
    this.program = program;
  }

  get sources(): Iterable<Source> {
    return this.#sources.values();
  }

  source(relation: Relation, column: Column): Source {
    let source = this.#sources.get(column);
    if (source === undefined) {
      source = { relation, column, uses: 0 };
      this.#sources.set(column, source);
    }
    return source;
  }

  columnsOf(relation: Relation): RangeColumn[] {
    return relation.columns.map((column) => ({
      name: column.name,
      sources: [this.source(relation, column)],
      direct: true,
    }));
  }

  /** The relation that a name means, noted with its access; what the catalog does not have is reported. */
  relation(name: QualifiedName, ...accesses: readonly AccessKind[]): Relation | undefined {
    return this.#noted(name, this.names.find(name), accesses);
  }

  /** The same of what never means a temporary table. */
  lasting(name: QualifiedName, ...accesses: readonly AccessKind[]): Relation | undefined {
    return this.#noted(name, this.names.lasting(name), accesses);
  }

  #noted(name: QualifiedName, relation: Relation | undefined, accesses: readonly AccessKind[]): Relation | undefined {
    if (relation === undefined) {
      const printed = name.parts.map(({ text }) => text).join(".");
      const path = this.names.pathOf(name);
      this.unknown.push({ what: "relation", name: printed, path, position: name.start });
      return undefined;
    }
    for (const access of accesses) this.access(relation, access);
    return relation;
  }

  access(relation: Relation, access: AccessKind): void {
    this.tables.set(relation, (this.tables.get(relation) ?? 0) | accessBit[access]);
  }

  call(schema: string | undefined, name: string): void {
    const database = this.names.key(schema ?? this.names.database ?? "");
    const facts = [functionFact(schema, name, database)];
    // What is built into one server may be a stored function of another: without its database a name may mean either.
    if (this.names.catalog.functions.has(objectPath(database, name.toLowerCase()))) {
      facts.push(functionFact(database, name, database));
    }
    for (const fact of facts) this.functions.set(`${fact.schema}.${fact.name}`, fact);
  }

  addOpaque(construct: string, position: number | undefined): void {
    if (this.opaque.length < opaqueMax) this.opaque.push({ construct, position });
  }
}

/** One reason to refuse is enough; a hostile text shall not make a list of millions. */
const opaqueMax = 100;

export function touch(sources: readonly Source[], into: Source[]): void {
  for (const source of sources) {
    source.uses |= touchedBit;
    into.push(source);
  }
}

export function mark(sources: readonly Source[], use: ColumnUse): void {
  for (const source of sources) source.uses |= useBit[use];
}
