import type { Value } from "@penstock/language";
import type { StatementFacts } from "../sql/facts.ts";
import { combine } from "./combine.ts";
import { queryValue } from "./query-value.ts";
import { filterOfRelation, filterPaths } from "./relation-filters.ts";
import { masksOfRelation } from "./relation-masks.ts";
import type { Subject } from "./subject.ts";
import type { World } from "./world.ts";

/** What of the whole database is hidden from one principal. */
export interface Hidden {
  /** By name of a relation, what of all relations of that name is. */
  readonly names: ReadonlyMap<string, HiddenPart>;
  /** Of some relation rows are. */
  readonly areFiltered: boolean;
}

interface HiddenPart {
  /** Names of columns. */
  readonly columns: ReadonlySet<string>;
  /** Rows are, or which rows there are depends on what is hidden. */
  readonly areRows: boolean;
}

/**
 * Names of all relations of the database of which something is hidden from this principal. Not empty: what cannot be analysed is
 * refused. Asks the mask rules about every column, and the filters about every table, for a plain read; a rule that fails hides everything.
 */
export function hiddenFrom(world: World, subject: Subject, data?: Value): Hidden {
  const { program } = world;
  if (!program.hasMasks && !program.hasFilters) return nothing;
  const input = { ...subject, query: queryValue(world, plainRead, "", "", undefined) };
  const columns = world.userColumns();
  const candidates = columns.flatMap((column) => [column, ...column.former]);
  const relations = [...new Set(columns.map((column) => column.relation))];
  const paths = program.hasFilters ? filterPaths(world, relations) : [];
  const effects = [
    ...program.evaluate(
      input,
      candidates.map((column) => column.value),
      data,
    ),
    ...program.filters(input, paths, data),
    ...program.fixedFilters(subject, paths, data),
  ];
  const failed = effects.some(
    (effect) =>
      effect.kind === "error" &&
      (effect.statement === "mask" || effect.statement === "filter" || effect.bound !== undefined),
  );
  const { masks, filters } = combine(effects, false);
  if (masks.size + filters.size === 0 && !failed) return nothing;
  const names = new Map<string, HiddenPart>();
  const add = (name: string, hiddenColumns: Iterable<string>, areRows: boolean): void => {
    const known = names.get(name);
    names.set(name, {
      columns: new Set([...(known?.columns ?? []), ...hiddenColumns]),
      areRows: areRows || known?.areRows === true,
    });
  };
  let areFiltered = failed && program.hasFilters;
  for (const relation of relations) {
    const masked = masksOfRelation(world, relation, masks);
    const filtered = filterOfRelation(world, relation, filters);
    if (failed || masked.kind !== "masks") add(relation.name, [], true);
    else if (masked.masks !== undefined) {
      add(
        relation.name,
        [...masked.masks.columns.values()].map(({ column }) => column.name),
        false,
      );
    }
    if (filtered.kind !== "filter" || filtered.filter !== undefined) {
      add(relation.name, [], true);
      areFiltered = true;
    }
  }
  return { names, areFiltered };
}

const nothing: Hidden = { names: new Map(), areFiltered: false };

const plainRead: StatementFacts = {
  start: 0,
  end: 0,
  kind: "select",
  category: "read",
  tables: [],
  columns: [],
  outputs: [],
  functions: [],
  hasWhere: false,
  whereIsConstant: false,
  limit: undefined,
  joins: 0,
  opaque: [],
  unknown: [],
  inner: undefined,
  session: undefined,
  reveals: [],
  serverCopy: undefined,
};
