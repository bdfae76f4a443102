/** The call in whose parentheses the cursor is: how it is written, and which argument is next. */
import type { IToken } from "chevrotain";
import { builtinDocs, builtinSignature } from "../builtins/docs.ts";
import { builtins } from "../builtins/registry.ts";
import { masks } from "../check/vocabulary.ts";
import { importedName } from "../compile/imports.ts";
import { cursorAt } from "./complete/cursor.ts";
import { remarkAbove } from "./metadata.ts";
import { maskNotation, ruleNotation } from "./notation.ts";
import type { PolicySet } from "./policy-set.ts";

export interface CallSignature {
  /** `startswith(text: string, prefix: string): boolean`. */
  readonly label: string;
  readonly documentation: string | undefined;
  /** Where each parameter stands in the label. */
  readonly parameters: readonly (readonly [start: number, end: number])[];
  /** The parameter that the cursor is at; beyond the last where there are too many arguments. */
  readonly active: number;
}

export function signatureAt(set: PolicySet, path: string, offset: number): CallSignature | undefined {
  const file = set.files.get(path);
  const before = file === undefined ? undefined : cursorAt(file, offset)?.before;
  const call = before === undefined ? undefined : openCall(before);
  if (call === undefined) return undefined;
  const found = call.isMask ? ofMask(call.name) : (ofBuiltin(call.name) ?? ofFunction(set, path, call.name));
  return found && { ...found, parameters: parametersOf(found.label), active: call.argument };
}

interface OpenCall {
  /** With dots. */
  readonly name: string;
  /** `mask … with NAME(`. */
  readonly isMask: boolean;
  readonly argument: number;
}

/** The innermost call that is not closed, but for brackets of other kinds within it. */
function openCall(tokens: readonly IToken[]): OpenCall | undefined {
  const open: { readonly index: number; commas: number }[] = [];
  for (const [index, { image }] of tokens.entries()) {
    if (image === "(" || image === "[" || image === "{") open.push({ index, commas: 0 });
    else if (image === ")" || image === "]" || image === "}") open.pop();
    else if (image === ",") {
      const innermost = open.at(-1);
      if (innermost !== undefined) innermost.commas += 1;
    }
  }
  for (const { index, commas } of open.toReversed()) {
    const name = nameBefore(tokens, index);
    if (tokens[index]?.tokenType.name !== "CallParen" || name.length === 0) continue;
    const isMask = tokens[0]?.image === "mask" && tokens[index - name.length - 1]?.image === "with";
    return { name: name.join(""), isMask, argument: commas };
  }
  return undefined;
}

/** Names and dots directly before a token. */
function nameBefore(tokens: readonly IToken[], end: number): readonly string[] {
  const isPart = ({ image }: IToken): boolean => image === "." || /^\w+$/.test(image);
  let start = end;
  // A name and the one of the word before it stand beside each other only with a dot between.
  for (let token = tokens[start - 1]; token !== undefined && isPart(token); token = tokens[start - 1]) {
    if (start < end && (token.image === ".") === (tokens[start]?.image === ".")) break;
    start -= 1;
  }
  return tokens.slice(start, end).map(({ image }) => image);
}

type Described = Pick<CallSignature, "label" | "documentation">;

function ofMask(name: string): Described | undefined {
  const mask = new Map(Object.entries(masks)).get(name);
  return mask && { label: maskNotation(name, mask), documentation: mask.doc };
}

function ofBuiltin(name: string): Described | undefined {
  const builtin = builtins.get(name);
  return builtin && { label: builtinSignature(builtin), documentation: builtinDocs[name]?.text };
}

/** A function of the file's package, or of a package that it imports. */
function ofFunction(set: PolicySet, path: string, name: string): Described | undefined {
  const module = set.files.get(path)?.module;
  const { understanding } = set;
  if (module === undefined || understanding === undefined) return undefined;
  const steps = name.split(".");
  const imported = module.imports.find((clause) => importedName(clause) === steps[0]);
  const whole =
    steps[0] === "data"
      ? steps.slice(1)
      : imported === undefined
        ? [...module.package, ...steps]
        : [...imported.path.slice(1), ...steps.slice(1)];
  const { node, depth } = understanding.rules.find(whole);
  const { group } = node;
  if (depth < whole.length || group?.kind !== "function") return undefined;
  const [remark] = group.rules.flatMap(({ module: at, rule }) => remarkAbove(at, rule.span.line) ?? []);
  return { label: ruleNotation(group, understanding.checker), documentation: remark?.text ?? remark?.title };
}

/** What stands between commas within the parentheses of a notation, brackets within them left alone. */
function parametersOf(label: string): readonly (readonly [number, number])[] {
  const first = label.indexOf("(") + 1;
  const found: (readonly [number, number])[] = [];
  let depth = 0;
  let start = first;
  for (let at = first; at < label.length; at += 1) {
    const char = label.charAt(at);
    const isEnd = char === ")" && depth === 0;
    if ((char === "," && depth === 0) || isEnd) {
      if (label.slice(start, at).trim() !== "") found.push([start + (label.charAt(start) === " " ? 1 : 0), at]);
      start = at + 1;
      if (isEnd) break;
    } else if ("(<[{".includes(char)) depth += 1;
    else if (")>]}".includes(char)) depth -= 1;
  }
  return found;
}
