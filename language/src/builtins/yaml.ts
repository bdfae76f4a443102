import {
  LineCounter,
  parseDocument,
  stringify,
  type DocumentOptions,
  type ParseOptions,
  type SchemaOptions,
} from "yaml";
import { BuiltinError, type Builtin, type BuiltinContext } from "../builtin.ts";
import { fromValue, toValue, type Value } from "../values.ts";
import { weightOf } from "../weight.ts";
import { checkText, define, ofString, valueAt } from "./operands.ts";

/** YAML 1.1's words for booleans and its merge keys, as OPA reads; no dates, binaries or base-60 numbers, which JSON has not. */
const options: ParseOptions & DocumentOptions & SchemaOptions = {
  version: "1.1",
  schema: "yaml-1.1",
  intAsBigInt: true,
  merge: true,
  customTags: (tags) =>
    tags.filter(
      (tag) =>
        typeof tag === "string" ||
        (!["TIME", "BIN"].includes(tag.format ?? "") && !/timestamp|binary|omap|pairs|set$/.test(tag.tag)),
    ),
  logLevel: "silent",
};

/** Aliases may not blow a small text up ("billion laughs"). */
const aliasesMax = 100;

export const yaml: readonly Builtin[] = [
  define(
    "yaml.marshal",
    ["any"],
    "string",
    (args, context) => {
      context.spend(parseSteps * weightOf(valueAt(args, 0), Number.MAX_SAFE_INTEGER));
      const text = stringify(fromValue(valueAt(args, 0)), {
        indentSeq: false,
        lineWidth: 0,
        version: "1.1",
        aliasDuplicateObjects: false,
      });
      checkText(text.length);
      return text;
    },
    { charges: "all" },
  ),
  ofString("yaml.unmarshal", "any", parse),
  define("yaml.is_valid", ["any"], "boolean", (args, context) => {
    const text = valueAt(args, 0);
    if (typeof text !== "string") return false;
    try {
      parse(text, context);
      return true;
    } catch (error) {
      if (error instanceof BuiltinError) return false;
      throw error;
    }
  }),
];

/** Steps for each character: reading YAML takes a microsecond for each. */
const parseSteps = 32;

function parse(text: string, context: BuiltinContext): Value {
  context.spend(text.length * parseSteps);
  const lines = new LineCounter();
  const document = parseDocument(text, { ...options, lineCounter: lines });
  const [problem] = document.errors;
  if (problem !== undefined) {
    // Only where and what kind: the message may quote the text, which may be hidden data.
    throw new BuiltinError(
      `yaml: line ${lines.linePos(problem.pos[0]).line}: ${problem.code.toLowerCase().replaceAll("_", " ")}`,
    );
  }
  try {
    return withTextKeys(document.toJS({ maxAliasCount: aliasesMax, mapAsMap: true }));
  } catch (error) {
    if (error instanceof BuiltinError) throw error;
    throw new BuiltinError("yaml: the document cannot be read as JSON");
  }
}

/** As JSON has it: keys are text. */
function withTextKeys(plain: unknown): Value {
  if (Array.isArray(plain)) return plain.map(withTextKeys);
  if (plain instanceof Map) {
    return toValue(
      new Map(Array.from(plain, ([key, value]) => [typeof key === "string" ? key : String(key), withTextKeys(value)])),
    );
  }
  return toValue(plain);
}
