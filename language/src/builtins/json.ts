import { BuiltinError, type Builtin } from "../builtin.ts";
import {
  RegoObject,
  RegoSet,
  fromValue,
  isArray,
  parseJson,
  toJson,
  toValue,
  typeName,
  type Value,
} from "../values.ts";
import { weightOf } from "../weight.ts";
import { applyPatch } from "./json-patch.ts";
import { parsePath, type Path } from "./json-path.ts";
import { arrayAt, arrayOrSet, checkText, collectionAt, define, objectAt, ofString, valueAt } from "./operands.ts";

export const json: readonly Builtin[] = [
  define("json.marshal", ["any"], "string", (args) => marshal(valueAt(args, 0)), { charges: "all", factor: 16 }),
  define(
    "json.marshal_with_options",
    ["any", "object"],
    "string",
    (args) => {
      const options = marshalOptions(objectAt(args, 1));
      if (options === undefined) return marshal(valueAt(args, 0));
      const text = options.prefix + escapeHtml(indented(asJson(valueAt(args, 0)), options.prefix, options.indent));
      checkText(text.length);
      return text;
    },
    { charges: "all", factor: 16 },
  ),
  ofString("json.unmarshal", "any", (text, context) => {
    context.spend(4 * text.length);
    try {
      return parseJson(text);
    } catch (error) {
      if (error instanceof SyntaxError) throw new BuiltinError("the text is not valid JSON");
      throw error;
    }
  }),
  define("json.is_valid", ["any"], "boolean", (args, context) => {
    const text = valueAt(args, 0);
    if (typeof text !== "string") return false;
    context.spend(text.length >> 2);
    try {
      JSON.parse(text);
      return true;
    } catch {
      return false;
    }
  }),
  define(
    "json.filter",
    ["object", arrayOrSet],
    "object",
    (args) => {
      const object = objectAt(args, 0);
      return filter(object, pathTree(pathsAt(args, 1))) ?? object;
    },
    { charges: "all", factor: 8 },
  ),
  define(
    "json.remove",
    ["object", arrayOrSet],
    "object",
    (args) => remove(objectAt(args, 0), pathTree(pathsAt(args, 1))),
    { charges: "all", factor: 8 },
  ),
  define(
    "json.patch",
    ["any", { array: "object" }],
    "any",
    (args, context) => {
      const target = valueAt(args, 0);
      const operations = arrayAt(args, 1);
      // Each operation copies what is on its way.
      context.spend(operations.length * weightOf(target, Number.MAX_SAFE_INTEGER));
      return applyPatch(target, operations);
    },
    { charges: "all", factor: 8 },
  ),
];

function marshal(value: Value): string {
  const text = escapeHtml(toJson(asJson(value)));
  checkText(text.length);
  return text;
}

/** Keys are text and sorted as such; sets are arrays. */
function asJson(value: Value): Value {
  return toValue(fromValue(value));
}

/** Go's encoder keeps JSON harmless inside HTML and JavaScript. */
function escapeHtml(text: string): string {
  return text.replace(/[<>&\u2028\u2029]/g, (point) => `\\u${point.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

interface MarshalOptions {
  readonly prefix: string;
  readonly indent: string;
}

/** `undefined`: no pretty printing. */
function marshalOptions(options: RegoObject): MarshalOptions | undefined {
  let prefix = "";
  let indent = "\t";
  let explicit: boolean | undefined;
  let implied = false;
  for (const [key, value] of options.entries()) {
    if (key === "prefix" || key === "indent") {
      if (typeof value !== "string") throw new BuiltinError(`operand 2 key ${key} failed cast to string`, "type");
      if (key === "prefix") prefix = value;
      else indent = value;
      implied = true;
    } else if (key === "pretty") {
      if (typeof value !== "boolean") throw new BuiltinError("operand 2 key pretty failed cast to bool", "type");
      explicit = value;
    } else throw new BuiltinError(`operand 2 object contained unknown key ${toJson(key)}`, "type");
  }
  return (explicit ?? implied) ? { prefix, indent } : undefined;
}

function indented(value: Value, prefix: string, indent: string, depth = 0): string {
  const open = `\n${prefix}${indent.repeat(depth + 1)}`;
  const close = `\n${prefix}${indent.repeat(depth)}`;
  if (isArray(value)) {
    const items = value.map((item) => indented(item, prefix, indent, depth + 1));
    return items.length === 0 ? "[]" : `[${open}${items.join(`,${open}`)}${close}]`;
  }
  if (value instanceof RegoObject) {
    const items = value.entries().map(([key, item]) => `${toJson(key)}: ${indented(item, prefix, indent, depth + 1)}`);
    return items.length === 0 ? "{}" : `{${open}${items.join(`,${open}`)}${close}}`;
  }
  return toJson(value);
}

function pathsAt(args: readonly Value[], index: number): readonly Path[] {
  return collectionAt(args, index).map((path) => {
    const parsed = parsePath(path);
    if (parsed === undefined) {
      throw new BuiltinError(
        `operand ${index + 1} must be one of {set, array} containing string paths or array of path segments but got ${typeName(path)}`,
        "type",
      );
    }
    return parsed;
  });
}

/** Paths as nested objects; `null` marks an end. A path below another's end adds nothing; an empty path names nothing. */
function pathTree(paths: readonly Path[]): RegoObject {
  const root = new RegoObject();
  for (const path of paths) insert(root, path);
  return root;
}

function insert(root: RegoObject, path: Path): void {
  const last = path.at(-1);
  if (last === undefined) return;
  let node = root;
  for (const step of path.slice(0, -1)) {
    const child = node.get(step);
    if (child === null) return;
    if (child instanceof RegoObject) node = child;
    else {
      const next = new RegoObject();
      node.put(step, next);
      node = next;
    }
  }
  node.put(last, null);
}

/** The parts of `value` on some path; `undefined` where no path leads into it. An index of an array is written as text. */
function filter(value: Value, tree: Value | undefined): Value | undefined {
  if (tree === null) return value;
  if (!(tree instanceof RegoObject)) return undefined;
  if (value instanceof RegoObject) {
    const kept = new RegoObject();
    for (const [key, item] of value.entries()) {
      const part = filter(item, tree.get(key));
      if (part !== undefined) kept.put(key, part);
    }
    return kept;
  }
  if (isArray(value)) {
    return value.map((item, index) => filter(item, tree.get(String(index)))).filter((item) => item !== undefined);
  }
  if (value instanceof RegoSet) {
    return RegoSet.from(
      value
        .members()
        .map((item) => filter(item, tree.get(item)))
        .filter((item) => item !== undefined),
    );
  }
  return value;
}

function remove(value: Value, tree: RegoObject): Value {
  const rest = (item: Value, branch: Value | undefined): Value | undefined =>
    branch === null ? undefined : branch instanceof RegoObject ? remove(item, branch) : item;
  if (value instanceof RegoObject) {
    const kept = new RegoObject();
    for (const [key, item] of value.entries()) {
      const part = rest(item, tree.get(key));
      if (part !== undefined) kept.put(key, part);
    }
    return kept;
  }
  if (isArray(value)) {
    return value.map((item, index) => rest(item, tree.get(String(index)))).filter((item) => item !== undefined);
  }
  if (value instanceof RegoSet) {
    return RegoSet.from(
      value
        .members()
        .map((item) => rest(item, tree.get(item)))
        .filter((item) => item !== undefined),
    );
  }
  return value;
}
