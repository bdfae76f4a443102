import type { AccessKind, ColumnUse } from "@penstock/language";
import type { Catalog, Relation } from "../catalog/catalog.ts";
import { unitedWhere } from "../catalog/body-facts.ts";
import type { ColumnFact, StatementFacts, TableFact, TableUse } from "../sql/facts.ts";
import { CodeWalk } from "./code-walk.ts";

/** What code in the database does that a statement runs: functions that it calls, those that these call, and what its relations set off. */
export interface CalledFunctions {
  readonly reads: readonly CalledRead[];
  /** Code of which it is not known what it does, and why. */
  readonly unread: readonly UnreadCode[];
  /** Relations that set-off code touches: no rule is asked about them, but what is hidden of them counts. */
  readonly tables: readonly TableUse[];
  /** Functions that the statement calls and that write, as messages name them. */
  readonly writers: readonly string[];
  /** Some of the code looks at details of errors, which may show all of a row that another piece of it changes. */
  readonly seesDetails: boolean;
}

/** Code as messages name it: "function `public.f`", "rule `r` of public.t". */
export interface UnreadCode {
  readonly code: string;
  readonly problem: string;
}

export interface CalledRead {
  readonly code: string;
  readonly relation: Relation;
  /** Attribute numbers of the columns that it touches. */
  readonly columns: ReadonlySet<number>;
  /** It changes rows, whose other values the detail of an error may show. */
  readonly isChange: boolean;
  /** Named without a schema: what the name means is found out when the body runs, under whatever search_path the session then has. */
  readonly isNamedByPath: boolean;
  /** The row for which it is run, and no other row. */
  readonly isOwnRow: boolean;
  /** It does nothing there but add rows. */
  readonly onlyAdds: boolean;
}

/** A statement's facts with what the functions do that it calls: their tables, columns and functions are the statement's too. */
export interface FactsWithCalled {
  readonly facts: StatementFacts;
  readonly called: CalledFunctions;
}

/**
 * Reads all code that a statement may run. Where a call can mean several functions, all of them count. What functions do that the statement
 * calls is the statement's doing, and in its facts; what triggers, defaults and the like of its relations do is not: whoever made the table
 * has put it there.
 * @param before of the statements ahead of it in the same text.
 */
export function withCalled(
  catalog: Catalog,
  facts: StatementFacts,
  searchPath: readonly string[],
  before: readonly StatementFacts[],
): FactsWithCalled {
  const walk = new CodeWalk(catalog, searchPath, before);
  walk.run(facts);
  const { reads, unread, tables, writers, seesDetails, inCalled } = walk;
  const called = { reads, unread, tables, writers, seesDetails };
  if (inCalled.tables.length + inCalled.functions.length === 0) return { facts, called };
  return {
    facts: {
      ...facts,
      ...(inCalled.wheres.length === 0
        ? {}
        : unitedWhere(changes(facts) ? [facts, ...inCalled.wheres] : inCalled.wheres)),
      tables: united(facts.tables, inCalled.tables, ({ relation }) => relation, unitedTable),
      columns: united(facts.columns, inCalled.columns, ({ column }) => column, unitedColumn),
      functions: united(
        facts.functions,
        inCalled.functions,
        ({ schema, name }) => JSON.stringify([schema, name]),
        (one) => one,
      ),
    },
    called,
  };
}

function changes({ tables }: StatementFacts): boolean {
  return tables.some(({ access }) => access.has("update") || access.has("delete"));
}

function united<Fact, Key>(
  own: readonly Fact[],
  others: readonly Fact[],
  keyOf: (fact: Fact) => Key,
  unite: (one: Fact, other: Fact) => Fact,
): readonly Fact[] {
  const all = new Map(own.map((fact) => [keyOf(fact), fact]));
  for (const fact of others) {
    const key = keyOf(fact);
    const known = all.get(key);
    all.set(key, known === undefined ? fact : unite(known, fact));
  }
  return [...all.values()];
}

function unitedTable(one: TableFact, other: TableFact): TableFact {
  return { ...one, access: new Set<AccessKind>([...one.access, ...other.access]) };
}

function unitedColumn(one: ColumnFact, other: ColumnFact): ColumnFact {
  return { ...one, uses: new Set<ColumnUse>([...one.uses, ...other.uses]) };
}
