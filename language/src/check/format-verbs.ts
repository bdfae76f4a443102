/** Formats of `sprintf` that do not fit what they are given: the text then shows `%!d(string=…)` or `%!s(MISSING)`. */
import type { Term } from "../compile/plan.ts";
import { type Diagnostic, diagnostic } from "../diagnostics.ts";
import * as types from "./types.ts";
import type { Type } from "./types.ts";

/** `%d` and its kin take numbers. */
const numeric = /[bcdeEfFgGoOU]/;

export function checkFormat({ args, span }: Extract<Term, { kind: "call" }>, given: readonly Type[]): Diagnostic[] {
  const [format, values] = args;
  if (format?.kind !== "const" || typeof format.value !== "string") return [];
  const verbs = verbsOf(format.value);
  if (verbs === undefined) return [];
  const items = values?.kind === "array" ? values.items : values?.kind === "const" ? (values.parts ?? []) : undefined;
  if (items === undefined || (values?.kind === "const" && given[1]?.kind !== "array")) return [];
  if (items.length !== verbs.length) {
    const message = `the format asks for ${counted(verbs.length, "value")} and gets ${items.length}`;
    return [
      diagnostic("P414", message, items.length > verbs.length ? (items[verbs.length]?.span ?? span) : format.span),
    ];
  }
  return items.flatMap((item, index) => {
    const verb = verbs[index] ?? "";
    const type = typeOf(item, given[1]);
    if (!numeric.test(verb) || types.overlap(type, types.number)) return [];
    return [
      diagnostic("P414", `\`%${verb}\` prints a number, not ${types.describe(type)}`, item.span, "write `%s` or `%v`"),
    ];
  });
}

/** Of a list of constants each has its own type; else what is known of all of them. */
function typeOf(item: Term, list: Type | undefined): Type {
  if (item.kind === "const") return types.ofValue(item.value);
  return list?.kind === "array" ? list.of : types.any;
}

/** The verbs that take a value each, in order; `undefined` where the format chooses its values itself. */
function verbsOf(format: string): readonly string[] | undefined {
  const verbs: string[] = [];
  for (const [, flags = "", verb = ""] of format.matchAll(/%([-+# 0-9.*[\]]*)(.?)/gsu)) {
    if (flags.includes("*") || flags.includes("[")) return undefined;
    if (verb !== "%") verbs.push(verb);
  }
  return verbs;
}

function counted(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
