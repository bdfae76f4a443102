/** Why rules fired or did not: for people, and as JSON. */
import {
  type ConditionExplanation,
  type DefinitionExplanation,
  type Effect,
  format,
  type LabelEffect,
  type ObservedValue,
  printable,
  RegoObject,
  type RuleExplanation,
  toJson,
  type Value,
} from "@penstock/language";
import { printRule } from "../../decide/combine.ts";
import type { StatementExplanation } from "../../decide/test-host.ts";
import { printPredicate } from "../../filters/print-predicate.ts";
import { counted } from "./text.ts";

type Outcome = ConditionExplanation["outcome"];

const marks: Readonly<Record<Outcome, string>> = { held: "✓", failed: "✗", error: "!", not_reached: "·" };
const ruleMarks = { fired: "✓", not_fired: "✗", error: "!" } as const;
const valueCharactersMax = 100;
const effectsMax = 8;

/** @param all also rules that cannot fire for such a statement, and conditions that were not asked */
export function printExplanations(statements: readonly StatementExplanation[], all: boolean): string {
  const lines = statements.flatMap(({ kind, rules }, index) => [
    statements.length === 1 ? "explanation" : `explanation of statement ${index + 1}, ${kind}`,
    ...printRules(kind, rules, all),
  ]);
  return printable(lines.join("\n"));
}

function printRules(kind: string, rules: readonly RuleExplanation[], all: boolean): string[] {
  // A label rule that does not fit says nothing about the decision.
  const isAside = (rule: RuleExplanation): boolean =>
    rule.outcome === "not_fired" && (rule.excluded || rule.statement === "label");
  const shown = rules.filter((rule) => all || !isAside(rule));
  const aside = rules.length - shown.length;
  const lines = shown.flatMap((rule) => printOne(rule, all));
  if (aside > 0) {
    lines.push(
      `  · ${counted(aside, "rule")} ${aside === 1 ? "has" : "have"} nothing to do with this ${kind} (--all shows ${aside === 1 ? "it" : "them"})`,
    );
  }
  return lines;
}

function printOne(rule: RuleExplanation, all: boolean): string[] {
  const lines = [`  ${ruleMarks[rule.outcome]} ${printRule(rule.rule)}  ${rule.text}`];
  const effects = rule.effects.map(effectText);
  for (const text of effects.slice(0, effectsMax)) lines.push(`      → ${text}`);
  if (effects.length > effectsMax) lines.push(`      → ${effects.length - effectsMax} more`);
  return [...lines, ...printConditions(rule.conditions, "      ", all)];
}

function printConditions(conditions: readonly ConditionExplanation[], indent: string, all: boolean): string[] {
  const asked = conditions.filter(({ outcome }) => all || outcome !== "not_reached");
  const lines = asked.flatMap((condition) => printCondition(condition, indent, all));
  const left = conditions.length - asked.length;
  if (left > 0) lines.push(`${indent}· ${counted(left, "condition")} not asked`);
  return lines;
}

function printCondition(condition: ConditionExplanation, indent: string, all: boolean): string[] {
  const { expression, outcome, rules } = condition;
  const values = condition.values.flatMap((value) => valueText(value, condition));
  const tries = triesText(condition);
  const shown = [...values, ...(tries === undefined ? [] : [tries])];
  const line = `${indent}${marks[outcome]} ${expression}${shown.length === 0 ? "" : `    ${shown.join(", ")}`}`;
  return [
    line,
    ...rules.flatMap(({ name, definitions }) =>
      definitions
        .filter((definition) => all || isTelling(definition, definitions))
        .flatMap((definition) => {
          const inside = `${indent}    `;
          const last = name.split(".").at(-1) ?? name;
          const header = `${inside}${marks[definition.outcome]} ${last}, line ${definition.line}`;
          return [header, ...printConditions(telling(definition, all), `${inside}    `, all)];
        }),
    ),
  ];
}

/** Of a rule that holds, the definitions that do; of one that does not, all. */
function isTelling({ outcome }: DefinitionExplanation, all: readonly DefinitionExplanation[]): boolean {
  return outcome === "held" || outcome === "error" || !all.some((definition) => definition.outcome === "held");
}

function telling({ outcome, conditions }: DefinitionExplanation, all: boolean): readonly ConditionExplanation[] {
  return all || outcome === "held" ? conditions : conditions.filter((condition) => condition.outcome === outcome);
}

/** Where elements were tried. */
function triesText({ outcome, tried, held }: ConditionExplanation): string | undefined {
  if (outcome === "failed" && tried > 1) return `the nearest of ${tried} that were tried`;
  if (outcome === "held" && tried > 1) return `held for ${held} of ${tried}`;
  return outcome === "held" && held > 1 ? `${held} found` : undefined;
}

function valueText({ name, values }: ObservedValue, { expression, rules }: ConditionExplanation): string[] {
  const [value] = values;
  // What a rule that is shown below gave, or what the expression says itself.
  const isPlain = value === undefined || value === true;
  if (isPlain && rules.some((rule) => rule.name.endsWith(`.${name}`) || rule.name === name)) return [];
  if (value === undefined) return [`${name} is undefined`];
  if (name === expression && value === true) return [];
  return [`${name} = ${values.map(short).join(" | ")}`];
}

/** Records of the vocabulary by their names: a table or a column has a path, a function a name. */
function short(value: Value): string {
  const text = format(named(value));
  return text.length > valueCharactersMax ? `${text.slice(0, valueCharactersMax)}…` : text;
}

function named(value: Value): Value {
  if (Array.isArray(value)) return value.map(named);
  if (!(value instanceof RegoObject)) return value;
  const name = value.field("path") ?? value.field("name");
  return value.field("id") === undefined && typeof name === "string" ? name : value;
}

function effectText(effect: Effect | LabelEffect): string {
  switch (effect.kind) {
    case "allow":
      return "allowed";
    case "deny":
      return `denied: ${effect.message}`;
    case "approve":
      return `needs approval of ${effect.groups.join(" or ")}`;
    case "notify":
      return `notifies ${effect.channel}`;
    case "mask":
      return `masks ${effect.column}`;
    case "filter":
      return `shows rows of ${effect.relation} where ${printPredicate(effect.predicate)}`;
    case "limit":
      return `limits ${effect.what} to ${effect.value}`;
    case "label":
      return `labels ${effect.column} ${effect.label}`;
    case "error":
      return `error: ${effect.message}`;
  }
}

/** As `printExplanations` with everything. */
export function explanationJson(statements: readonly StatementExplanation[]): unknown {
  return statements.map(({ kind, rules }) => ({
    kind,
    rules: rules.map(({ rule, statement, text, outcome, excluded, effects, conditions }) => ({
      rule: printRule(rule),
      file: rule.file,
      statement,
      text,
      outcome,
      excluded,
      effects: effects.map(effectText),
      conditions: conditions.map(conditionJson),
    })),
  }));
}

function conditionJson({ expression, line, outcome, tried, held, values, rules }: ConditionExplanation): unknown {
  return {
    expression,
    line,
    outcome,
    tried,
    held,
    values: values.map(({ name, values: seen }) => ({
      name,
      values: seen.map((value): unknown => JSON.parse(toJson(value))),
    })),
    rules: rules.map(({ name, definitions }) => ({
      name,
      definitions: definitions.map((definition) => ({
        ...definition,
        conditions: definition.conditions.map(conditionJson),
      })),
    })),
  };
}
