import { BuiltinError, type Builtin } from "../builtin.ts";
import { isNumber, parseNumber, typeName, type TypeName } from "../values.ts";
import { define, typeError, valueAt } from "./operands.ts";

const typeNames: readonly TypeName[] = ["array", "boolean", "null", "number", "object", "set", "string"];

export const types: readonly Builtin[] = [
  ...typeNames.map((name) => define(`is_${name}`, ["any"], "boolean", (args) => typeName(valueAt(args, 0)) === name)),
  define("type_name", ["any"], "string", (args) => typeName(valueAt(args, 0))),
  define("to_number", [{ anyOf: ["number", "string", "boolean", "null"] }], "number", (args) => {
    const value = valueAt(args, 0);
    if (value === null || value === false) return 0;
    if (value === true) return 1;
    if (isNumber(value)) return value;
    if (typeof value !== "string") throw typeError(0, value, "null", "boolean", "number", "string");
    if (/^[+-]*(inf|infinity|nan)$/i.test(value)) throw typeError(0, value, "valid number string");
    const parsed = parseLooseNumber(value);
    if (parsed === undefined) throw new BuiltinError("invalid syntax: the string is no number");
    return parsed;
  }),
];

/** Decimal spellings beyond JSON's that Go accepts too: `+1`, `.5`, `5.`, `007`. */
function parseLooseNumber(text: string): number | bigint | undefined {
  const match = /^([+-]?)0*([0-9]*)(?:\.([0-9]*))?([eE][+-]?[0-9]+)?$/.exec(text);
  if (match === null || !/[0-9]/.test(text.replace(/[eE].*/s, ""))) return undefined;
  const [, sign = "", whole = "", fraction = "", exponent = ""] = match;
  const digits = `${sign === "-" ? "-" : ""}${whole === "" ? "0" : whole}`;
  return parseNumber(`${digits}${fraction === "" ? "" : `.${fraction}`}${exponent}`);
}
