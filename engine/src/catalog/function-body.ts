import { type FunctionCategory } from "@penstock/language";
import { analyzePostgres } from "../sql/postgres/analyze.ts";
import type { StatementFacts, UnknownName } from "../sql/facts.ts";
import { splitIdentifierList } from "../sql/postgres/session.ts";
import type { RelationRead, ResolvedStatement } from "../sql/postgres/resolution.ts";
import { type BodyFacts, nothing, unitedWhere, userFunction } from "./body-facts.ts";
import type { Catalog, FunctionBody, FunctionInfo, Relation } from "./catalog.ts";
import { plpgsqlBody } from "./plpgsql-body.ts";
import { psmBody } from "./psm-body.ts";
import { unitedRows } from "./row-copies.ts";
import { noRow, triggerRow } from "./trigger-row.ts";

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
  if (language === "psm") return psmBody(catalog, info);
  if (body === undefined || (language !== "sql" && language !== "plpgsql")) {
    return {
      ...nothing,
      problem: kindProblems[kind] ?? `is written in ${language}`,
    };
  }
  const everywhere = (path: readonly string[]) => [...new Set([...path, ...schemasWithCode(catalog)])];
  const bound = everywhere(catalog.definitionPath);
  const inside = everywhere(pathInside(info, searchPath));
  const plpgsql = language === "plpgsql" ? plpgsqlBody(catalog, body.text) : undefined;
  const texts: readonly (readonly [text: string | undefined, path: readonly string[], isCopying?: boolean])[] = [
    ...(plpgsql?.statements.map(({ text, isCopying }) => [text, inside, isCopying] as const) ?? [
      body.isBound ? ([boundStatements(body.text), bound] as const) : ([body.text, inside] as const),
    ]),
    [body.defaults === "" ? "" : `select ${body.defaults}`, bound],
  ];
  const resolved: ResolvedStatement[] = [];
  const looking: ResolvedStatement[] = [];
  let problem = kindProblems[kind] ?? problemOfHeader(body) ?? plpgsql?.problem;
  for (const [text, path, isCopying] of texts) {
    const analyzed =
      text === undefined ? undefined : analyzePostgres(text, catalog, { searchPath: path, isOtherRole: true });
    if (analyzed?.kind === "statements") {
      resolved.push(...analyzed.statements);
      if (isCopying !== true) looking.push(...analyzed.statements);
    } else problem ??= "has a body that cannot be read";
  }
  const statements = resolved.map(({ facts }) => facts);
  for (const facts of statements) problem ??= problemOf(catalog, info, body, facts);
  const byPath = new Set(
    body.isBound
      ? []
      : resolved.flatMap(({ reads, writes }) =>
          [...reads, ...writes].filter(isNamedByPath).map(({ relation }) => relation),
        ),
  );
  const changes = statements.filter(({ tables }) =>
    tables.some(({ access }) => access.has("update") || access.has("delete")),
  );
  const isPinned = body.settings.some((setting) => setting.startsWith(pathSetting));
  const ambiguous = [...byPath].find((relation) => hasNamesakeIn(catalog, relation, inside))?.name;
  return {
    tables: statements.flatMap(({ tables }) => tables),
    namedByPath: isPinned ? new Set() : byPath,
    columns: statements.flatMap(({ columns }) => columns),
    functions: [...statements.flatMap(({ functions }) => functions), ...body.functions.map(userFunction)],
    row:
      plpgsql === undefined
        ? noRow
        : unitedRows([triggerRow(looking.map(({ facts }) => facts)), plpgsql.lookedByVariables]),
    ...(plpgsql === undefined || plpgsql.copies.length === 0 ? {} : { copies: plpgsql.copies }),
    rowInErrors: triggerRow(
      (plpgsql?.errors ?? []).flatMap((text) => {
        const analyzed = analyzePostgres(text, catalog, { searchPath: inside, isOtherRole: true });
        return analyzed.kind === "statements" ? analyzed.statements.map(({ facts }) => facts) : [];
      }),
    ),
    seesErrors: plpgsql?.seesErrors === true,
    seesDetails: plpgsql?.seesDetails === true,
    acts: plpgsql?.says === true || statements.some(({ category }) => category !== "read"),
    ...(changes.length === 0 ? {} : { where: unitedWhere(changes) }),
    ...(ambiguous === undefined ? {} : { ambiguous }),
    ...(problem === undefined ? {} : { problem }),
  };
}

const kindProblems = {
  function: undefined,
  procedure: undefined,
  aggregate: undefined,
  window: "is a window function",
} as const;

function isNamedByPath({ rangeVar }: Pick<RelationRead, "rangeVar"> | ResolvedStatement["writes"][number]): boolean {
  return rangeVar?.schemaname === undefined;
}

function hasNamesakeIn(
  { relations }: Catalog,
  { name, path, isSystem }: Relation,
  searchPath: readonly string[],
): boolean {
  if (isSystem) return false;
  for (const other of relations.values()) {
    if (other.name === name && other.path !== path && searchPath.includes(other.schema)) return true;
  }
  return false;
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

function problemOfHeader({ settings }: FunctionBody): string | undefined {
  for (const setting of settings) {
    const name = setting.slice(0, setting.indexOf("="));
    // Those with a dot are the application's own.
    if (!harmlessSettings.has(name.toLowerCase()) && !name.includes(".")) return `sets \`${name}\``;
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
  "timezone",
  "datestyle",
  "intervalstyle",
  "extra_float_digits",
]);

function problemOf(
  catalog: Catalog,
  info: FunctionInfo,
  body: FunctionBody,
  facts: StatementFacts,
): string | undefined {
  const problem = problemOfStatement(facts);
  if (problem !== undefined) return problem;
  // Where the login may not use a schema, the server goes on to the next of the search_path.
  const unreadable = facts.tables.find(({ relation }) => relation.isUnreadable === true);
  if (unreadable !== undefined && !body.isSecurityDefiner) {
    return `reads ${unreadable.relation.path}, which its caller may not`;
  }
  const unknown = facts.unknown.find((name) => !isArgument(catalog, info, body, name));
  return unknown === undefined ? undefined : `names ${unknown.what} \`${unknown.name}\`, which is not known`;
}

/** What of a statement inside other code cannot be judged by its tables, columns and users' functions. */
export function problemOfStatement(facts: StatementFacts): string | undefined {
  const opaque = facts.opaque.find(({ construct }) => construct !== "CallStmt");
  if (opaque !== undefined) return `uses \`${opaque.construct}\`, which cannot be checked`;
  if (!knownKinds.has(facts.kind)) return `runs \`${facts.kind}\``;
  if (facts.session !== undefined && facts.kind !== "call") return "changes settings of the session";
  const called = facts.functions.find(({ category, name, builtin }) => {
    return !harmlessCategories.has(category) && !(builtin && harmlessInSession.test(name));
  });
  return called === undefined ? undefined : `calls \`${called.schema}.${called.name}\``;
}

const knownKinds: ReadonlySet<string> = new Set("select values insert update delete merge notify call".split(" "));
const harmlessCategories: ReadonlySet<FunctionCategory> = new Set(["pure", "volatile", "user_defined"]);
const harmlessInSession = /^pg_(?:notify|(?:try_)?advisory_.*)$/;

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
