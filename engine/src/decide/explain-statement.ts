import {
  type Input,
  RegoObject,
  type RuleExplanation,
  type RuleId,
  statementKinds,
  toValue,
  type Value,
} from "@penstock/language";
import type { StatementFacts } from "../sql/facts.ts";
import type { PreparedStatement } from "./decide-statement.ts";
import { columnRecord, type World } from "./world.ts";

/**
 * Why each rule fired or did not for one statement, `label` rules for the columns of its relations included. Slow: for people, and for
 * the HINT of a denial.
 * @param only this rule
 */
export function explainStatement(
  world: World,
  { facts, candidates, candidateValues, filterPaths }: PreparedStatement,
  input: Input,
  data?: Value,
  only?: RuleId,
): RuleExplanation[] {
  // Labels are computed from columns that have none.
  const catalogColumns = candidates
    .filter(({ relation }) => !relation.isSystem)
    .map(({ relation, column, path }) => toValue(columnRecord(relation, column, path, "", new Set(), [])));
  const ask = (of: Input): RuleExplanation[] =>
    world.program.explain({
      input: of,
      maskCandidates: candidateValues,
      relations: filterPaths,
      catalogColumns,
      ...(data === undefined ? {} : { data }),
      ...(only === undefined ? {} : { only }),
    });
  const own = ask(input);
  const query = carriedQuery(facts, input.query);
  if (query === undefined) return own;
  const carried = ask({ ...input, query });
  return own.map((explanation, index) => {
    const other = carried[index];
    return other !== undefined && other.statement !== "allow" && saysMore(other, explanation) ? other : explanation;
  });
}

/** The query of a statement that another carries, such as EXPLAIN or PREPARE, under its own kind; undefined where none is carried. */
export function carriedQuery({ inner, kind }: StatementFacts, query: Value): Value | undefined {
  if (inner === undefined || inner === kind || !(query instanceof RegoObject)) return undefined;
  return RegoObject.fromEntries([...query.entries(), ["kind", inner], ["category", statementKinds[inner]]]);
}

function saysMore(one: RuleExplanation, other: RuleExplanation): boolean {
  if (one.outcome !== "not_fired") return other.outcome === "not_fired";
  return other.outcome === "not_fired" && other.excluded && !one.excluded;
}
