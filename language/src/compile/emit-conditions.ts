/** Terms as conditions: comparisons and membership become JavaScript's own where both mean the same. */
import { RegoSet, type Value } from "../values.ts";
import type { Context, Continue, Emitter } from "./emit.ts";
import { recordSeen } from "./emit-trace.ts";
import type { Term } from "./plan.ts";

const comparisons = { "<": "< 0", "<=": "<= 0", ">": "> 0", ">=": ">= 0" } as const;

/** A term as a condition: defined and not false. */
export function emitTest(emitter: Emitter, term: Term, context: Context, k: () => void): void {
  const { writer } = emitter;
  if (term.kind === "const") {
    recordSeen(emitter, writer.constant(term.value), 0, context);
    if (term.value !== false) k();
    else writer.block("if (false)", k);
    return;
  }
  if (term.kind === "compare" || term.kind === "member") {
    return emitCondition(
      emitter,
      term,
      context,
      (condition) => writer.block(`if (${condition})`, k),
      (value, side) => recordSeen(emitter, value, side, context),
    );
  }
  emitter.term(term, context, (value) => {
    recordSeen(emitter, value, 0, context);
    writer.block(`if (${value} !== false)`, k);
  });
}

/**
 * A comparison as a JavaScript condition.
 * @param side writes what is to be done with each side as soon as it is known
 */
export function emitCondition(
  emitter: Emitter,
  term: Extract<Term, { kind: "compare" | "member" }>,
  context: Context,
  k: Continue,
  side: (value: string, side: 0 | 1) => void = () => {},
): void {
  const { environment } = context;
  const site = (): string => emitter.site(term.span, term.kind === "member" ? "in" : term.operator);
  if (term.kind === "member") {
    const { key, value, domain } = term;
    if (key === undefined && domain.kind === "const" && domain.value instanceof RegoSet) {
      const members = emitter.writer.constant(domain.value);
      const isText = domain.value.members().every((constant) => typeof constant === "string");
      side(members, 1);
      return emitter.term(value, context, (item) => {
        side(item, 0);
        k(
          isText
            ? `typeof ${item} === "string" && ${members}.has(${item})`
            : `R.member(${environment}, ${item}, ${members}, ${site()})`,
        );
      });
    }
    const each = (at: string, index: number): void => side(at, index === 0 ? 0 : 1);
    if (key === undefined) {
      return emitter.terms(
        [value, domain],
        context,
        ([item, collection]) => k(`R.member(${environment}, ${item}, ${collection}, ${site()})`),
        each,
      );
    }
    return emitter.terms([key, value, domain], context, ([at, item, collection]) =>
      k(`R.memberAt(${environment}, ${at}, ${item}, ${collection}, ${site()})`),
    );
  }
  const { left, right, operator } = term;
  // First: where the other side is undefined, this one tells what it should have been.
  [left, right].forEach((each, index) => {
    if (each.kind === "const") side(emitter.writer.constant(each.value), index === 0 ? 0 : 1);
  });
  emitter.terms(
    [left, right],
    context,
    ([a = "", b = ""]) => {
      switch (operator) {
        case "==":
          return k(equality(a, b, left, right, environment, site));
        case "!=":
          return k(`!(${equality(a, b, left, right, environment, site)})`);
        default:
          return k(`R.ordered(${environment}, ${a}, ${b}, ${site()}) ${comparisons[operator]}`);
      }
    },
    (value, index) => {
      if ([left, right][index]?.kind !== "const") side(value, index === 0 ? 0 : 1);
    },
  );
}

/** Equality of two names, by identity where one is known to be a primitive other than a large integer. */
export function equality(
  a: string,
  b: string,
  left: Term | undefined,
  right: Term | undefined,
  environment: string,
  site: () => string,
): string {
  const simple = [left, right].some((term) => term?.kind === "const" && isSimple(term.value));
  return simple ? `${a} === ${b}` : `R.same(${environment}, ${a}, ${b}, ${site()})`;
}

/** Longer constants are compared by a function that charges for it. */
const shortTextMax = 1_000;

function isSimple(value: Value): boolean {
  return (
    value === null ||
    (typeof value === "string" && value.length <= shortTextMax) ||
    typeof value === "boolean" ||
    (typeof value === "number" && (Number.isSafeInteger(value) || !Number.isInteger(value)))
  );
}
