import { masks } from "../check/vocabulary.ts";
import { type Diagnostic, diagnostic, type Span } from "../diagnostics.ts";
import type { Body, Decision, Module, Rule } from "../syntax/tree.ts";

/** A rule or a statement: what it says, and under which conditions. */
interface Said {
  /** Equal for those that say the same. */
  readonly head: string;
  readonly conditions: ReadonlySet<string>;
  readonly span: Span;
}

/** Statements and rules that say what another says under the same or fewer conditions. */
export function repeatedStatements(modules: readonly Module[]): Diagnostic[] {
  const byHead = new Map<string, Said[]>();
  for (const said of modules.flatMap((module) => [
    ...module.decisions.flatMap((decision) => ofDecision(module, decision)),
    ...module.rules.flatMap((rule) => ofRule(module, rule)),
  ])) {
    const alike = byHead.get(said.head);
    if (alike === undefined) byHead.set(said.head, [said]);
    else alike.push(said);
  }
  return [...byHead.values()].flatMap((alike) =>
    alike.flatMap((said, index) => {
      const other = alike.find(
        (candidate, at) =>
          candidate !== said && saysAsMuch(candidate, said) && (at < index || !saysAsMuch(said, candidate)),
      );
      if (other === undefined) return [];
      const where =
        other.span.file === said.span.file ? `line ${other.span.line}` : `${other.span.file}:${other.span.line}`;
      const message = saysAsMuch(said, other)
        ? `this repeats ${where}`
        : `this adds nothing: ${where} says the same under fewer conditions`;
      return [diagnostic("P409", message, said.span, "take one of them out")];
    }),
  );
}

/** Whether `a` says the same as `b`, whenever `b` does. */
function saysAsMuch(a: Said, b: Said): boolean {
  return a.conditions.isSubsetOf(b.conditions);
}

function ofDecision(module: Module, { body, span, ...head }: Decision): Said[] {
  return [
    {
      head: `${scopeOf(module)} statement ${textOf(head)}`,
      conditions: conditionsOf(body),
      span: { ...span, end: span.start + head.kind.length },
    },
  ];
}

function ofRule(
  module: Module,
  { name, path, args, member, value, body, isDefault, else: otherwise, span }: Rule,
): Said[] {
  // `allow if …` is a statement too, and compared as one.
  const isStatement = module.decisions.some(
    (decision) => decision.span.start === span.start && decision.span.file === span.file,
  );
  if (isDefault || otherwise !== undefined || isStatement) return [];
  const head = { name: name.text, path, args, member, value };
  return [{ head: `${scopeOf(module)} rule ${textOf(head)}`, conditions: conditionsOf(body), span: name.span }];
}

/** Names mean the same in files of one package that import the same. */
function scopeOf(module: Module): string {
  return textOf([module.package, module.imports]);
}

function conditionsOf(body: Body): ReadonlySet<string> {
  return new Set(body.map(textOf));
}

/** Equal for parts of the tree that differ in their places alone. */
function textOf(part: unknown): string {
  return JSON.stringify(part, (key, value: unknown) =>
    key === "span" ? undefined : typeof value === "bigint" ? `${value}n` : value,
  );
}

type MaskStatement = Extract<Decision, { kind: "mask" }>;

/** Masks that never show, since a stronger one holds whenever they do. */
export function hiddenMasks(modules: readonly Module[]): Diagnostic[] {
  const statements = modules.flatMap((module) =>
    module.decisions.flatMap((decision) => (decision.kind === "mask" ? [{ module, decision }] : [])),
  );
  return statements.flatMap(({ module, decision }) => {
    const stronger = statements.find(
      (other) =>
        strengthOf(other.decision) > strengthOf(decision) &&
        coversSubject(other.decision, decision) &&
        (other.decision.body.length === 0 ||
          (scopeOf(other.module) === scopeOf(module) &&
            other.decision.subject.kind === decision.subject.kind &&
            conditionsOf(other.decision.body).isSubsetOf(conditionsOf(decision.body)))),
    );
    if (stronger === undefined) return [];
    const { mask, span } = stronger.decision;
    const where = span.file === decision.span.file ? `line ${span.line}` : `${span.file}:${span.line}`;
    const message = `mask \`${decision.mask.text}\` never shows: \`${mask.text}\` of ${where} is stronger and holds whenever it does`;
    return [
      diagnostic("P408", message, decision.mask.span, "of two masks on one column the stronger wins: take one out"),
    ];
  });
}

function strengthOf({ mask }: MaskStatement): number {
  return Object.entries(masks).find(([name]) => name === mask.text)?.[1].strength ?? 0;
}

/** Whether the columns of one mask are among those of another. */
function coversSubject(wide: MaskStatement, narrow: MaskStatement): boolean {
  if (wide.subject.kind === "each") return true;
  return narrow.subject.kind === "path" && wide.subject.parts.join("\0") === narrow.subject.parts.join("\0");
}
