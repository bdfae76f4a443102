import type { Effect, Input, Value } from "@penstock/language";
import type { Relation } from "../catalog/catalog.ts";
import { dataKey } from "../data-key.ts";
import type { StatementFacts } from "../sql/facts.ts";
import type { CalledFunctions } from "./called-functions.ts";
import { approvalReason, combineOnce } from "./combine.ts";
import type { Decision, Reason } from "./decision.ts";
import { type EngineRefusals, engineRefusals, hiddenInFunction } from "./engine-rules.ts";
import { carriedQuery } from "./explain-statement.ts";
import { protectionsOf } from "./protections.ts";
import { filterPaths } from "./relation-filters.ts";
import { maskCandidates } from "./relation-masks.ts";
import type { SubjectMasks } from "./subject-masks.ts";
import type { LabelledColumn, World } from "./world.ts";

/** What can be prepared of a statement before anybody asks: shared by all sessions that send it. */
export interface PreparedStatement {
  readonly facts: StatementFacts;
  readonly query: Value;
  readonly relations: readonly Relation[];
  readonly candidates: readonly LabelledColumn[];
  readonly candidateValues: readonly Value[];
  /** Tables whose filters are asked for; empty where no rule filters anything. */
  readonly filterPaths: readonly string[];
  readonly refusals: EngineRefusals;
  readonly called: CalledFunctions;
}

/** The candidates carry the statement's `uses` where it mentions the column. */
export function prepareStatement(
  world: World,
  facts: StatementFacts,
  called: CalledFunctions,
  query: Value,
  used: ReadonlyMap<LabelledColumn, Value>,
): PreparedStatement {
  const relations = facts.tables.map((table) => table.relation);
  const candidates = maskCandidates(world, relations);
  return {
    facts,
    query,
    relations,
    candidates,
    candidateValues: candidates.map((column) => used.get(column) ?? column.value),
    filterPaths: world.program.hasFilters ? filterPaths(world, relations) : [],
    refusals: engineRefusals(world, facts, called),
    called,
  };
}

/**
 * The decision on one statement: rules first, then what the engine itself refuses. Hot, see `npm run bench -- decision`.
 * @param fixed what is masked for the subject of `input`; if anything is, what cannot be analysed is refused.
 * @param data in place of the program's own `data.*`, for tests.
 */
export function decideStatement(
  world: World,
  statement: PreparedStatement,
  input: Input,
  fixed: SubjectMasks,
  data?: Value,
): Decision {
  const effects = effectsOf(world, statement, input, data);
  const own = combineOnce(effects, world.program.hasAllow);
  let combined = own;
  for (const relation of statement.relations) combined = fixed.mergedWith(combined, relation);
  const {
    masks,
    filters,
    inlined,
    refusals: unreadable,
  } = protectionsOf(world, statement.facts.tables, own, combined, fixed);
  const isMasked = combined.masks.size > 0;
  const refusals: Reason[] = [...unreadable];
  const { always, ifHidden, ifFiltered } = statement.refusals;
  refusals.push(...always);
  const isFiltered = combined.filters.size > 0;
  if (ifHidden.length > 0 && (isMasked || isFiltered || fixed.hidden.names.size > 0)) refusals.push(...ifHidden);
  if (ifFiltered.length > 0 && (isFiltered || fixed.hidden.areFiltered)) refusals.push(...ifFiltered);
  for (const { path, relation, isNamedByPath } of statement.called.reads) {
    const isHidden = [masks, filters, inlined].some((protections) => protections.has(relation.path));
    if (isHidden || (isNamedByPath && fixed.hidden.names.has(relation.name))) {
      refusals.push(hiddenInFunction(path, relation));
    }
  }
  const reasons = refusals.length === 0 ? combined.reasons : [...combined.reasons, ...refusals];
  const { approvals, notifications, limits } = combined;
  const isApproval = reasons.length === 0 && approvals.length > 0;
  return {
    outcome: isApproval ? "approve" : reasons.length === 0 ? "allow" : "deny",
    reasons: isApproval ? approvals.map(approvalReason) : reasons,
    masks,
    filters,
    inlined,
    approvals,
    notifications,
    limits,
    rules: combined.rules,
    errors: combined.errors,
  };
}

/**
 * What EXPLAIN, PREPARE, DECLARE, COPY or CREATE TABLE AS carries is asked about under its own kind too, so that `query.kind == "delete"`
 * means every DELETE. Such rules can only restrict: what allows must allow the statement as it stands.
 */
function effectsOf(world: World, statement: PreparedStatement, input: Input, data?: Value): readonly Effect[] {
  const effects = effectsOfKind(world, statement, input, data);
  const query = carriedQuery(statement.facts, input.query);
  if (query === undefined) return effects;
  const both = [...effects];
  const known = new Set(effects.map(dataKey));
  for (const effect of effectsOfKind(world, statement, { ...input, query }, data)) {
    const allows =
      effect.kind === "allow" ||
      (effect.kind === "error" && effect.statement === "allow" && effect.bound === undefined);
    if (!allows && !known.has(dataKey(effect))) both.push(effect);
  }
  return both;
}

function effectsOfKind(
  { program }: World,
  { candidateValues, filterPaths: paths }: PreparedStatement,
  input: Input,
  data?: Value,
): readonly Effect[] {
  const effects = program.evaluateStatement(input, candidateValues, data);
  if (paths.length === 0) return effects;
  const filters = program.filters(input, paths, data);
  return filters.length === 0 ? effects : [...effects, ...filters];
}
