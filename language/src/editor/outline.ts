/** Rules and decision statements of a file, for lists of symbols and for lenses. */
import type { Span } from "../diagnostics.ts";
import type { StatementFile } from "../syntax/statements.ts";
import type { Decision, Module, Rule } from "../syntax/tree.ts";

export interface OutlineItem {
  readonly name: string;
  readonly detail: string;
  readonly kind: "package" | "rule" | "function" | "set" | "test" | "decision";
  /** Of the whole statement. */
  readonly span: Span;
  /** Of its name. */
  readonly nameSpan: Span;
}

export function outline({ module, source }: StatementFile): OutlineItem[] {
  const items = [
    ...(module.package.length === 0 ? [] : [ofPackage(module)]),
    ...module.rules.filter(({ span }) => !isAllow(module, span)).map(ofRule),
    ...module.decisions.map((decision) => ofDecision(decision, source.text)),
  ];
  return items.sort((a, b) => a.span.start - b.span.start);
}

/** Names of `test_` rules and where they stand; a name with several definitions stands once. */
export function testsOf(file: StatementFile): OutlineItem[] {
  const seen = new Set<string>();
  return outline(file).filter(({ kind, name }) => kind === "test" && !seen.has(name) && seen.add(name));
}

/** `allow if …` is a rule too; it is listed once. */
function isAllow(module: Module, span: Span): boolean {
  return module.decisions.some((decision) => decision.kind === "allow" && decision.span.start === span.start);
}

function ofPackage({ package: path, span }: Module): OutlineItem {
  return { name: path.join("."), detail: "package", kind: "package", span, nameSpan: span };
}

function ofRule(rule: Rule): OutlineItem {
  const { name, span } = rule;
  const steps = rule.path.map((step) =>
    step.kind === "scalar" && typeof step.value === "string" ? `.${step.value}` : "[…]",
  );
  const base = { name: name.text + steps.join(""), span, nameSpan: name.span };
  if (rule.args !== undefined) {
    const args = rule.args.map((arg) => (arg.kind === "var" ? arg.name : "…"));
    return { ...base, detail: `(${args.join(", ")})`, kind: "function" };
  }
  if (rule.member !== undefined) return { ...base, detail: "set", kind: "set" };
  if (name.text.startsWith("test_")) return { ...base, detail: "test", kind: "test" };
  return { ...base, detail: rule.isDefault ? "default" : "", kind: "rule" };
}

/** Longer heads are cut. */
const headCharsMax = 80;

function ofDecision({ kind, span, body }: Decision, text: string): OutlineItem {
  const [first] = body;
  const head = text
    .slice(span.start, first === undefined ? span.end : first.span.start)
    .replaceAll(/\s+/g, " ")
    .replace(/ if \{? ?$/, "");
  const name = head.length > headCharsMax ? `${head.slice(0, headCharsMax)}…` : head;
  return { name, detail: "", kind: "decision", span, nameSpan: { ...span, end: span.start + kind.length } };
}
