import type { AccessKind, ColumnUse } from "@penstock/language";
import { type Catalog, type FunctionInfo, objectPath, type Relation } from "../catalog/catalog.ts";
import { bodyFacts, pathInside } from "../catalog/function-body.ts";
import type { ColumnFact, FunctionFact, StatementFacts, TableFact } from "../sql/facts.ts";
import { isBuiltinFunction } from "../sql/postgres/functions.ts";

/** What the users' functions do that a statement calls, and those that these call. */
export interface CalledFunctions {
  readonly reads: readonly CalledRead[];
  /** Functions of which it is not known what they do, and why. */
  readonly unread: readonly { readonly path: string; readonly problem: string }[];
}

interface CalledRead {
  /** Path of the function. */
  readonly path: string;
  readonly relation: Relation;
  /** Named without a schema: what the name means is found out when the body runs, under whatever search_path the session then has. */
  readonly isNamedByPath: boolean;
}

/** A statement's facts with what the functions do that it calls: their tables, columns and functions are the statement's too. */
export interface FactsWithCalled {
  readonly facts: StatementFacts;
  readonly called: CalledFunctions;
}

/**
 * Reads the bodies of all functions that a statement may call. Where a call can mean several functions, all of them count.
 * @param before of the statements ahead of it in the same text.
 */
export function withCalled(
  catalog: Catalog,
  facts: StatementFacts,
  searchPath: readonly string[],
  before: readonly StatementFacts[],
): FactsWithCalled {
  if (!facts.functions.some(isUsersOwn)) return { facts, called: nothing };
  const unread: { readonly path: string; readonly problem: string }[] = [];
  const reads: CalledRead[] = [];
  const tables = new Map<Relation, TableFact>(facts.tables.map((fact) => [fact.relation, fact]));
  const columns = new Map(facts.columns.map((fact) => [fact.column, fact]));
  const functions = new Map(facts.functions.map((fact) => [pathOf(fact), fact]));
  const isUncertain = before.some(changesMeaning);
  const seen = new Set<string>();
  const waiting = facts.functions.filter(isUsersOwn).map((called) => ({ called, searchPath }));
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const path = pathOf(next.called);
    const key = JSON.stringify([path, next.searchPath]);
    if (seen.has(key)) continue;
    seen.add(key);
    if (seen.size > bodiesMax) {
      unread.push({ path, problem: `is one of more than ${bodiesMax} that are called` });
      break;
    }
    const overloads = catalog.functions.get(path) ?? [];
    const problem = problemOf(catalog, next.called, overloads, isUncertain);
    if (problem !== undefined) unread.push({ path, problem });
    for (const info of overloads.filter(hasReadableBody)) {
      const body = bodyFacts(catalog, info, next.searchPath);
      if (body.problem !== undefined) unread.push({ path, problem: body.problem });
      for (const fact of body.tables) {
        tables.set(fact.relation, unitedTable(tables.get(fact.relation), fact));
        reads.push({ path, relation: fact.relation, isNamedByPath: body.namedByPath.has(fact.relation) });
      }
      for (const fact of body.columns) columns.set(fact.column, unitedColumn(columns.get(fact.column), fact));
      const inside = pathInside(info, next.searchPath);
      for (const called of body.functions) {
        if (!functions.has(pathOf(called))) functions.set(pathOf(called), { ...called, isInBody: true });
        if (isUsersOwn(called)) waiting.push({ called, searchPath: inside });
      }
    }
  }
  return {
    facts: {
      ...facts,
      tables: [...tables.values()],
      columns: [...columns.values()],
      functions: [...functions.values()],
    },
    called: { reads, unread },
  };
}

const bodiesMax = 200;

const nothing: CalledFunctions = { reads: [], unread: [] };

/** Whatever its category: that goes by names, and any function can have the name of an extension's. */
function isUsersOwn({ builtin }: FunctionFact): boolean {
  return !builtin;
}

function pathOf({ schema, name }: FunctionFact): string {
  return schema === "" ? name : objectPath(schema, name);
}

/** Functions in C are extensions' own code, listed by category where they reach further. */
function hasReadableBody({ language }: FunctionInfo): boolean {
  return language !== "c" && language !== "internal";
}

function problemOf(
  catalog: Catalog,
  { name, category }: FunctionFact,
  overloads: readonly FunctionInfo[],
  isUncertain: boolean,
): string | undefined {
  if (overloads.length === 0) return category === "user_defined" ? "is not known" : undefined;
  if (!overloads.some(hasReadableBody)) return undefined;
  // What is known of built-in functions by their names, as that an aggregate needs a group, would be taken for true of it.
  if (isBuiltinFunction(catalog, name)) return "has the name of a built-in function";
  return isUncertain ? "may mean something else after an earlier statement of the same text" : undefined;
}

/** Statements after which the catalog may not say any more what is in the database. */
function changesMeaning({ category, session }: StatementFacts): boolean {
  if (category === "read" || category === "write") return false;
  return session?.kind !== "set" && session?.kind !== "begin";
}

function unitedTable(one: TableFact | undefined, other: TableFact): TableFact {
  if (one === undefined) return other;
  return { ...one, access: new Set<AccessKind>([...one.access, ...other.access]) };
}

function unitedColumn(one: ColumnFact | undefined, other: ColumnFact): ColumnFact {
  if (one === undefined) return other;
  return { ...one, uses: new Set<ColumnUse>([...one.uses, ...other.uses]) };
}
