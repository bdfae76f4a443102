import { BuiltinError, type Builtin } from "../builtin.ts";
import { RegoObject, RegoSet, isArray, toJson, type Value } from "../values.ts";
import { base64Of, bytesOfBase64, bytesOfHex, hexOf, textOf, utf8Of } from "./bytes.ts";
import { define, objectAt, ofString, valueAt } from "./operands.ts";

/** Each character is looked at alone, and made into a text of its own for URLs. */
const byteFactor = 8;
const urlFactor = 32;

export const encoding: readonly Builtin[] = [
  ofString("base64.encode", "string", (text) => base64Of(utf8Of(text), "base64"), byteFactor),
  ofString("base64.decode", "string", (text) => decodeBase64(text, "base64"), byteFactor),
  define("base64.is_valid", ["any"], "boolean", (args) => {
    const text = valueAt(args, 0);
    return typeof text === "string" && isBase64(text, "base64");
  }),
  ofString("base64url.encode", "string", (text) => base64Of(utf8Of(text), "base64url"), byteFactor),
  ofString(
    "base64url.encode_no_pad",
    "string",
    (text) => base64Of(utf8Of(text), "base64url").replaceAll("=", ""),
    byteFactor,
  ),
  ofString(
    "base64url.decode",
    "string",
    (text) => {
      // Padding may be left out (RFC 7515, appendix C).
      const padded = text.endsWith("=") ? text : text.padEnd(Math.ceil(text.length / 4) * 4, "=");
      return decodeBase64(padded, "base64url");
    },
    byteFactor,
  ),
  ofString("hex.encode", "string", (text) => hexOf(utf8Of(text)), byteFactor),
  ofString(
    "hex.decode",
    "string",
    (text) => {
      if (text.length % 2 !== 0 || /[^0-9a-fA-F]/.test(text))
        throw new BuiltinError("the text is not an even number of hexadecimal digits");
      return textOf(bytesOfHex(text));
    },
    byteFactor,
  ),
  ofString("urlquery.encode", "string", encodeQuery, urlFactor),
  ofString("urlquery.decode", "string", decodeQuery, urlFactor),
  define(
    "urlquery.encode_object",
    ["object"],
    "string",
    (args) =>
      objectAt(args, 0)
        .entries()
        .flatMap(([key, value]) => {
          const name = encodeQuery(typeof key === "string" ? key : toJson(key));
          return queryValues(value).map((text) => `${name}=${encodeQuery(text)}`);
        })
        .join("&"),
    { charges: "all", factor: urlFactor },
  ),
  ofString(
    "urlquery.decode_object",
    { object: { key: "string", value: { array: "string" } } },
    (text) => {
      const found = new Map<string, string[]>();
      for (const part of text.split("&")) {
        if (part === "") continue;
        if (part.includes(";")) throw new BuiltinError("invalid semicolon separator in query");
        const equals = part.indexOf("=");
        const name = decodeQuery(equals < 0 ? part : part.slice(0, equals));
        const value = equals < 0 ? "" : decodeQuery(part.slice(equals + 1));
        const values = found.get(name);
        if (values === undefined) found.set(name, [value]);
        else values.push(value);
      }
      return RegoObject.fromEntries(found);
    },
    2 * urlFactor,
  ),
];

type Alphabet = "base64" | "base64url";

/** What no text of the alphabet holds: a search, not a match of the whole, which could exhaust the stack on long texts. */
const foreign: Readonly<Record<Alphabet, RegExp>> = { base64: /[^A-Za-z0-9+/]/, base64url: /[^A-Za-z0-9_-]/ };

/** Padding is required, line breaks are ignored, as by Go's decoder. */
function isBase64(text: string, alphabet: Alphabet): boolean {
  const joined = text.replace(/[\r\n]/g, "");
  return joined.length % 4 === 0 && !foreign[alphabet].test(joined.replace(/={1,2}$/, ""));
}

function decodeBase64(text: string, alphabet: Alphabet): string {
  if (!isBase64(text, alphabet)) throw new BuiltinError(`the text is not valid ${alphabet}`);
  return textOf(bytesOfBase64(text.replace(/[\r\n=]/g, "")));
}

/** Everything but letters, digits and `-_.~` as `%XX`, a space as `+`. */
function encodeQuery(text: string): string {
  let result = "";
  for (const byte of utf8Of(text)) {
    const char = String.fromCharCode(byte);
    if (/[A-Za-z0-9\-_.~]/.test(char)) result += char;
    else result += char === " " ? "+" : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return result;
}

const percent = "%".charCodeAt(0);

function decodeQuery(text: string): string {
  if (/%(?![0-9a-fA-F]{2})/.test(text)) throw new BuiltinError("invalid URL escape");
  const bytes = utf8Of(text.replaceAll("+", " "));
  let length = 0;
  for (let index = 0; index < bytes.length; index += 1) {
    if (bytes[index] === percent) {
      bytes[length++] = Number.parseInt(String.fromCharCode(bytes[index + 1] ?? 0, bytes[index + 2] ?? 0), 16);
      index += 2;
    } else bytes[length++] = bytes[index] ?? 0;
  }
  return textOf(bytes.subarray(0, length));
}

function queryValues(value: Value): readonly string[] {
  if (typeof value === "string") return [value];
  const items = isArray(value) ? value : value instanceof RegoSet ? value.members() : undefined;
  if (items === undefined || !items.every((item) => typeof item === "string")) {
    throw new BuiltinError("operand 1 values must be string, array[string], or set[string]", "type");
  }
  return items;
}
