import type { Catalog, Column, Relation } from "../catalog/catalog.ts";
import { copiedInto } from "../catalog/copied-columns.ts";
import { generatedFrom } from "../catalog/generated-columns.ts";
import { type ColumnOf, viewLineage } from "../catalog/labels.ts";

/**
 * Which other columns a column's values come from: through view definitions, through expressions of generated columns, through the row type of
 * a relation, through triggers that put rows of one table into another, and between parents and children of inheritance and partitioning, whose rows are read through each other. Labels and masks travel along these.
 */
export interface ColumnOrigin {
  readonly relation: Relation;
  readonly column: Column;
  /** The value arrives unchanged, so that the origin's mask can be applied to it. */
  readonly direct: boolean;
}

export interface RelationOrigins {
  /** By attribute number of the relation; every column has an entry, without itself. */
  readonly columns: ReadonlyMap<number, readonly ColumnOrigin[]>;
  /** Columns that decide which rows a view shows, or how they are grouped, without being shown themselves. */
  readonly hidden: readonly ColumnOrigin[];
  /** A definition that could not be analysed: what it reads is not known. */
  readonly unknown: boolean;
}

/** Origins of all relations of one catalog, each computed once. */
export class OriginIndex {
  readonly #catalog: Catalog;
  readonly #origins = new Map<string, RelationOrigins>();
  readonly #children = new Map<string, Relation[]>();
  readonly #inTables = new Map<string, RelationOrigins>();

  constructor(catalog: Catalog) {
    this.#catalog = catalog;
    for (const relation of catalog.relations.values()) {
      for (const parent of relation.parents) {
        const siblings = this.#children.get(parent);
        if (siblings === undefined) this.#children.set(parent, [relation]);
        else siblings.push(relation);
      }
    }
  }

  of(relation: Relation): RelationOrigins {
    const known = this.#origins.get(relation.path);
    if (known !== undefined) return known;
    // A definition cannot refer to itself, but the guard costs nothing: while computing, a relation has no origins.
    this.#origins.set(relation.path, unknownOrigins);
    const origins = this.#compute(relation);
    this.#origins.set(relation.path, origins);
    return origins;
  }

  /**
   * Whose rows are read through whom: `ancestors` are tables that a relation inherits from or is a partition of, `descendants` the other way
   * round.
   */
  family(relation: Relation): { readonly ancestors: readonly Relation[]; readonly descendants: readonly Relation[] } {
    return {
      ancestors: this.#reachable(relation, (member) => member.parents),
      descendants: this.#reachable(relation, (member) =>
        (this.#children.get(member.path) ?? []).map(({ path }) => path),
      ),
    };
  }

  #reachable(relation: Relation, next: (member: Relation) => readonly string[]): Relation[] {
    const members = new Map<string, Relation>();
    const visit = (path: string): void => {
      const member = this.#catalog.relations.get(path);
      if (member === undefined || members.has(path) || path === relation.path) return;
      members.set(path, member);
      for (const further of next(member)) visit(further);
    };
    for (const path of next(relation)) visit(path);
    return [...members.values()];
  }

  #compute(relation: Relation): RelationOrigins {
    if (relation.isSystem) return noOrigins;
    return relation.definition === undefined ? this.#ofTable(relation) : this.#ofView(relation);
  }

  /** With what triggers put there, from wherever that was put before. */
  #ofTable(relation: Relation): RelationOrigins {
    const own = this.#inTable(relation);
    if (copiedInto(this.#catalog).size === 0) return own;
    const columns = new Map(own.columns);
    for (const column of relation.columns) {
      const found = new Map<Column, ColumnOrigin>();
      const waiting: ColumnOrigin[] = [{ relation, column, direct: true }];
      for (let origin = waiting.pop(); origin !== undefined; origin = waiting.pop()) {
        const { direct } = origin;
        const known = found.get(origin.column);
        // One that is computed as well hides more.
        if (known !== undefined && (direct || !known.direct)) continue;
        found.set(origin.column, origin);
        waiting.push(...this.#before(origin).map((each) => ({ ...each, direct: direct && each.direct })));
      }
      found.delete(column);
      if (found.size > 0) columns.set(column.attnum, [...found.values()]);
    }
    return columns.size === 0 ? noOrigins : { columns, hidden: [], unknown: false };
  }

  /** Where values of a column come from, one step back. */
  #before({ relation, column }: ColumnOrigin): readonly ColumnOrigin[] {
    if (relation.definition !== undefined) {
      const output = viewLineage(this.#catalog, relation).columns[relation.columns.indexOf(column)];
      return (output?.sources ?? []).map((source) => ({ ...source, direct: output?.direct === true }));
    }
    const copied = (copiedInto(this.#catalog).get(relation.path) ?? []).filter((each) => each.column === column);
    return [
      ...(this.#inTable(relation).columns.get(column.attnum) ?? []),
      ...copied.flatMap(({ from, sources, direct }) =>
        sources.map((source) => ({ relation: from, column: source, direct })),
      ),
    ];
  }

  #inTable(relation: Relation): RelationOrigins {
    let origins = this.#inTables.get(relation.path);
    if (origins === undefined) this.#inTables.set(relation.path, (origins = this.#byDefinition(relation)));
    return origins;
  }

  /** Of a table, by its own columns, those that they are computed from, and its family's. */
  #byDefinition(relation: Relation): RelationOrigins {
    const { ancestors, descendants } = this.family(relation);
    const family = [...ancestors, ...descendants];
    const inFamily = (name: string): ColumnOf[] =>
      family.flatMap((member) =>
        member.columns.filter((column) => column.name === name).map((column) => ({ relation: member, column })),
      );
    const columns = new Map<number, readonly ColumnOrigin[]>();
    for (const column of relation.columns) {
      const inherited = inFamily(column.name);
      const computed = [{ relation, column }, ...inherited]
        .flatMap((each) => generatedFrom(this.#catalog, each.relation, each.column))
        .flatMap((source) => [source, ...inFamily(source.column.name)]);
      const origins = [
        ...inherited.map((each) => ({ ...each, direct: true })),
        ...computed.map((each) => ({ ...each, direct: false })),
        // A temporary table holds what its session has read, masked where it had to be.
        ...(relation.isTemporary ? [] : this.#inRows(column)),
      ];
      if (origins.length > 0) columns.set(column.attnum, origins);
    }
    if (columns.size === 0) return noOrigins;
    return { columns, hidden: [], unknown: false };
  }

  /** A column of a relation's row type holds what that relation's columns do. */
  #inRows({ rowsOf }: Column): ColumnOrigin[] {
    const relation = rowsOf === undefined ? undefined : this.#catalog.relations.get(rowsOf);
    if (relation === undefined || relation.isSystem) return [];
    return relation.columns.flatMap((column) => this.#withOrigins(relation, column, false));
  }

  #ofView(view: Relation): RelationOrigins {
    const lineage = viewLineage(this.#catalog, view);
    if (lineage.unknown) return unknownOrigins;
    const columns = new Map<number, readonly ColumnOrigin[]>();
    const hidden: ColumnOrigin[] = lineage.otherUses.flatMap((use) =>
      this.#withOrigins(use.relation, use.column, true),
    );
    let unknown = false;
    view.columns.forEach((column, index) => {
      const output = lineage.columns[index];
      if (output === undefined) {
        unknown = true;
        return;
      }
      columns.set(
        column.attnum,
        output.sources.flatMap((source) => this.#withOrigins(source.relation, source.column, output.direct)),
      );
      for (const source of output.sources) {
        if (this.of(source.relation).unknown) unknown = true;
      }
    });
    return { columns, hidden, unknown };
  }

  /** A base column and, where that is itself a view's column or an inherited one, what it comes from. */
  #withOrigins(relation: Relation, column: Column, direct: boolean): ColumnOrigin[] {
    const further = this.of(relation).columns.get(column.attnum) ?? [];
    return [{ relation, column, direct }, ...further.map((origin) => ({ ...origin, direct: direct && origin.direct }))];
  }
}

const noOrigins: RelationOrigins = { columns: new Map(), hidden: [], unknown: false };
const unknownOrigins: RelationOrigins = { columns: new Map(), hidden: [], unknown: true };
