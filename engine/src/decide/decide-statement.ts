import type { Effect, Input, Value } from "@penstock/language";
import type { Relation } from "../catalog/catalog.ts";
import { dataKey } from "../data-key.ts";
import type { ColumnFact, StatementFacts, TableUse } from "../sql/facts.ts";
import type { CalledFunctions, CalledRead } from "./called-functions.ts";
import { approvalReason, combineOnce } from "./combine.ts";
import type { Decision, Reason } from "./decision.ts";
import { type EngineRefusals, engineRefusals, hiddenInCode, storesMasked } from "./engine-rules.ts";
import { carriedQuery } from "./explain-statement.ts";
import type { Hidden } from "./hidden.ts";
import { type Protections, protectionsOf } from "./protections.ts";
import { filterPaths } from "./relation-filters.ts";
import { maskCandidates } from "./relation-masks.ts";
import type { SubjectMasks } from "./subject-masks.ts";
import type { LabelledColumn, World } from "./world.ts";

/** What can be prepared of a statement before anybody asks: shared by all sessions that send it. */
export interface PreparedStatement {
  readonly facts: StatementFacts;
  readonly query: Value;
  /** Of the statement and of the code that it runs. */
  readonly tables: readonly TableUse[];
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
  const tables = called.tables.length === 0 ? facts.tables : [...facts.tables, ...called.tables];
  const relations = [...new Set(tables.map((table) => table.relation))];
  const candidates = maskCandidates(world, relations);
  return {
    facts,
    query,
    tables,
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
  const protections = protectionsOf(world, statement.tables, own, combined, fixed);
  const { masks, filters, inlined, refusals: unreadable } = protections;
  const isMasked = combined.masks.size > 0;
  const refusals: Reason[] = [...unreadable];
  const { always, ifHidden, ifFiltered } = statement.refusals;
  refusals.push(...always);
  const isFiltered = combined.filters.size > 0;
  if (ifHidden.length > 0 && (isMasked || isFiltered || fixed.hidden.names.size > 0)) refusals.push(...ifHidden);
  if (ifFiltered.length > 0 && (isFiltered || fixed.hidden.areFiltered)) refusals.push(...ifFiltered);
  for (const read of statement.called.reads) {
    if (showsHidden(read, protections, fixed, statement.called.seesDetails)) refusals.push(hiddenInCode(read));
  }
  const [writer] = statement.called.writers;
  if (writer !== undefined && isMasked && statement.facts.columns.some((fact) => isMaskedArgument(fact, protections))) {
    refusals.push(storesMasked(writer));
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

/** Inside code of the database nothing is masked or filtered. */
function showsHidden(
  { relation, columns, isChange, isNamedByPath, isOwnRow, onlyAdds }: CalledRead,
  { masks, filters, inlined }: Protections,
  fixed: { readonly hidden: Hidden },
  seesDetails: boolean,
): boolean {
  const masked = masks.get(relation.path)?.columns;
  if (masked !== undefined && isChange && seesDetails) return true;
  if (masked !== undefined && [...columns].some((attnum) => masked.has(attnum))) return true;
  if (isOwnRow) return false;
  if ((filters.has(relation.path) && !onlyAdds) || inlined.has(relation.path)) return true;
  const part = isNamedByPath ? fixed.hidden.names.get(relation.name) : undefined;
  if (part === undefined) return false;
  if ((part.areRows && !onlyAdds) || (isChange && seesDetails)) return true;
  return relation.columns.some(({ attnum, name }) => columns.has(attnum) && part.columns.has(name));
}

/** What a function that writes is given could be stored. */
function isMaskedArgument({ relation, column, uses }: ColumnFact, { masks }: Protections): boolean {
  return uses.has("argument") && masks.get(relation.path)?.columns.has(column.attnum) === true;
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
