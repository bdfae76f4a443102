/** What decision statements may say: known masks with fitting arguments, known limits, and only what this version enforces. */
import { type Diagnostic, diagnostic, type Report } from "../diagnostics.ts";
import { durationMs } from "../durations.ts";
import { suggest } from "../suggest.ts";
import type { Decision, Expr, Module } from "../syntax/tree.ts";
import { type MaskSignature, masks, truncateUnits } from "./vocabulary.ts";

const limits = ["rows", "duration", "bytes"];

export function checkDecisions(module: Module): Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  const report: Report = (code, message, span, advice) => {
    diagnostics.push(diagnostic(code, message, span, advice));
  };
  for (const decision of module.decisions) checkDecision(decision, report);
  for (const rule of module.rules) checkNamesake(module, rule, report);
  return diagnostics;
}

function checkDecision(decision: Decision, report: Report): void {
  switch (decision.kind) {
    case "approve":
      for (const group of decision.groups) checkScalar("string", group, "a group", report);
      if (decision.duration !== undefined) checkDuration(decision.duration, report);
      if (decision.because !== undefined) checkScalar("string", decision.because, "a reason", report);
      return;
    case "notify":
      checkScalar("string", decision.channel, "a channel", report);
      if (decision.because !== undefined) checkScalar("string", decision.because, "a reason", report);
      return;
    case "limit":
      if (!limits.includes(decision.what.text)) {
        const help =
          suggest(decision.what.text, limits, decision.what.span) ??
          "write `limit rows N`, `limit duration D` or `limit bytes N`";
        report("P302", `unknown limit \`${decision.what.text}\``, decision.what.span, help);
      }
      if (decision.what.text === "duration") return checkDuration(decision.value, report);
      return checkScalar("number", decision.value, "a limit", report);
    case "deny":
      if (decision.code !== undefined) checkScalar("string", decision.code, "a code", report);
      return;
    case "label":
      return checkScalar("string", decision.value, "a label", report);
    case "mask":
      return checkMask(decision, report);
    case "allow":
    case "filter":
      return;
  }
}

function checkMask(decision: Extract<Decision, { kind: "mask" }>, report: Report): void {
  const name = decision.mask.text;
  const signature: MaskSignature | undefined = Object.entries(masks).find(([known]) => known === name)?.[1];
  if (signature === undefined) {
    const names = Object.keys(masks);
    return report(
      "P303",
      `unknown mask \`${name}\``,
      decision.mask.span,
      suggest(name, names, decision.mask.span) ?? `masks are ${names.join(", ")}`,
    );
  }
  const parameters = signature.arguments;
  const least = parameters.filter(({ optional }) => !optional).length;
  if (decision.args.length < least || decision.args.length > parameters.length) {
    const usage = parameters
      .map((parameter) => (parameter.optional ? `[${parameter.name}]` : parameter.name))
      .join(", ");
    return report(
      "P304",
      `mask \`${name}\` does not take ${decision.args.length} arguments`,
      decision.span,
      `write \`${name}(${usage})\``,
    );
  }
  decision.args.forEach((arg, index) => {
    const parameter = parameters[index];
    if (parameter === undefined) return;
    checkScalar(parameter.type, arg, `\`${parameter.name}\` of mask \`${name}\``, report);
    if (
      name === "truncate" &&
      arg.kind === "scalar" &&
      typeof arg.value === "string" &&
      !truncateUnits.some((unit) => unit === arg.value)
    ) {
      report(
        "P305",
        `unknown unit \`${arg.value}\``,
        arg.span,
        suggest(arg.value, truncateUnits, arg.span) ?? `units are ${truncateUnits.join(", ")}`,
      );
    }
  });
}

/** Constants of a wrong type; what is computed is checked when it is known. */
function checkScalar(wanted: "string" | "number" | "scalar", expr: Expr, what: string, report: Report): void {
  const isCollection =
    expr.kind === "array" || expr.kind === "set" || expr.kind === "object" || expr.kind === "comprehension";
  if (isCollection)
    return report("P306", `${what} is ${wanted === "scalar" ? "a single value" : `a ${wanted}`}`, expr.span);
  if (expr.kind !== "scalar" || wanted === "scalar") return;
  const type = typeof expr.value === "bigint" ? "number" : typeof expr.value;
  if (type !== wanted)
    report("P306", `${what} is a ${wanted}, not ${expr.value === null ? "null" : `a ${type}`}`, expr.span);
}

/** As `checkScalar`, and that a constant is a duration. */
function checkDuration(expr: Expr, report: Report): void {
  const help = 'write it as "30s", "5m" or "1h30m"';
  if (expr.kind === "scalar" && typeof expr.value === "string") {
    if (durationMs(expr.value) === undefined)
      report("P308", `\`${expr.value}\` is no duration above zero`, expr.span, help);
  } else if (expr.kind === "scalar" && typeof expr.value === "number") {
    report("P306", "a duration is a string, not a number", expr.span, help);
  } else checkScalar("string", expr, "a duration", report);
}

/** Rules that look like decisions to a reader but decide nothing. */
function checkNamesake(module: Module, rule: Module["rules"][number], report: Report): void {
  if (rule.name.text !== "deny" || rule.path.length > 0 || rule.args !== undefined) return;
  const help = 'a decision is written `deny "why" if { … }`';
  const isCondition = rule.member === undefined && !rule.isDefault && rule.value === undefined;
  if (isCondition) return report("P307", "`deny` needs a message", rule.name.span, help);
  const name = [...module.package, rule.name.text].join(".");
  report("P401", `rule \`${name}\` denies nothing by itself`, rule.name.span, help);
}
