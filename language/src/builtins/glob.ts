import { BuiltinError, type Builtin } from "../builtin.ts";
import type { Value } from "../values.ts";
import { arrayAt, define, elementError, ofString, stringAt, typeError, valueAt } from "./operands.ts";
import { compilePattern, quotePattern } from "./regex-engine.ts";

export const glob: readonly Builtin[] = [
  define("glob.match", ["string", { anyOf: ["null", { array: "string" }] }, "string"], "boolean", (args, context) => {
    const pattern = stringAt(args, 0);
    const delimiters = delimitersAt(args, 1);
    const text = stringAt(args, 2);
    return compilePattern(globPattern(pattern, delimiters), context).test(text, context);
  }),
  ofString("glob.quote_meta", "string", (text) => text.replace(/[*?\\[\]{}]/g, "\\$&")),
];

/** `null`: none; an empty array: the dot. */
function delimitersAt(args: readonly Value[], index: number): readonly string[] {
  const value = valueAt(args, index);
  if (value === null) return [];
  if (typeof value !== "object" || !Array.isArray(value)) throw typeError(index, value, "array", "null");
  const delimiters = arrayAt(args, index).map((delimiter) => {
    if (typeof delimiter !== "string" || Array.from(delimiter).length !== 1) {
      throw elementError(index, value, delimiter, "single-character string");
    }
    return delimiter;
  });
  return delimiters.length === 0 ? ["."] : delimiters;
}

/** Translations by pattern and delimiters; as many are kept as compiled patterns. */
const translations = new Map<string, string>();
const translationsMax = 1_000;

/**
 * A glob as a regular expression: `*` any text without delimiters, `**` any text, `?` one character that is no delimiter, `[abc]` `[!abc]`
 * `[a-c]` `[!a-c]` one character, `{a,b}` one of several globs, a backslash takes the next character as it is.
 */
function globPattern(pattern: string, delimiters: readonly string[]): string {
  const id = `${delimiters.join("")}\u0000${pattern}`;
  const known = translations.get(id);
  if (known !== undefined) return known;
  const translated = translate(pattern, delimiters);
  if (translations.size >= translationsMax) translations.clear();
  translations.set(id, translated);
  return translated;
}

function translate(pattern: string, delimiters: readonly string[]): string {
  const inside = delimiters.length === 0 ? "." : `[^${delimiters.map(classPoint).join("")}]`;
  let result = "";
  let depth = 0;
  let at = 0;
  while (at < pattern.length) {
    const point = String.fromCodePoint(pattern.codePointAt(at) ?? 0);
    at += point.length;
    if (point === "*") {
      const all = pattern[at] === "*";
      if (all) at += 1;
      result += all ? ".*" : `${inside}*`;
    } else if (point === "?") result += inside;
    else if (point === "[") {
      const set = characterSet(pattern, at);
      result += set.source;
      at = set.end;
    } else if (point === "{") {
      result += "(?:";
      depth += 1;
    } else if (point === "}" && depth > 0) {
      result += ")";
      depth -= 1;
    } else if (point === "," && depth > 0) result += "|";
    else if (point === "\\") {
      const next = pattern.codePointAt(at);
      if (next === undefined) throw new BuiltinError("the glob ends in a backslash");
      const escaped = String.fromCodePoint(next);
      at += escaped.length;
      result += quotePattern(escaped);
    } else result += quotePattern(point);
  }
  if (depth > 0) throw new BuiltinError("the glob has an unclosed `{`");
  return `(?s)^(?:${result})$`;
}

/** The set that begins behind `[`: one range or a list of characters. */
function characterSet(pattern: string, start: number): { readonly source: string; readonly end: number } {
  const range = /^(!?)([^\\\]])-([^\\\]])\]/u.exec(pattern.slice(start));
  if (range !== null) {
    const [whole, not, from = "", to = ""] = range;
    if ((to.codePointAt(0) ?? 0) < (from.codePointAt(0) ?? 0))
      throw new BuiltinError("a range in the glob runs backwards");
    return { source: `[${not === "!" ? "^" : ""}${classPoint(from)}-${classPoint(to)}]`, end: start + whole.length };
  }
  const list = /^(!?)((?:\\.|[^\\\]])+)\]/su.exec(pattern.slice(start));
  if (list === null) throw new BuiltinError("the glob has an unclosed or empty `[`");
  const [whole, not, body = ""] = list;
  const points = Array.from(body.replace(/\\(.)/gsu, "$1"), classPoint);
  return { source: `[${not === "!" ? "^" : ""}${points.join("")}]`, end: start + whole.length };
}

function classPoint(point: string): string {
  return /[\\\]^[-]/.test(point) ? `\\${point}` : point;
}
