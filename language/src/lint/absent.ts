import { type Field, type FieldType, records, rootRecords } from "../check/vocabulary.ts";
import type { Analysis } from "../compile/analyse.ts";
import type { Literal, Term } from "../compile/plan.ts";
import { groupsMatching, type RuleTree } from "../compile/rule-tree.ts";
import { type Diagnostic, diagnostic } from "../diagnostics.ts";
import { partsOf, termsOf } from "../compile/parts.ts";
import { allBodies } from "./statements.ts";
import { shownText, termText } from "./term-text.ts";

type Ref = Extract<Term, { kind: "ref" }>;

/**
 * `not principal.claims.region == "eu"` holds too where there is no such claim. A reference by itself asks for nothing but that, and a
 * condition that has asked for it before is a guard.
 */
export function absentUnderNot({ rules, ...analysis }: Analysis): Diagnostic[] {
  return allBodies({ rules, ...analysis }).flatMap(({ body }) => {
    const guards = body
      .filter(({ kind }) => kind !== "not")
      .flatMap(termsOf)
      .flatMap((term) => optionalRefs(term, rules))
      .map(termText);
    return body.flatMap((literal) =>
      comparedUnderNot(literal)
        .flatMap((term) => optionalRefs(term, rules))
        .filter((ref) => !guards.some((guard) => guard === termText(ref) || guard.startsWith(`${termText(ref)}.`)))
        .map((ref) => {
          const text = shownText(termText(ref));
          const help = `ask for it first in a condition of its own, or say what holds without it: \`${withDefault(ref)}\``;
          return diagnostic("P411", `\`${text}\` may be absent, and then the negation holds too`, ref.span, help);
        }),
    );
  });
}

function withDefault({ path, ...ref }: Ref): string {
  const of = shownText(termText({ ...ref, path: path.slice(0, -1) }));
  const last = path.at(-1);
  return `object.get(${of}, ${last === undefined ? "" : shownText(termText(last))}, …)`;
}

/** The parts of what is negated, where it is more than one reference. */
function comparedUnderNot(literal: Literal): readonly Term[] {
  if (literal.kind !== "not") return [];
  return literal.body.flatMap((inner) => {
    if (inner.kind === "with") return [];
    return inner.kind === "test" ? partsOfCondition(inner.term) : termsOf(inner);
  });
}

function partsOfCondition(term: Term): readonly Term[] {
  return term.kind === "ref" ? [] : partsOf(term);
}

/** References to what may be absent; those within closures are not undefined but leave the closure empty. */
function optionalRefs(term: Term, rules: RuleTree): Ref[] {
  const within = partsOf(term).flatMap((part) => optionalRefs(part, rules));
  return term.kind === "ref" && isOptional(term, rules) ? [term, ...within] : within;
}

function isOptional({ base, path }: Ref, rules: RuleTree): boolean {
  switch (base.kind) {
    case "data":
      return path.length > 0 && groupsMatching(rules, path).length === 0;
    case "root": {
      let type: FieldType = { kind: "record", record: rootRecords[base.root] };
      for (const step of path) {
        if (type.kind === "any") return true;
        if (type.kind !== "record" || step.kind !== "const" || typeof step.value !== "string") return false;
        const field: Field | undefined = records[type.record][step.value];
        if (field === undefined || field.optional === true) return field !== undefined;
        type = field.type;
      }
      return false;
    }
    case "input":
    case "term":
      return false;
  }
}
