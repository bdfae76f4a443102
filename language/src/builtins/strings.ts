import { BuiltinError, type Builtin, type BuiltinContext } from "../builtin.ts";
import type { Value } from "../values.ts";
import {
  checkText,
  define,
  indexAt,
  objectAt,
  ofString,
  searchSteps,
  stringAt,
  stringsAt,
  strings as stringCollection,
  typeError,
  valueAt,
} from "./operands.ts";
import { isSpace, toLower, toUpper, trimPoints, isAscii } from "./text.ts";

const stringOrStrings = { anyOf: ["string", { array: "string" }, { set: "string" }] } as const;

/** For what takes a text apart into code points. */
const pointsFactor = 8;

export const strings: readonly Builtin[] = [
  define(
    "concat",
    ["string", stringCollection],
    "string",
    (args) => {
      const separator = stringAt(args, 0);
      const parts = stringsAt(args, 1);
      checkText(parts.reduce((length, part) => length + part.length + separator.length, 0));
      return parts.join(separator);
    },
    { factor: 4 },
  ),
  define("contains", ["string", "string"], "boolean", (args, context) => {
    const [text, search] = [stringAt(args, 0), stringAt(args, 1)];
    context.spend(searchSteps(text, search));
    return text.includes(search);
  }),
  test("startswith", (text, prefix) => text.startsWith(prefix)),
  test("endswith", (text, suffix) => text.endsWith(suffix)),
  define("strings.any_prefix_match", [stringOrStrings, stringOrStrings], "boolean", (args, context) => {
    const [texts, prefixes] = [oneOrMore(args, 0), oneOrMore(args, 1)];
    context.spend(texts.length * prefixes.length);
    return texts.some((text) => prefixes.some((prefix) => text.startsWith(prefix)));
  }),
  define("strings.any_suffix_match", [stringOrStrings, stringOrStrings], "boolean", (args, context) => {
    const [texts, suffixes] = [oneOrMore(args, 0), oneOrMore(args, 1)];
    context.spend(texts.length * suffixes.length);
    return texts.some((text) => suffixes.some((suffix) => text.endsWith(suffix)));
  }),
  define("strings.count", ["string", "string"], "number", (args, context) => {
    const text = stringAt(args, 0);
    const search = stringAt(args, 1);
    context.spend(searchSteps(text, search));
    // The empty string lies between any two code points and at both ends.
    return search === "" ? Array.from(text).length + 1 : text.split(search).length - 1;
  }),
  ofString("strings.reverse", "string", (text) => Array.from(text).reverse().join(""), pointsFactor),
  define("indexof", ["string", "string"], "number", (args, context) => {
    const [text, search] = searchOperands(args);
    context.spend(searchSteps(text, search));
    const position = text.indexOf(search);
    return position < 0 || isAscii(text) ? position : Array.from(text.slice(0, position)).length;
  }),
  define(
    "indexof_n",
    ["string", "string"],
    { array: "number" },
    (args) => {
      const [text, search] = searchOperands(args);
      return occurrences(Array.from(text), Array.from(search));
    },
    { factor: pointsFactor },
  ),
  ofString("lower", "string", (text, context) => mapped(text, toLower, context)),
  ofString("upper", "string", (text, context) => mapped(text, toUpper, context)),
  define("replace", ["string", "string", "string"], "string", (args, context) => {
    const [text, from, to] = [stringAt(args, 0), stringAt(args, 1), stringAt(args, 2)];
    context.spend(searchSteps(text, from));
    return replaceAll(text, from, to, context);
  }),
  define("strings.replace_n", [{ object: { key: "string", value: "string" } }, "string"], "string", (args, context) => {
    const pairs = objectAt(args, 0)
      .entries()
      .map(([from, to]): readonly [string, string] => {
        if (typeof from !== "string")
          throw new BuiltinError("operand 1 non-string key found in pattern object", "type");
        if (typeof to !== "string")
          throw new BuiltinError("operand 1 non-string value found in pattern object", "type");
        return [from, to];
      });
    const text = stringAt(args, 1);
    // At each place, those that begin with its character are tried.
    for (const [from] of pairs) context.spend((text.length >> 1) + searchSteps(text, from));
    return replaceEach(text, pairs, context);
  }),
  define("split", ["string", "string"], { array: "string" }, (args, context) => {
    const text = stringAt(args, 0);
    const separator = stringAt(args, 1);
    context.spend(searchSteps(text, separator));
    return separator === "" ? Array.from(text) : text.split(separator);
  }),
  define(
    "substring",
    ["string", "number", "number"],
    "string",
    (args) => {
      const text = stringAt(args, 0);
      const offset = indexAt(args, 1);
      const length = indexAt(args, 2);
      if (offset < 0) throw new BuiltinError("negative offset");
      const end = length < 0 ? undefined : offset + length;
      return isAscii(text) ? text.slice(offset, end) : Array.from(text).slice(offset, end).join("");
    },
    { factor: 2 },
  ),
  trim("trim", true, true),
  trim("trim_left", true, false),
  trim("trim_right", false, true),
  edit("trim_prefix", (text, prefix) => (text.startsWith(prefix) ? text.slice(prefix.length) : text)),
  edit("trim_suffix", (text, suffix) =>
    suffix !== "" && text.endsWith(suffix) ? text.slice(0, -suffix.length) : text,
  ),
  ofString("trim_space", "string", (text) => trimPoints(text, isSpace, true, true), pointsFactor),
];

/** ASCII is V8's business, all else goes point by point. */
function mapped(text: string, map: (text: string) => string, context: BuiltinContext): string {
  if (!isAscii(text)) context.spend(text.length);
  return map(text);
}

function test(name: string, apply: (text: string, other: string) => boolean): Builtin {
  return define(name, ["string", "string"], "boolean", (args) => apply(stringAt(args, 0), stringAt(args, 1)));
}

function edit(name: string, apply: (text: string, other: string) => string, factor = 1): Builtin {
  return define(name, ["string", "string"], "string", (args) => apply(stringAt(args, 0), stringAt(args, 1)), {
    factor,
  });
}

function trim(name: string, start: boolean, end: boolean): Builtin {
  return edit(
    name,
    (text, cutset) => {
      const drop = new Set(cutset);
      return trimPoints(text, (point) => drop.has(point), start, end);
    },
    pointsFactor,
  );
}

function oneOrMore(args: readonly Value[], index: number): readonly string[] {
  const value = valueAt(args, index);
  if (typeof value === "string") return [value];
  if (value === null || typeof value !== "object") throw typeError(index, value, "string", "set", "array");
  return stringsAt(args, index);
}

function searchOperands(args: readonly Value[]): [string, string] {
  const text = stringAt(args, 0);
  const search = stringAt(args, 1);
  if (search === "") throw new BuiltinError("empty search character");
  return [text, search];
}

/**
 * Every place where `search` begins, also where two overlap, in time linear in the text (Knuth, Morris and Pratt): comparing anew at
 * each place takes minutes on a few hundred thousand equal letters.
 */
function occurrences(text: readonly string[], search: readonly string[]): readonly number[] {
  const borders = [0];
  for (let at = 1, length = 0; at < search.length; at += 1) {
    while (length > 0 && search[at] !== search[length]) length = borders[length - 1] ?? 0;
    if (search[at] === search[length]) length += 1;
    borders.push(length);
  }
  const found: number[] = [];
  let matched = 0;
  for (const [at, point] of text.entries()) {
    while (matched > 0 && point !== search[matched]) matched = borders[matched - 1] ?? 0;
    if (point === search[matched]) matched += 1;
    if (matched === search.length) {
      found.push(at - matched + 1);
      matched = borders[matched - 1] ?? 0;
    }
  }
  return found;
}

function replaceAll(text: string, from: string, to: string, context: BuiltinContext): string {
  // An ASCII character is never half of a code point, and a shorter text needs no bound (`npm run bench -- decision`, denials).
  if (from.length > 0 && to.length <= from.length && isAscii(from))
    return text.includes(from) ? text.replaceAll(from, () => to) : text;
  return replaceEach(text, [[from, to]], context);
}

/**
 * Replaces from left to right without looking at what has been replaced. Where several patterns begin at one place, the first in the
 * list wins, as with Go's `strings.Replacer`; an empty pattern stands before every code point or match, and at the end.
 */
function replaceEach(text: string, pairs: readonly (readonly [string, string])[], context: BuiltinContext): string {
  context.spend(text.length);
  const byFirst = Map.groupBy(pairs, ([from]) => firstPoint(from, 0));
  const [, empty = ""] = byFirst.get("")?.[0] ?? [];
  const parts: string[] = [];
  let length = 0;
  let offset = 0;
  while (offset < text.length) {
    const point = firstPoint(text, offset);
    const at = offset;
    const [from, to] = byFirst.get(point)?.find(([search]) => text.startsWith(search, at)) ?? [point, point];
    parts.push(empty, to);
    length += empty.length + to.length;
    checkText(length);
    offset += from.length;
  }
  parts.push(empty);
  return parts.join("");
}

/** Empty behind the end. */
function firstPoint(text: string, offset: number): string {
  const code = text.codePointAt(offset);
  return code === undefined ? "" : String.fromCodePoint(code);
}
