import { type FunctionCategory } from "@penstock/language";
import { analyzePostgres } from "../sql/postgres/analyze.ts";
import type { ColumnFact, FunctionFact, StatementFacts, TableFact, UnknownName } from "../sql/facts.ts";
import { splitIdentifierList } from "../sql/postgres/session.ts";
import type { RelationRead, ResolvedStatement } from "../sql/postgres/resolution.ts";
import { plpgsqlBody } from "./plpgsql-body.ts";
import type { Catalog, FunctionBody, FunctionInfo, Relation } from "./catalog.ts";

/** What a function does by itself; what those that it calls do is theirs. */
export interface BodyFacts {
  readonly tables: readonly TableFact[];
  /** Those that it names without a schema, while the session's search_path says which is meant. */
  readonly namedByPath: ReadonlySet<Relation>;
  readonly columns: readonly ColumnFact[];
  readonly functions: readonly FunctionFact[];
  /** Why there may be more to it, as what the function does: "is written in c". Absent: it reads these tables and nothing else. */
  readonly problem?: string;
}

const known = new WeakMap<Catalog, Map<FunctionInfo, Map<string, BodyFacts>>>();

/**
 * What a function's body does when it is called under a search_path, read once for each.
 *
 * Functions, operators and types count wherever they are: a session may have another search_path when the body runs (a cursor's
 * FETCH) than when the statement was decided.
 */
export function bodyFacts(catalog: Catalog, info: FunctionInfo, searchPath: readonly string[]): BodyFacts {
  let functions = known.get(catalog);
  if (functions === undefined) known.set(catalog, (functions = new Map()));
  let paths = functions.get(info);
  if (paths === undefined) functions.set(info, (paths = new Map()));
  const key = JSON.stringify(searchPath);
  let facts = paths.get(key);
  if (facts === undefined) {
    if (paths.size >= pathsMax) paths.clear();
    paths.set(key, (facts = readBody(catalog, info, searchPath)));
  }
  return facts;
}

const pathsMax = 100;

/** The search_path under which what a function calls is looked up: that of its SET clause, or its caller's. */
export function pathInside({ body }: FunctionInfo, searchPath: readonly string[]): readonly string[] {
  for (const setting of body?.settings ?? []) {
    if (setting.startsWith(pathSetting)) return splitIdentifierList(setting.slice(pathSetting.length)) ?? searchPath;
  }
  return searchPath;
}

const pathSetting = "search_path=";

function readBody(catalog: Catalog, info: FunctionInfo, searchPath: readonly string[]): BodyFacts {
  const { kind, language, body } = info;
  if (body === undefined || (language !== "sql" && language !== "plpgsql")) {
    return { ...nothing, problem: kindProblems[kind] ?? `is written in ${language}` };
  }
  const everywhere = (path: readonly string[]) => [...new Set([...path, ...schemasWithCode(catalog)])];
  const bound = everywhere(catalog.definitionPath);
  const inside = everywhere(pathInside(info, searchPath));
  const plpgsql = language === "plpgsql" ? plpgsqlBody(catalog, body.text) : undefined;
  const texts: readonly (readonly [text: string | undefined, path: readonly string[]])[] = [
    ...(plpgsql?.statements.map((statement) => [statement, inside] as const) ?? [
      body.isBound ? ([boundStatements(body.text), bound] as const) : ([body.text, inside] as const),
    ]),
    [body.defaults === "" ? "" : `select ${body.defaults}`, bound],
  ];
  const resolved: ResolvedStatement[] = [];
  let problem = kindProblems[kind] ?? problemOfHeader(body) ?? plpgsql?.problem;
  for (const [text, path] of texts) {
    const analyzed = text === undefined ? undefined : analyzePostgres(text, catalog, { searchPath: path });
    if (analyzed?.kind === "statements") resolved.push(...analyzed.statements);
    else problem ??= "has a body that cannot be read";
  }
  const statements = resolved.map(({ facts }) => facts);
  for (const facts of statements) problem ??= problemOf(catalog, info, body, facts);
  return {
    tables: statements.flatMap(({ tables }) => tables),
    namedByPath: new Set(
      body.isBound || body.settings.some((setting) => setting.startsWith(pathSetting))
        ? []
        : resolved.flatMap(({ reads }) => reads.filter(isNamedByPath).map(({ relation }) => relation)),
    ),
    columns: statements.flatMap(({ columns }) => columns),
    functions: [...statements.flatMap(({ functions }) => functions), ...body.functions.map(userFunction)],
    ...(problem === undefined ? {} : { problem }),
  };
}

const kindProblems = {
  function: undefined,
  procedure: "is a procedure",
  aggregate: "is an aggregate that calls other functions",
  window: "is a window function",
} as const;

function isNamedByPath({ rangeVar }: RelationRead): boolean {
  return rangeVar.schemaname === undefined;
}

const nothing: BodyFacts = { tables: [], namedByPath: new Set(), columns: [], functions: [] };

function userFunction({ schema, name }: FunctionBody["functions"][number]): FunctionFact {
  return { schema, name, builtin: false, category: "user_defined" };
}

const schemas = new WeakMap<Catalog, readonly string[]>();

/** Schemas with functions, operators or types of users' own. */
function schemasWithCode(catalog: Catalog): readonly string[] {
  let found = schemas.get(catalog);
  if (found === undefined) {
    const functions = [...catalog.functions.values()].flat();
    const owners = [...functions, ...catalog.types.values()].filter(({ isSystem }) => !isSystem);
    found = [...new Set([...owners, ...catalog.operators].map(({ schema }) => schema))];
    schemas.set(catalog, found);
  }
  return found;
}

/** The statements of `BEGIN ATOMIC … END` or `RETURN …`, as `pg_get_function_sqlbody` prints them. */
function boundStatements(text: string): string | undefined {
  const returned = /^\s*RETURN\s+(.*)$/s.exec(text)?.[1];
  if (returned !== undefined) return `select ${returned}`;
  return /^\s*BEGIN ATOMIC\s+(.*)END\s*$/s.exec(text)?.[1];
}

function problemOfHeader({ isSecurityDefiner, settings }: FunctionBody): string | undefined {
  if (isSecurityDefiner) return "runs with the rights of its owner (SECURITY DEFINER)";
  for (const setting of settings) {
    const name = setting.slice(0, setting.indexOf("="));
    if (!harmlessSettings.has(name)) return `sets \`${name}\``;
    const path = name === "search_path" ? splitIdentifierList(setting.slice(pathSetting.length)) : [];
    if (path === undefined || path.includes("$user")) return "sets a search_path that depends on who calls it";
  }
  return undefined;
}

/** Settings that change neither what a body means nor what it may read. */
const harmlessSettings: ReadonlySet<string> = new Set([
  "search_path",
  "statement_timeout",
  "lock_timeout",
  "work_mem",
  "jit",
  "plan_cache_mode",
]);

function problemOf(
  catalog: Catalog,
  info: FunctionInfo,
  body: FunctionBody,
  facts: StatementFacts,
): string | undefined {
  const [opaque] = facts.opaque;
  if (opaque !== undefined) return `uses \`${opaque.construct}\`, which cannot be checked`;
  if (!readingKinds.has(facts.kind)) return `runs \`${facts.kind}\``;
  if (facts.session !== undefined) return "changes settings of the session";
  const called = facts.functions.find(({ category }) => !harmlessCategories.has(category));
  if (called !== undefined) return `calls \`${called.schema}.${called.name}\``;
  // Its columns are shown changed, or not at all, while something is hidden.
  const system = facts.tables.find(({ relation }) => relation.isSystem);
  if (system !== undefined) return `reads ${system.relation.path}`;
  // Where the login may not use a schema, the server goes on to the next of the search_path.
  const unreadable = facts.tables.find(({ relation }) => relation.isUnreadable === true);
  if (unreadable !== undefined) return `reads ${unreadable.relation.path}, which its caller may not`;
  const unknown = facts.unknown.find((name) => !isArgument(catalog, info, body, name));
  return unknown === undefined ? undefined : `names ${unknown.what} \`${unknown.name}\`, which is not known`;
}

const readingKinds: ReadonlySet<string> = new Set(["select", "values"]);
const harmlessCategories: ReadonlySet<FunctionCategory> = new Set(["pure", "volatile", "user_defined"]);

/**
 * What is no column of anything in FROM is an argument: `x`, `f.x`, or `x.field` of a composite one, which may be a call of a
 * user's function of that name. In PL/pgSQL it is a variable, and the parser knows them all.
 */
function isArgument(
  catalog: Catalog,
  { name: functionName, language }: FunctionInfo,
  { argumentNames }: FunctionBody,
  { what, name }: UnknownName,
): boolean {
  if (what !== "column") return false;
  const [first = "", second, ...rest] = name.split(".");
  if (second === undefined) return language === "plpgsql" || argumentNames.includes(first);
  if (language === "plpgsql") return ![second, ...rest].some((field) => isNameOfFunction(catalog, field));
  const fields = first === functionName && argumentNames.includes(second) ? rest : [second, ...rest];
  const isOfArgument = fields === rest || argumentNames.includes(first);
  return isOfArgument && !fields.some((field) => isNameOfFunction(catalog, field));
}

function isNameOfFunction(catalog: Catalog, name: string): boolean {
  for (const [first] of catalog.functions.values()) if (first?.isSystem === false && first.name === name) return true;
  return false;
}
