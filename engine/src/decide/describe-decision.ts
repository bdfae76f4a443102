/** A decision in words, one thing a line: for `policy eval`, and for the report of a test that expected another. */
import type { DecisionRecord } from "./decision-record.ts";

/** What a test asks a decision for, and what then tells why it got something else. */
const tellingParts: Readonly<Record<string, readonly Part[]>> = {
  outcome: ["reasons", "approvals", "errors"],
  sqlstate: ["reasons"],
  reasons: ["reasons", "errors"],
  masks: ["masks", "errors"],
  filters: ["filters", "errors"],
  approvals: ["approvals"],
  notifications: ["notifications"],
  limits: ["limits"],
  rules: ["rules"],
  errors: ["errors"],
  sql: ["sql"],
  statements: ["statements"],
};

type Part = keyof typeof parts;

const parts = {
  reasons: ({ reasons }: DecisionRecord): string[] =>
    reasons.flatMap(({ message, code, rule, hint }) => [
      `reason    ${message}${code === undefined ? "" : ` (${code})`}${rule === undefined ? "" : `  [${rule}]`}`,
      ...(hint === undefined ? [] : [`hint      ${hint}`]),
    ]),
  masks: ({ masks }: DecisionRecord): string[] =>
    Object.entries(masks).map(
      ([path, { name, args, rules }]) =>
        `mask      ${path} with ${name}(${args.map(printArgument).join(", ")})  [${rules.join(", ")}]`,
    ),
  filters: ({ filters }: DecisionRecord): string[] =>
    Object.entries(filters).flatMap(([path, { where, rules }]) =>
      where.map((condition) => `filter    ${path} where ${condition}  [${rules.join(", ")}]`),
    ),
  approvals: ({ approvals }: DecisionRecord): string[] =>
    approvals.map(({ groups, for_ms, message, rule }) => {
      const duration = for_ms === undefined ? "" : ` for ${for_ms / 1000} s`;
      const why = message === undefined ? "" : `: ${message}`;
      return `approval  by ${groups.join(" or ")}${duration}${why}  [${rule}]`;
    }),
  notifications: ({ notifications }: DecisionRecord): string[] =>
    notifications.map(
      ({ channel, message, rule }) => `notify    ${channel}${message === undefined ? "" : `: ${message}`}  [${rule}]`,
    ),
  limits: ({ limits: { rows, duration_ms, bytes } }: DecisionRecord): string[] => [
    ...(rows === undefined ? [] : [`limit     ${rows} rows`]),
    ...(duration_ms === undefined ? [] : [`limit     ${duration_ms / 1000} s`]),
    ...(bytes === undefined ? [] : [`limit     ${bytes} bytes`]),
  ],
  errors: ({ errors }: DecisionRecord): string[] =>
    errors.map(({ rule, message }) => `error     ${message}  [${rule}]`),
  rules: ({ rules }: DecisionRecord): string[] => (rules.length === 0 ? [] : [`rules     ${rules.join(", ")}`]),
  statements: ({ statements }: DecisionRecord): string[] =>
    statements.map(
      ({ kind, tables, columns }) =>
        `facts     ${kind} on ${tables.join(", ") || "no table"}${columns.length === 0 ? "" : `; columns ${columns.join(", ")}`}`,
    ),
  sql: ({ sql }: DecisionRecord): string[] => (sql === undefined ? [] : [`sql       ${sql}`]),
};

function printArgument(argument: unknown): string {
  return typeof argument === "string" ? JSON.stringify(argument) : String(argument);
}

function outcomeOf({ outcome, sqlstate }: DecisionRecord): string {
  return `${outcome}${sqlstate === undefined ? "" : ` (SQLSTATE ${sqlstate})`}`;
}

/** All of it, each line with the name of the part in front. */
export function describeDecision(decision: DecisionRecord): string[] {
  return [`decision  ${outcomeOf(decision)}`, ...Object.values(parts).flatMap((lines) => lines(decision))];
}

/**
 * What matters to somebody whose test asked for a field: the outcome, and what that field says.
 * @param field any other word, or none, asks for everything
 */
export function describePart(decision: DecisionRecord, field: string | undefined): string[] {
  const chosen = field === undefined ? undefined : tellingParts[field];
  if (chosen === undefined) return [outcomeOf(decision), ...Object.values(parts).flatMap((lines) => lines(decision))];
  const lines = chosen.flatMap((part) => parts[part](decision));
  const nothing = field === "outcome" || lines.length > 0 ? [] : [`no ${field}`];
  return [outcomeOf(decision), ...lines, ...nothing];
}
