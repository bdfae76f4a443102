import { type Effect, type MaskCall, masks, type RuleId } from "@penstock/language";
import type { Reason } from "./decision.ts";

/** Effects of one evaluation, combined per statement; masks still by column path. */
export interface CombinedEffects {
  readonly reasons: readonly Reason[];
  readonly allowed: boolean;
  readonly masks: ReadonlyMap<string, CombinedMask>;
  readonly rowLimit: { readonly rows: number; readonly rule: RuleId } | undefined;
  readonly rules: readonly RuleId[];
  readonly errors: readonly { readonly rule: RuleId; readonly message: string }[];
}

export interface CombinedMask {
  readonly mask: MaskCall;
  readonly rules: readonly RuleId[];
}

/**
 * Combines what the rules said: deny beats everything, the stronger mask wins, the smallest limit wins, and an error in a rule
 * that restricts denies. The order of the effects never matters.
 */
export function combine(effects: readonly Effect[], hasAllow: boolean): CombinedEffects {
  const denials: Extract<Effect, { kind: "deny" }>[] = [];
  const errors: Extract<Effect, { kind: "error" }>[] = [];
  const maskOf = new Map<string, CombinedMask>();
  const rules = new Map<string, RuleId>();
  let allowed = !hasAllow;
  let rowLimit: CombinedEffects["rowLimit"];
  const unenforced: Reason[] = [];

  for (const effect of effects) {
    rules.set(printRule(effect.rule), effect.rule);
    switch (effect.kind) {
      case "allow":
        allowed = true;
        break;
      case "deny":
        denials.push(effect);
        break;
      case "mask":
        maskOf.set(effect.column, strongest(maskOf.get(effect.column), { mask: effect.mask, rules: [effect.rule] }));
        break;
      case "limit":
        if (effect.what !== "rows") unenforced.push(unenforcedLimit(effect.what, effect.rule));
        else if (rowLimit === undefined || effect.value < rowLimit.rows)
          rowLimit = { rows: effect.value, rule: effect.rule };
        break;
      case "error":
        errors.push(effect);
        break;
      default:
        effect satisfies never;
    }
  }

  const byRule = (a: { readonly rule: RuleId }, b: { readonly rule: RuleId }): number => compareRules(a.rule, b.rule);
  denials.sort((a, b) => byRule(a, b) || compare(a.message, b.message));
  errors.sort(byRule);
  const reasons: Reason[] = [
    ...denials.map((denial) => ({ message: denial.message, rule: denial.rule, code: denial.code, hint: undefined })),
    ...errors.filter((error) => error.statement !== "allow").map(ruleError),
    ...unenforced,
  ];
  if (!allowed && reasons.length === 0) reasons.push(noAllow);
  return {
    reasons,
    allowed,
    masks: maskOf,
    rowLimit,
    rules: [...rules.values()].sort(compareRules),
    errors: errors.map(({ rule, message }) => ({ rule, message })),
  };
}

const noAllow: Reason = {
  message: "no rule allows this statement",
  rule: undefined,
  code: "no_allow",
  hint: "the policies of this target permit only what an `allow` rule names; ask their owner for one",
};

function ruleError(effect: Extract<Effect, { kind: "error" }>): Reason {
  return {
    message: `a ${effect.statement} rule failed to evaluate, so the statement is refused`,
    rule: effect.rule,
    code: "rule_error",
    hint: "this is a mistake in a policy, not in the statement: tell the owner of the rule",
  };
}

function unenforcedLimit(what: string, rule: RuleId): Reason {
  return {
    message: `a policy limits ${what}, which this version cannot enforce`,
    rule,
    code: "unenforced",
    hint: "remove the rule or upgrade the proxy",
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

function mergeRules(a: readonly RuleId[], b: readonly RuleId[]): readonly RuleId[] {
  const merged = new Map([...a, ...b].map((rule) => [printRule(rule), rule]));
  return [...merged.values()].sort(compareRules);
}

/** `package:line`, the rule's name in audit records, DETAIL lines and `policy eval`. */
export function printRule(rule: RuleId): string {
  return `${rule.package}:${rule.line}`;
}

function compareRules(a: RuleId, b: RuleId): number {
  return compare(a.package, b.package) || compare(a.file, b.file) || a.line - b.line;
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
