import { compile, parseJson, RegoObject, RegoSet, toValue, type Value } from "@penstock/language";
import * as fc from "fast-check";
import type { Relation } from "../../engine/src/catalog/catalog.ts";
import type { RelationFilter } from "../../engine/src/decide/decision.ts";
import { someone } from "../../engine/src/decide/someone.ts";
import { subjectOf } from "../../engine/src/decide/subject.ts";
import { filterConjuncts, planFilter, rowPasses } from "../../engine/src/filters/plan-filter.ts";
import { interpretQuery } from "../interpreter/run.ts";
import { type Condition, conditionsOver } from "./conditions.ts";
import type { SampleColumn, SampleRow, SampleTable } from "./sample-column.ts";

export interface Tally {
  /** Conditions that were compared, and those that the engine refuses. */
  compared: number;
  refused: number;
  /** Of the compared ones, those that plain Rego was asked about too. */
  plain: number;
  /** Conjuncts that the server itself took for leakproof. */
  leakproof: number;
  /** Rows that a filter left, and rows that it took. */
  kept: number;
  hidden: number;
}

export interface FilterProperty {
  /** Tables full of rows; ten conditions each. */
  readonly tables: number;
  readonly seed?: number;
}

/**
 * Generated filters over generated rows: the rows that the SQL chooses are those that the JavaScript chooses and, where plain Rego has the
 * types for it, those that the reference interpreter finds; no row makes the SQL fail; and the server agrees on what is leakproof.
 */
export async function checkFilters(table: SampleTable, { tables, seed }: FilterProperty): Promise<Tally> {
  const tally: Tally = { compared: 0, refused: 0, plain: 0, leakproof: 0, kept: 0, hidden: 0 };
  const tenConditions = fc.array(conditionsOver(table.columns), { minLength: 10, maxLength: 10 });
  const property = fc.asyncProperty(rowsOf(table.columns), tenConditions, async (rows, list) => {
    const stored = await table.fill(rows);
    for (const condition of list) await compareOne(table, condition, stored, tally);
  });
  // A failure names one condition and one row: nothing to shrink.
  const result = await fc.check(property, {
    numRuns: tables,
    endOnFailure: true,
    ...(seed === undefined ? {} : { seed }),
  });
  if (result.failed) {
    throw new Error(`table ${result.numRuns} of seed ${result.seed}: ${String(result.errorInstance)}`, {
      cause: result.errorInstance,
    });
  }
  return tally;
}

function rowsOf(columns: readonly SampleColumn[]): fc.Arbitrary<readonly SampleRow[]> {
  const values = columns.map(({ name, values: some }) => [name, fc.option(some, { freq: 6 })]);
  return fc.array(fc.record(Object.fromEntries(values)), { minLength: 40, maxLength: 40 });
}

async function compareOne(
  table: SampleTable,
  condition: Condition,
  rows: readonly SampleRow[],
  tally: Tally,
): Promise<void> {
  const filter = filterOf(table.relation, condition.policy);
  if (planFilter(filter).kind === "refused") {
    tally.refused += 1;
    return;
  }
  const conjuncts = filterConjuncts(filter, "r");
  const where = conjuncts.map(({ sql }) => sql).join(" and ");
  const chosen = await table.choose(where);
  const expected = rows.filter((row) => rowPasses(filter, (name) => row[name] ?? null)).map(({ id }) => id ?? "");
  agree("SQL and JavaScript", condition, where, chosen, expected, rows);
  // Half a surrogate pair is the beginning of a character for JavaScript, whose texts Rego's are here; a database has none.
  if (condition.isPlain && !condition.rego.includes("\\ud")) {
    agree("Rego and JavaScript", condition, where, plainIds(condition, table.columns, rows), expected, rows);
    tally.plain += 1;
  }
  const leakproof = conjuncts.filter(({ isLeakproof }) => isLeakproof).map(({ sql }) => sql);
  if (leakproof.length > 0) await table.expectLeakproof(leakproof.join(" and "));
  tally.compared += 1;
  tally.leakproof += leakproof.length;
  tally.kept += expected.length;
  tally.hidden += rows.length - expected.length;
}

/** @param rows the body of a filter over a row `r` */
export function filterOf(relation: Relation, rows: string): RelationFilter {
  const text = `package a\n\nfilter ${relation.path} as r where {\n    ${rows}\n}\n`;
  const { program, diagnostics } = compile({ sources: [{ path: "a.policy", text }] });
  if (program === undefined) throw new Error(`${diagnostics.map(({ message }) => message).join("\n")}\n${text}`);
  const effects = program.fixedFilters(subjectOf(someone()), [relation.path]);
  const predicates = effects.flatMap((effect) => (effect.kind === "filter" ? [effect.predicate] : []));
  if (predicates.length !== 1) throw new Error(`${JSON.stringify(effects)}\n${text}`);
  return { relation, predicates, rules: [] };
}

/** By the reference interpreter, over objects that lack what is NULL. */
function plainIds(
  { rego }: Condition,
  columns: readonly SampleColumn[],
  rows: readonly SampleRow[],
): readonly string[] {
  const query = `ids = {r.id |\n    some r in input.rows\n    ${rego}\n}`;
  const input = RegoObject.fromEntries([["rows", rows.map((row) => rowObject(columns, row))]]);
  const result = interpretQuery({ sources: [], query, data: toValue({}), input, strict: false });
  if (result.outcome !== "values") throw new Error(`${JSON.stringify(result)}\n${query}`);
  const found = result.bindings[0]?.get("ids");
  if (!(found instanceof RegoSet)) throw new Error(`no ids\n${query}`);
  return found
    .members()
    .map(String)
    .sort((a, b) => Number(a) - Number(b));
}

function rowObject(columns: readonly SampleColumn[], row: SampleRow): Value {
  const entries = columns.flatMap(({ name, type, family }): (readonly [Value, Value])[] => {
    const text = row[name];
    if (text === null || text === undefined) return [];
    if (family === "integer" || name === "n2") return [[name, parseJson(text)]];
    if (family === "boolean") return [[name, text === "t" || /[1-9]/.test(text)]];
    return [[name, type.startsWith("char(") || type === "code" ? text.replace(/ +$/, "") : text]];
  });
  return RegoObject.fromEntries([["id", Number(row["id"])], ...entries]);
}

function agree(
  who: string,
  { policy }: Condition,
  sql: string,
  one: readonly string[],
  other: readonly string[],
  rows: readonly SampleRow[],
): void {
  const different = [...new Set([...one, ...other])].filter((id) => one.includes(id) !== other.includes(id));
  if (different.length === 0) return;
  const row = rows.find(({ id }) => id === different[0]);
  throw new Error(
    `${who} do not agree on row ${JSON.stringify(row)}: ${one.includes(different[0] ?? "")}, ${other.includes(different[0] ?? "")}\n${policy}\n${sql}`,
  );
}
