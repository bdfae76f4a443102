import { type Effect, type MaskCall, masks, type RowPredicate, type RuleId } from "@penstock/language";
import { dataKey } from "../data-key.ts";
import { type Approval, type Limits, noLimits, type Notification, type Reason } from "./decision.ts";

/** Effects of one evaluation, combined per statement; masks still by column path, filters by that of their table. */
export interface CombinedEffects {
  readonly reasons: readonly Reason[];
  readonly allowed: boolean;
  readonly masks: ReadonlyMap<string, CombinedMask>;
  readonly filters: ReadonlyMap<string, CombinedFilter>;
  readonly approvals: readonly Approval[];
  readonly notifications: readonly Notification[];
  readonly limits: Limits;
  readonly rules: readonly RuleId[];
  readonly errors: readonly CombinedError[];
}

interface CombinedError {
  readonly rule: RuleId;
  readonly message: string;
}

export interface CombinedMask {
  readonly mask: MaskCall;
  readonly rules: readonly RuleId[];
}

/** All predicates must hold. */
export interface CombinedFilter {
  readonly predicates: readonly RowPredicate[];
  readonly rules: readonly RuleId[];
}

/** What no rule at all says. */
const nothing: CombinedEffects = {
  reasons: [],
  allowed: true,
  masks: new Map(),
  filters: new Map(),
  approvals: [],
  notifications: [],
  limits: noLimits,
  rules: [],
  errors: [],
};

/**
 * Combines what the rules said: deny beats everything, each approval is needed, the stronger mask wins, all filters hold, the smallest limit wins, and
 * an error in a rule that restricts denies. The order of the effects never matters.
 *
 * Hot: runs for each decision that is not cached; for most statements no rule fires (`npm run bench -- decision`).
 */
export function combine(effects: readonly Effect[], hasAllow: boolean): CombinedEffects {
  if (effects.length === 0 && !hasAllow) return nothing;
  let maskOf: Map<string, CombinedMask> | undefined;
  let filterOf: Map<string, CombinedFilter> | undefined;
  let reasons: Reason[] | undefined;
  let errors: CombinedError[] | undefined;
  let approvals: Approval[] | undefined;
  let notifications: Notification[] | undefined;
  let limits = noLimits;
  let allowed = !hasAllow;
  const rules: RuleId[] = [];

  for (const effect of effects) {
    addRule(rules, effect.rule);
    switch (effect.kind) {
      case "allow":
        allowed = true;
        break;
      case "deny":
        (reasons ??= []).push({ message: effect.message, rule: effect.rule, code: effect.code, hint: undefined });
        break;
      case "mask":
        addMask((maskOf ??= new Map()), effect.column, effect.mask, effect.rule);
        break;
      case "filter": {
        const { relation, predicate, rule } = effect;
        const filter: CombinedFilter = { predicates: [predicate], rules: [rule] };
        (filterOf ??= new Map()).set(relation, mergeFilters(filterOf.get(relation), filter) ?? filter);
        break;
      }
      case "limit":
        limits = withLimit(limits, effect.what, { value: effect.value, rule: effect.rule });
        break;
      case "approve":
        (approvals ??= []).push(effect);
        break;
      case "notify":
        (notifications ??= []).push(effect);
        break;
      case "error":
        (errors ??= []).push({ rule: effect.rule, message: effect.message });
        if (effect.bound !== undefined) (reasons ??= []).push(brokenBound(effect.statement, effect.rule, effect.bound));
        else if (effect.statement !== "allow" && effect.statement !== "notify")
          (reasons ??= []).push(ruleError(effect.statement, effect.rule));
        break;
      default:
        effect satisfies never;
    }
  }
  if (rules.length > 1) rules.sort(compareRules);
  if (reasons !== undefined && reasons.length > 1) reasons.sort(compareReasons);
  if (errors !== undefined && errors.length > 1) errors.sort((a, b) => compareRules(a.rule, b.rule));
  if (approvals !== undefined && approvals.length > 1) approvals.sort(compareByRule);
  if (notifications !== undefined && notifications.length > 1) notifications.sort(compareByRule);
  if (!allowed) reasons ??= [noAllow];
  return {
    reasons: reasons ?? nothing.reasons,
    allowed,
    masks: maskOf ?? nothing.masks,
    filters: filterOf ?? nothing.filters,
    approvals: approvals ?? nothing.approvals,
    notifications: notifications ?? nothing.notifications,
    limits,
    rules,
    errors: errors ?? nothing.errors,
  };
}

const settledCombinations = new WeakMap<readonly Effect[], CombinedEffects>();

/**
 * `combine`, once for what is settled for a session and a kind of statement: such effects come as one frozen array, and for most
 * statements nothing else fires (`npm run bench -- decision`). The array belongs to one program, and so to one `hasAllow`.
 */
export function combineOnce(effects: readonly Effect[], hasAllow: boolean): CombinedEffects {
  const known = settledCombinations.get(effects);
  if (known !== undefined) return known;
  const combined = combine(effects, hasAllow);
  if (Object.isFrozen(effects)) settledCombinations.set(effects, combined);
  return combined;
}

/** As if the effects of both had been combined at once. `more` comes of mask and filter rules, which cannot allow, limit or ask anybody. */
export function merge(one: CombinedEffects, more: CombinedEffects): CombinedEffects {
  if (more === nothing) return one;
  if (one === nothing) return more;
  let { masks: maskOf } = more;
  if (one.masks.size > 0) {
    const both = new Map(one.masks);
    for (const [path, mask] of more.masks) both.set(path, strongest(both.get(path), mask));
    maskOf = both;
  }
  let { filters: filterOf } = more;
  if (one.filters.size > 0) {
    const both = new Map(one.filters);
    for (const [path, filter] of more.filters) both.set(path, mergeFilters(both.get(path), filter) ?? filter);
    filterOf = both;
  }
  return {
    // Where nothing allows, that is the only reason, and weaker than any other.
    reasons:
      more.reasons.length === 0
        ? one.reasons
        : [...one.reasons.filter((reason) => reason !== noAllow), ...more.reasons].sort(compareReasons),
    allowed: one.allowed,
    masks: maskOf,
    filters: filterOf,
    approvals: one.approvals,
    notifications: one.notifications,
    limits: one.limits,
    rules: mergeRules(one.rules, more.rules),
    errors:
      more.errors.length === 0
        ? one.errors
        : [...one.errors, ...more.errors].sort((a, b) => compareRules(a.rule, b.rule)),
  };
}

/** Several filters on one table: all hold, each once, in an order that does not depend on theirs. */
export function mergeFilters(
  one: CombinedFilter | undefined,
  more: CombinedFilter | undefined,
): CombinedFilter | undefined {
  if (one === undefined || more === undefined) return one ?? more;
  const byKey = new Map([...one.predicates, ...more.predicates].map((predicate) => [dataKey(predicate), predicate]));
  return {
    predicates: [...byKey].sort(([a], [b]) => compare(a, b)).map(([, predicate]) => predicate),
    rules: mergeRules(one.rules, more.rules),
  };
}

/** Rules are few, and one object each within a program. */
function addRule(rules: RuleId[], rule: RuleId): void {
  if (!rules.includes(rule)) rules.push(rule);
}

function addMask(maskOf: Map<string, CombinedMask>, column: string, mask: MaskCall, rule: RuleId): void {
  const before = maskOf.get(column);
  const next = { mask, rules: [rule] };
  maskOf.set(column, before === undefined ? next : strongest(before, next));
}

/** What a policy says comes before errors, and both in the order of their rules. */
function compareReasons(a: Reason, b: Reason): number {
  const kind = Number(isOfError(a)) - Number(isOfError(b));
  if (kind !== 0) return kind;
  if (a.rule === undefined || b.rule === undefined) return Number(a.rule === undefined) - Number(b.rule === undefined);
  return compareRules(a.rule, b.rule) || compare(a.message, b.message);
}

function isOfError({ code }: Reason): boolean {
  return code === "rule_error" || code === "rule_cost";
}

const noAllow: Reason = {
  message: "no rule allows this statement",
  rule: undefined,
  code: "no_allow",
  hint: "the policies of this target permit only what an `allow` rule names; ask their owner for one",
};

function ruleError(statement: string, rule: RuleId): Reason {
  return {
    message: `${aOrAn(statement)} rule failed to evaluate, so the statement is refused`,
    rule,
    code: "rule_error",
    hint: "this is a mistake in a policy, not in the statement: tell the owner of the rule",
  };
}

/** Whatever the rule is about: what its evaluation was stopped for, others may have been stopped for too. */
function brokenBound(statement: string, rule: RuleId, bound: string): Reason {
  return {
    message: `${aOrAn(statement)} rule costs too much, so the statement is refused: ${bound}`,
    rule,
    code: "rule_cost",
    hint: "this is a mistake in a policy, not in the statement: tell the owner of the rule",
  };
}

function aOrAn(noun: string): string {
  return /^[aeiou]/.test(noun) ? `an ${noun}` : `a ${noun}`;
}

const limitNames = { rows: "rows", duration: "durationMs", bytes: "bytes" } as const;

/** Of equal limits, the one of the first rule: the order of effects must not matter. */
function withLimit(limits: Limits, what: keyof typeof limitNames, limit: NonNullable<Limits["rows"]>): Limits {
  const name = limitNames[what];
  const before = limits[name];
  const isSmaller =
    before === undefined ||
    limit.value < before.value ||
    (limit.value === before.value && compareRules(limit.rule, before.rule) < 0);
  return isSmaller ? { ...limits, [name]: limit } : limits;
}

/** Why a statement waits for somebody. */
export function approvalReason({ groups, message, rule }: Approval): Reason {
  return {
    message: `needs approval of ${groups.join(" or ")}${message === undefined ? "" : `; ${message}`}`,
    rule,
    code: "approval_required",
    hint: `somebody of ${groups.join(" or ")} has to say yes to it, or may run it instead`,
  };
}

/**
 * The stronger of two masks on one column; of equal strength with other arguments, `null`: neither may be weakened.
 * Strengths: the table `masks` of the vocabulary.
 */
export function strongest(a: CombinedMask | undefined, b: CombinedMask): CombinedMask {
  if (a === undefined) return b;
  const rules = mergeRules(a.rules, b.rules);
  const difference = masks[a.mask.name].strength - masks[b.mask.name].strength;
  if (difference > 0) return { mask: a.mask, rules };
  if (difference < 0) return { mask: b.mask, rules };
  return { mask: sameMask(a.mask, b.mask) ? a.mask : { name: "null", args: [] }, rules };
}

function sameMask(a: MaskCall, b: MaskCall): boolean {
  return a.name === b.name && a.args.length === b.args.length && a.args.every((arg, index) => arg === b.args[index]);
}

/** Both sorted, and so is the result. */
function mergeRules(a: readonly RuleId[], b: readonly RuleId[]): readonly RuleId[] {
  if (a.length === 0) return b;
  const merged: RuleId[] = [];
  let next = 0;
  for (const rule of a) {
    let order = 1;
    for (let other = b[next]; other !== undefined && (order = compareRules(rule, other)) > 0; other = b[next]) {
      merged.push(other);
      next++;
    }
    if (next < b.length && order === 0) next++;
    merged.push(rule);
  }
  for (const rest of b.slice(next)) merged.push(rest);
  return merged;
}

/** `package:line`, the rule's name in audit records, DETAIL lines and `policy eval`. */
export function printRule(rule: RuleId): string {
  return `${rule.package}:${rule.line}`;
}

function compareByRule(a: Approval | Notification, b: Approval | Notification): number {
  return compareRules(a.rule, b.rule) || compare(detailOf(a), detailOf(b));
}

function detailOf(one: Approval | Notification): string {
  return "groups" in one
    ? JSON.stringify([one.groups, one.durationMs ?? 0, one.message ?? ""])
    : JSON.stringify([one.channel, one.message ?? ""]);
}

function compareRules(a: RuleId, b: RuleId): number {
  if (a === b) return 0;
  return compare(a.package, b.package) || compare(a.file, b.file) || a.line - b.line;
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
