import { type Effect, type Program, toValue, type Value } from "@penstock/language";
import { type Catalog, type Column, objectPath, type Relation } from "../catalog/catalog.ts";
import type { ColumnOf } from "../catalog/labels.ts";
import { formerNamesOf } from "../catalog/former-names.ts";
import { dialectOf } from "../sql/dialects.ts";
import type { SqlDialect } from "../sql/sql-dialect.ts";
import { type ColumnOrigin, OriginIndex } from "./column-origins.ts";

/** A column as rules see it. */
export interface LabelledColumn {
  readonly relation: Relation;
  readonly column: Column;
  /** `schema.table.column`. */
  readonly path: string;
  readonly labels: ReadonlySet<string>;
  /** The most specific label, the empty string where there is none. */
  readonly label: string;
  /** The `column` record with empty `uses`. */
  readonly value: Value;
  /** The same column under names that it had before: rules are asked about it under each. Empty for nearly every column. */
  readonly former: readonly LabelledColumn[];
}

/** Of columns with these labels, or labels below them, no value stands in an audit record. */
export interface Redaction {
  readonly labels: readonly string[];
}

/**
 * One program over one catalog snapshot: columns with their labels. Everything that is cached about decisions hangs from a world,
 * so that a decision never mixes two versions of policies or schema.
 */
export class World {
  readonly program: Program;
  readonly catalog: Catalog;
  readonly dialect: SqlDialect;
  readonly origins: OriginIndex;
  readonly #columns = new Map<string, readonly LabelledColumn[]>();
  #byName: Map<string, readonly Relation[]> | undefined;
  /** Relation paths whose labels could not be computed, with the rule's error. */
  readonly labelErrors = new Map<string, Extract<Effect, { kind: "error" }>>();

  /** Whether denials get a HINT that says what made the rule apply: worth its cost only where somebody reads it. */
  readonly hints: boolean;

  /** What is left out of audit records; `undefined` where nothing is. */
  readonly redaction: Redaction | undefined;

  constructor(program: Program, catalog: Catalog, hints: boolean = true, redaction?: Redaction) {
    this.program = program;
    this.catalog = catalog;
    this.hints = hints;
    this.redaction = redaction;
    this.dialect = dialectOf(catalog);
    this.origins = new OriginIndex(catalog);
  }

  /** Index-aligned with `relation.columns`. */
  columnsOf(relation: Relation): readonly LabelledColumn[] {
    let columns = this.#columns.get(relation.path);
    if (columns === undefined) {
      columns = this.#label(relation);
      this.#columns.set(relation.path, columns);
    }
    return columns;
  }

  column(relation: Relation, column: Column): LabelledColumn {
    const found = this.columnsOf(relation).find((candidate) => candidate.column.attnum === column.attnum);
    if (found === undefined) throw new Error(`column ${column.name} is not one of ${relation.path}`);
    return found;
  }

  /**
   * Whether another relation, in another schema, has the same name.
   * @param searchPath asks only whether one of these schemas has it
   */
  hasNamesake({ name, path }: Relation, searchPath?: readonly string[]): boolean {
    this.#byName ??= Map.groupBy(
      this.catalog.relations.values().filter(({ isSystem }) => !isSystem),
      (relation) => relation.name,
    );
    return (
      this.#byName
        .get(name)
        ?.some((other) => other.path !== path && (searchPath === undefined || searchPath.includes(other.schema))) ===
      true
    );
  }

  /** All columns of relations that are not the system's, under the names that they have. */
  userColumns(): LabelledColumn[] {
    const columns: LabelledColumn[] = [];
    for (const relation of this.catalog.relations.values()) {
      if (!relation.isSystem && hasRows(relation)) columns.push(...this.columnsOf(relation));
    }
    return columns;
  }

  #label(relation: Relation): readonly LabelledColumn[] {
    const own = this.#ownLabels(relation);
    const origins = this.origins.of(relation);
    return relation.columns.map((column, index) => {
      const labels = new Set(own[index]);
      for (const origin of origins.columns.get(column.attnum) ?? []) {
        for (const label of this.#originLabels(origin)) labels.add(label);
      }
      const former = formerNamesOf(relation, column).map((names) => labelled(names, labels, []));
      return labelled({ relation, column }, labels, former);
    });
  }

  #originLabels(origin: ColumnOrigin): readonly string[] {
    const position = origin.relation.columns.findIndex((column) => column.attnum === origin.column.attnum);
    return this.#ownLabels(origin.relation)[position] ?? [];
  }

  readonly #own = new Map<string, readonly (readonly string[])[]>();

  /** Labels that rules give to the columns themselves, nothing inherited. System relations have none. */
  #ownLabels(relation: Relation): readonly (readonly string[])[] {
    const known = this.#own.get(relation.path);
    if (known !== undefined) return known;
    const labels = relation.isSystem ? [] : this.#evaluateLabels(relation);
    this.#own.set(relation.path, labels);
    return labels;
  }

  #evaluateLabels(relation: Relation): readonly (readonly string[])[] {
    const named = relation.columns.flatMap((column, index) =>
      [{ relation, column }, ...formerNamesOf(relation, column)].map((names) => ({ index, names })),
    );
    const results = this.program.labels(named.map(({ names }) => labelled(names, new Set(), []).value));
    const labels = relation.columns.map(() => new Set<string>());
    results.forEach((result, at) => {
      for (const label of result.labels) labels[named[at]?.index ?? -1]?.add(label);
      for (const error of result.errors) {
        if (error.kind === "error") this.labelErrors.set(relation.path, error);
      }
    });
    return labels.map((each) => [...each]);
  }
}

function labelled(
  { relation, column }: ColumnOf,
  labels: ReadonlySet<string>,
  former: readonly LabelledColumn[],
): LabelledColumn {
  const label = mostSpecific(labels);
  const path = objectPath(relation.schema, relation.name, column.name);
  const value = toValue(columnRecord(relation, column, path, label, labels, []));
  return { relation, column, path, labels, label, value, former };
}

/** The `column` record of the vocabulary as plain data. */
export function columnRecord(
  relation: Relation,
  column: Column,
  path: string,
  label: string,
  labels: ReadonlySet<string>,
  uses: Iterable<string>,
): Record<string, unknown> {
  return {
    schema: relation.schema,
    table: relation.name,
    name: column.name,
    path,
    type: column.type,
    comment: column.comment ?? "",
    label,
    labels: new Set(labels),
    uses: new Set(uses),
  };
}

/** The deepest label; of equal depth, the first in order of code points. */
function mostSpecific(labels: ReadonlySet<string>): string {
  let best = "";
  let bestDepth = -1;
  for (const label of labels) {
    const depth = label.split(".").length;
    if (depth > bestDepth || (depth === bestDepth && label < best)) {
      best = label;
      bestDepth = depth;
    }
  }
  return best;
}

function hasRows(relation: Relation): boolean {
  return (
    relation.kind !== "index" &&
    relation.kind !== "composite" &&
    relation.kind !== "toast" &&
    relation.kind !== "sequence"
  );
}
