import { BuiltinError, type Builtin, type BuiltinContext } from "../builtin.ts";
import type { Value } from "../values.ts";
import { globsIntersect } from "./glob-intersection.ts";
import { checkElements, checkText, define, indexAt, stringAt, valueAt } from "./operands.ts";
import { compilePattern, quotePattern, type Pattern } from "./regex-engine.ts";

export const regex: readonly Builtin[] = [
  define(
    "regex.match",
    ["string", "string"],
    "boolean",
    (args, context) => {
      const pattern = stringAt(args, 0);
      const text = stringAt(args, 1);
      return compilePattern(pattern, context).test(text, context);
    },
    { pattern: 0 },
  ),
  define("regex.is_valid", ["any"], "boolean", (args, context) => {
    const pattern = valueAt(args, 0);
    if (typeof pattern !== "string") return false;
    try {
      compilePattern(pattern, context);
      return true;
    } catch (error) {
      if (error instanceof BuiltinError) return false;
      throw error;
    }
  }),
  define(
    "regex.find_n",
    ["string", "string", "number"],
    { array: "string" },
    (args, context) => {
      const text = stringAt(args, 1);
      return find(args, context).map((match) => part(text, match, 0));
    },
    { pattern: 0 },
  ),
  define(
    "regex.find_all_string_submatch_n",
    ["string", "string", "number"],
    { array: { array: "string" } },
    (args, context) => {
      const text = stringAt(args, 1);
      return find(args, context).map((match) =>
        Array.from({ length: match.length / 2 }, (_, group) => part(text, match, group)),
      );
    },
    { pattern: 0 },
  ),
  define(
    "regex.split",
    ["string", "string"],
    { array: "string" },
    (args, context) => {
      const pattern = compilePattern(stringAt(args, 0), context);
      return split(pattern, stringAt(args, 1), stringAt(args, 0) === "", context);
    },
    { pattern: 0 },
  ),
  define(
    "regex.replace",
    ["string", "string", "string"],
    "string",
    (args, context) => {
      const text = stringAt(args, 0);
      return replace(compilePattern(stringAt(args, 1), context), text, stringAt(args, 2), context);
    },
    { pattern: 1 },
  ),
  define("regex.template_match", ["string", "string", "string", "string"], "boolean", (args, context) => {
    const [open, close] = [stringAt(args, 2), stringAt(args, 3)];
    if (open.length !== 1) throw new BuiltinError("start delimiter has to be exactly one character long");
    if (close.length !== 1) throw new BuiltinError("end delimiter has to be exactly one character long");
    const pattern = templatePattern(stringAt(args, 0), open, close);
    return compilePattern(pattern, context).test(stringAt(args, 1), context);
  }),
  define("regex.globs_match", ["string", "string"], "boolean", (args, context) => {
    const [first, second] = [stringAt(args, 0), stringAt(args, 1)];
    context.spend(4 * first.length * second.length);
    return globsIntersect(first, second);
  }),
];

type Match = readonly number[];

function find(args: readonly Value[], context: BuiltinContext): readonly Match[] {
  const pattern = compilePattern(stringAt(args, 0), context);
  const matches = pattern.matches(stringAt(args, 1), indexAt(args, 2), context);
  checkElements(matches.length);
  return matches;
}

/** The text of a group, empty where it took no part. */
function part(text: string, match: Match, group: number): string {
  const start = match[group * 2] ?? -1;
  return start < 0 ? "" : text.slice(start, match[group * 2 + 1]);
}

/** As Go's `Regexp.Split`: an empty match at the very start cuts off nothing. */
function split(pattern: Pattern, text: string, emptyPattern: boolean, context: BuiltinContext): Value {
  if (text === "" && !emptyPattern) return [""];
  const parts: string[] = [];
  let from = 0;
  let lastStart = 0;
  for (const [start = 0, end = 0] of pattern.matches(text, -1, context)) {
    lastStart = start;
    if (end !== 0) parts.push(text.slice(from, start));
    from = end;
  }
  if (lastStart !== text.length) parts.push(text.slice(from));
  checkElements(parts.length);
  return parts;
}

function replace(pattern: Pattern, text: string, template: string, context: BuiltinContext): string {
  const pieces = parseTemplate(template, pattern.names);
  const parts: string[] = [];
  let from = 0;
  let length = 0;
  for (const match of pattern.matches(text, -1, context)) {
    parts.push(text.slice(from, match[0]));
    for (const piece of pieces) {
      const expanded = typeof piece === "string" ? piece : part(text, match, piece);
      parts.push(expanded);
      length += expanded.length;
    }
    checkText(length);
    from = match[1] ?? from;
  }
  parts.push(text.slice(from));
  return parts.join("");
}

/** Go's templates as texts and numbers of groups: `$1`, `$name`, `${1}`, `$$`; the longest name counts, an unknown one is empty. */
function parseTemplate(template: string, names: Readonly<Record<string, number>>): readonly (string | number)[] {
  const pieces: (string | number)[] = [];
  let from = 0;
  for (const match of template.matchAll(/\$(?:(\$)|([\p{L}\p{Nd}_]+)|\{([\p{L}\p{Nd}_]+)\})/gu)) {
    const [whole, dollar, bare, braced] = match;
    pieces.push(template.slice(from, match.index));
    from = match.index + whole.length;
    const name = bare ?? braced ?? "";
    if (dollar !== undefined) pieces.push("$");
    else if (/^[0-9]+$/.test(name)) pieces.push(Number(name));
    else if (Object.hasOwn(names, name)) pieces.push(names[name] ?? "");
  }
  pieces.push(template.slice(from));
  return pieces.filter((piece) => piece !== "");
}

/** Between the delimiters, which may nest, stands a pattern; outside them text. */
function templatePattern(template: string, open: string, close: string): string {
  let pattern = "^";
  let depth = 0;
  let from = 0;
  for (let at = 0; at < template.length; at += 1) {
    if (template[at] === open) {
      if (depth === 0) {
        pattern += quotePattern(template.slice(from, at));
        from = at + 1;
      }
      depth += 1;
    } else if (template[at] === close) {
      depth -= 1;
      if (depth < 0) throw new BuiltinError("unbalanced delimiters in the template");
      if (depth === 0) {
        pattern += `(${template.slice(from, at)})`;
        from = at + 1;
      }
    }
  }
  if (depth !== 0) throw new BuiltinError("unbalanced delimiters in the template");
  return `${pattern}${quotePattern(template.slice(from))}$`;
}
