/**
 * Constants of generated code as data: JSON, so that what a policy says is never part of a program's text. What JSON has no form for stands in an
 * array behind a word that tells what it is.
 */
import type { Builtin } from "../builtin.ts";
import { builtins } from "../builtins/registry.ts";
import type { DocumentNode } from "../compile/runtime.ts";
import { RegoObject, RegoSet, type Value } from "../values.ts";

type Json = null | boolean | number | string | readonly Json[];
type Word = keyof typeof readers;

/** @param documents the nodes of the rule tree, which are referred to by their path */
export function writeConstant(constant: unknown, documents: ReadonlySet<unknown>): string {
  return JSON.stringify(written(constant, documents));
}

function written(constant: unknown, documents: ReadonlySet<unknown>): Json {
  const tagged = (word: Word, parts: Iterable<unknown>): Json => [
    word,
    ...Array.from(parts, (part) => written(part, documents)),
  ];
  switch (typeof constant) {
    case "string":
    case "boolean":
    case "number":
      return constant;
    case "bigint":
      return ["integer", String(constant)];
    case "undefined":
      return ["undefined"];
    case "object":
      break;
    default:
      throw new Error(`a ${typeof constant} is no constant of a policy`);
  }
  if (constant === null) return null;
  if (Array.isArray(constant)) return tagged("array", constant);
  if (constant instanceof RegoSet) return tagged("set", constant);
  if (constant instanceof RegoObject) return tagged("object", constant.entries().flat());
  if (constant instanceof Set) return tagged("strings", constant);
  if (documents.has(constant)) return tagged("document", (constant as DocumentNode).path);
  if ("apply" in constant) return ["builtin", nameOf(constant as Builtin)];
  return tagged("record", Object.entries(constant).flat());
}

/** Functions are known by their name on the other side, so this must be the one of that name. */
function nameOf(builtin: Builtin): string {
  if (builtins.get(builtin.name) !== builtin) throw new Error(`\`${builtin.name}\` is no function of the language`);
  return builtin.name;
}

/** @param documentAt the node of the rule tree at a path */
export function readConstant(json: string, documentAt: (path: readonly string[]) => DocumentNode): unknown {
  return read(JSON.parse(json) as Json, documentAt);
}

function read(json: Json, documentAt: (path: readonly string[]) => DocumentNode): unknown {
  if (!Array.isArray(json)) return json;
  const [word, ...parts] = json as readonly Json[];
  const reader = readers[word as Word];
  return reader(
    parts.map((part) => read(part, documentAt)),
    documentAt,
  );
}

type Reader = (parts: readonly unknown[], documentAt: (path: readonly string[]) => DocumentNode) => unknown;

const readers = {
  undefined: () => undefined,
  integer: ([digits]) => BigInt(digits as string),
  array: (parts) => parts,
  set: (parts) => RegoSet.from(parts as readonly Value[]),
  object: (parts) => RegoObject.fromEntries(pairs(parts) as [Value, Value][]),
  strings: (parts) => new Set(parts),
  record: (parts) => Object.fromEntries(pairs(parts) as [string, unknown][]),
  document: (parts, documentAt) => documentAt(parts as readonly string[]),
  builtin: ([name]) => builtins.get(name as string),
} as const satisfies Record<string, Reader>;

function pairs(parts: readonly unknown[]): [unknown, unknown][] {
  return Array.from({ length: parts.length / 2 }, (_, index) => [parts[2 * index], parts[2 * index + 1]]);
}
