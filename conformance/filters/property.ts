import { compile, parseJson, RegoObject, RegoSet, toValue, type Value } from "@penstock/language";
import * as fc from "fast-check";
import type { Client } from "pg";
import type { Relation } from "../../engine/src/catalog/catalog.ts";
import type { RelationFilter } from "../../engine/src/decide/decision.ts";
import { someone } from "../../engine/src/decide/someone.ts";
import { subjectOf } from "../../engine/src/decide/subject.ts";
import { filterConjuncts, planFilter, rowPasses } from "../../engine/src/filters/plan-filter.ts";
import { interpretQuery } from "../interpreter/run.ts";
import { type Condition, conditions } from "./conditions.ts";
import { fillSample, readSample, sampleColumns, type SampleRow, sampleRows } from "./sample-table.ts";

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

/** A session in which everything that filters do not name by schema means something else, and dates print otherwise. */
const hostileSession =
  "set search_path = evil, public, pg_catalog; set datestyle = 'SQL, DMY'; set extra_float_digits = 0";
const plainSession = "set search_path = public; set datestyle = 'ISO'; set extra_float_digits = 1";

/**
 * Generated filters over generated rows: the rows that the SQL chooses are those that the JavaScript chooses and, where plain Rego has the
 * types for it, those that the reference interpreter finds; no row makes the SQL fail; and the server agrees on what is leakproof.
 */
export async function checkFilters(
  client: Client,
  relation: Relation,
  { tables, seed }: FilterProperty,
): Promise<Tally> {
  const tally: Tally = { compared: 0, refused: 0, plain: 0, leakproof: 0, kept: 0, hidden: 0 };
  const tenConditions = fc.array(conditions, { minLength: 10, maxLength: 10 });
  const timeZones = fc.constantFrom("UTC", "America/St_Johns", "Pacific/Apia", "Africa/Monrovia");
  const property = fc.asyncProperty(sampleRows, tenConditions, timeZones, async (rows, list, zone) => {
    await client.query(`${plainSession}; set timezone = '${zone}'`);
    await fillSample(client, rows);
    const stored = await readSample(client);
    await client.query(hostileSession);
    for (const condition of list) await compareOne(client, relation, condition, stored, tally);
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

async function compareOne(
  client: Client,
  relation: Relation,
  condition: Condition,
  rows: readonly SampleRow[],
  tally: Tally,
): Promise<void> {
  const filter = filterOf(relation, condition.policy);
  if (planFilter(filter).kind === "refused") {
    tally.refused += 1;
    return;
  }
  const conjuncts = filterConjuncts(filter, "r");
  const where = conjuncts.map(({ sql }) => sql).join(" and ");
  const ids = (found: readonly SampleRow[]): string[] => found.map(({ id }) => id ?? "");
  const chosen = await client.query<SampleRow>(`select r.id from public.sample as r where ${where} order by r.id`);
  const expected = ids(rows.filter((row) => rowPasses(filter, (name) => row[name] ?? null)));
  agree("SQL and JavaScript", condition, where, ids(chosen.rows), expected, rows);
  // Half a surrogate pair is the beginning of a character for JavaScript, whose texts Rego's are here; a database has none.
  if (condition.isPlain && !condition.rego.includes("\\ud")) {
    agree("Rego and JavaScript", condition, where, plainIds(condition, rows), expected, rows);
    tally.plain += 1;
  }
  const leakproof = conjuncts.filter(({ isLeakproof }) => isLeakproof).map(({ sql }) => sql);
  if (leakproof.length > 0) await expectLeakproof(client, leakproof.join(" and "));
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
function plainIds({ rego }: Condition, rows: readonly SampleRow[]): string[] {
  const query = `ids = {r.id |\n    some r in input.rows\n    ${rego}\n}`;
  const input = RegoObject.fromEntries([["rows", rows.map(rowObject)]]);
  const result = interpretQuery({ sources: [], query, data: toValue({}), input, strict: false });
  if (result.outcome !== "values") throw new Error(`${JSON.stringify(result)}\n${query}`);
  const found = result.bindings[0]?.get("ids");
  if (!(found instanceof RegoSet)) throw new Error(`no ids\n${query}`);
  return found
    .members()
    .map(String)
    .sort((a, b) => Number(a) - Number(b));
}

function rowObject(row: SampleRow): Value {
  const entries = sampleColumns.flatMap(({ name, type, family }): (readonly [Value, Value])[] => {
    const text = row[name];
    if (text === null || text === undefined) return [];
    if (family === "integer" || name === "n2") return [[name, parseJson(text)]];
    if (family === "boolean") return [[name, text === "t"]];
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

/** The server pushes a condition into a security barrier that it cannot flatten only if nothing in it can leak. */
async function expectLeakproof(client: Client, condition: string): Promise<void> {
  const plan = await client.query<{ "QUERY PLAN": string }>(
    `explain (costs off) select r.id from public.barrier as r where ${condition}`,
  );
  const lines = plan.rows.map((row) => row["QUERY PLAN"]);
  if (lines[0]?.startsWith("Subquery Scan") === true && lines[1]?.includes("Filter:") === true) {
    throw new Error(`not leakproof for the server: ${condition}\n${lines.join("\n")}`);
  }
}
