/** Bodies of stored functions, procedures and triggers of MySQL and MariaDB. */
import { type Dialect, parseSqlMode } from "../sql/mysql/dialect.ts";
import { NameState } from "../sql/mysql/facts/names.ts";
import { type ProgramFacts, programFacts } from "../sql/mysql/facts/programs.ts";
import { parseMysql } from "../sql/mysql/parse.ts";
import { type BodyFacts, nothing, unitedWhere } from "./body-facts.ts";
import type { Catalog, FunctionInfo, Relation } from "./catalog.ts";
import { noRow } from "./trigger-row.ts";

/** Its names mean the same in every session: they are looked for in the database that it is in. */
export function psmBody(catalog: Catalog, info: FunctionInfo): BodyFacts {
  const read = readPsm(catalog, info);
  if (typeof read === "string") return { ...nothing, problem: read };
  const { tables, columns, functions, wheres, row, says, problem } = read;
  return {
    ...nothing,
    tables,
    columns,
    functions,
    row: { isWhole: false, columns: row.read },
    rowInErrors: noRow,
    acts: says || tables.some(({ access }) => [...access].some((each) => each !== "read" && each !== "lock")),
    ...(wheres.length === 0 ? {} : { where: unitedWhere(wheres) }),
    ...(problem === undefined ? {} : { problem }),
  };
}

/**
 * Names of the columns to which a BEFORE trigger gives other values than its statement does. Undefined: it is not known.
 * @param triggers of which the body is looked for in the catalog
 */
export function assignedByPsm(catalog: Catalog, info: FunctionInfo): readonly string[] | undefined {
  const read = readPsm(catalog, info);
  return typeof read === "string" || read.problem !== undefined ? undefined : [...read.row.assigned];
}

/** @returns a problem as a text where it cannot be read */
function readPsm(catalog: Catalog, info: FunctionInfo): ProgramFacts | string {
  const { body } = info;
  if (body === undefined) return "has a body that the proxy's login may not read";
  const mode = body.settings.find((setting) => setting.startsWith(modeSetting))?.slice(modeSetting.length) ?? "";
  const sqlMode = parseSqlMode(mode);
  if (sqlMode === undefined) return `was written under a sql_mode with a grammar of its own`;
  const dialect: Dialect = {
    product: catalog.engine === "mysql" ? "mysql" : "mariadb",
    version: catalog.serverVersionNum,
    mode: sqlMode,
  };
  const parsed = parseMysql(`create procedure penstock_body() ${body.text}`, dialect);
  const [statement, second] = parsed.kind === "statements" ? parsed.statements : [];
  if (parsed.kind !== "statements" || statement?.kind !== "create_procedure" || second !== undefined) {
    return "has a body that cannot be read";
  }
  if (parsed.hints.length > 0) return "has an optimizer hint, which may set variables";
  return programFacts(statement.body, new NameState(catalog, info.schema), body.argumentNames, tableOf(catalog, info));
}

const modeSetting = "sql_mode=";

/** The table that a trigger's body is run for. */
function tableOf(catalog: Catalog, { schema, name }: FunctionInfo): Relation | undefined {
  for (const relation of catalog.relations.values()) {
    if (relation.triggers.some(({ function: own }) => own.schema === schema && own.name === name)) return relation;
  }
  return undefined;
}
