import { masks } from "../check/vocabulary.ts";
import { type Diagnostic, diagnostic, type Span } from "../diagnostics.ts";
import type { Body, Decision, Module, Rule } from "../syntax/tree.ts";
import { Wider } from "./wider.ts";

/** A rule or a statement: what it says, and under which conditions. */
interface Said {
  /** Equal for those that say the same. */
  readonly head: string;
  readonly conditions: ReadonlySet<string>;
  readonly span: Span;
}

/** Statements and rules that say what another says under the same or fewer conditions. */
export function repeatedStatements(modules: readonly Module[]): Diagnostic[] {
  const all = modules.flatMap((module) => [
    ...module.decisions.flatMap((decision) => ofDecision(module, decision)),
    ...module.rules.flatMap((rule) => ofRule(module, rule)),
  ]);
  return [...Map.groupBy(all, ({ head }) => head).values()].flatMap((alike) => {
    const wider = new Wider(alike);
    return alike.flatMap((said, index) => {
      const other = wider.firstThan(said, (_, at) => at < index || isNarrower(said, alike[at]));
      if (other === undefined) return [];
      const where =
        other.span.file === said.span.file ? `line ${other.span.line}` : `${other.span.file}:${other.span.line}`;
      const message = isNarrower(said, other)
        ? `this adds nothing: ${where} says the same under fewer conditions`
        : `this repeats ${where}`;
      return [diagnostic("P409", message, said.span, "take one of them out")];
    });
  });
}

/** Of two, the second of which has the same conditions or fewer. */
function isNarrower({ conditions }: Said, other: Said | undefined): boolean {
  return other !== undefined && conditions.size > other.conditions.size;
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

const strengths = new Map<string, number>(Object.entries(masks).map(([name, { strength }]) => [name, strength]));

interface Masked {
  readonly statement: MaskStatement;
  readonly strength: number;
  /** The path of the column, or none for what ranges over columns. */
  readonly path: string | undefined;
  readonly conditions: ReadonlySet<string>;
}

function ofMask(module: Module, statement: MaskStatement): Masked {
  const { subject, mask, body } = statement;
  // Conditions say the same where names mean the same and the subject is of one kind.
  const scope = `${scopeOf(module)} ${subject.kind}`;
  return {
    statement,
    strength: strengths.get(mask.text) ?? 0,
    path: subject.kind === "path" ? subject.parts.join("\0") : undefined,
    conditions: new Set(body.map((literal) => `${scope} ${textOf(literal)}`)),
  };
}

/** Masks that never show, since a stronger one holds whenever they do. */
export function hiddenMasks(modules: readonly Module[]): Diagnostic[] {
  const statements = modules.flatMap((module) =>
    module.decisions.flatMap((decision) => (decision.kind === "mask" ? [ofMask(module, decision)] : [])),
  );
  const byPath = Map.groupBy(statements, ({ path }) => path);
  const wider = new Map([...byPath].map(([path, alike]) => [path, new Wider(alike)]));
  return statements.flatMap((narrow) => {
    const { statement } = narrow;
    const paths = narrow.path === undefined ? [undefined] : [narrow.path, undefined];
    const [stronger] = paths.flatMap(
      (path) => wider.get(path)?.firstThan(narrow, ({ strength }) => strength > narrow.strength) ?? [],
    );
    if (stronger === undefined) return [];
    const { mask, span } = stronger.statement;
    const where = span.file === statement.span.file ? `line ${span.line}` : `${span.file}:${span.line}`;
    const message = `mask \`${statement.mask.text}\` never shows: \`${mask.text}\` of ${where} is stronger and holds whenever it does`;
    return [
      diagnostic("P408", message, statement.mask.span, "of two masks on one column the stronger wins: take one out"),
    ];
  });
}
