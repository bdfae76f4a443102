import type { ComparisonOperator } from "../comparison.ts";
import type { Term } from "../compile/plan.ts";
import type { Report, Span } from "../diagnostics.ts";
import { suggest } from "../suggest.ts";
import type { Observer } from "./observer.ts";
import * as types from "./types.ts";
import type { Type } from "./types.ts";
import { isText } from "./written-out.ts";

/** Words that are shown in full where none of them is near. */
const wordsShownMax = 12;

/** Whether what is compared can be equal: the types overlap, and a constant is one of the values that can occur. */
export class Comparisons {
  private readonly report: Report;
  private readonly observer: Observer | undefined;

  constructor(report: Report, observer: Observer | undefined) {
    this.report = report;
    this.observer = observer;
  }

  compare(
    left: Term,
    leftType: Type,
    right: Term,
    rightType: Type,
    span: Span,
    operator: ComparisonOperator = "==",
  ): void {
    if (types.overlap(leftType, rightType)) {
      this.constant(right, leftType, operator);
      this.constant(left, rightType, operator);
      return;
    }
    const [a, b] = [types.describe(leftType), types.describe(rightType)];
    const advice = adviceOnKinds(leftType, rightType);
    if (operator === "==") this.report("P323", `${a} is never ${b}`, span, advice);
    else if (operator === "!=") this.report("P413", `${a} is always different from ${b}`, span, advice);
    else this.report("P413", `${a} is compared with ${b}: which is the larger depends on the types alone`, span);
  }

  /** A value that takes the place of one of the vocabulary. */
  assignable(term: Term, given: Type, wanted: Type): void {
    if (types.overlap(given, wanted)) return this.constant(term, wanted);
    const message = `${types.describe(given)} is never ${types.describe(wanted)}`;
    this.report("P323", message, term.span, adviceOnKinds(given, wanted));
  }

  constant(term: Term, type: Type, operator: ComparisonOperator = "=="): void {
    if (term.kind === "const" && term.parts !== undefined && (type.kind === "set" || type.kind === "array")) {
      for (const part of term.parts) this.constant(part, type.of, operator);
      return;
    }
    if (!isText(term)) return;
    if (type.kind === "string") {
      this.observer?.constant(term.span, type);
      this.observer?.compared?.(term.span, type.field, term.value);
    }
    const known = types.enumOf(type);
    if (known?.enum === undefined || known.enum.includes(term.value)) return;
    // Words of the vocabulary are a closed list; what rules give may be compared with what another version gives.
    if (operator !== "==" && known.field?.includes(".") !== true) return;
    const listed = known.enum.length <= wordsShownMax ? `it is one of ${known.enum.join(", ")}` : undefined;
    const help = suggest(term.value, known.enum, term.span) ?? listed;
    this.report("P312", `\`${known.field ?? "this"}\` is never \`"${term.value}"\``, term.span, help);
  }
}

/** What to write where a set, an array and a single value are taken for each other. */
function adviceOnKinds(a: Type, b: Type): string | undefined {
  const kinds = [a.kind, b.kind];
  if (kinds.includes("set") && kinds.includes("array")) return "a set is written `{…}`, an array `[…]`";
  const isCollection = (kind: Type["kind"]): boolean => kind === "set" || kind === "array";
  return kinds.some(isCollection) && !kinds.every(isCollection) ? "look for a member with `in`" : undefined;
}
