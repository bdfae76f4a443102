/**
 * What each builtin is for: the names of its parameters and one sentence. For editors, `policy doc` and docs/language.md; types come
 * from the builtin itself.
 */
import type { Builtin, BuiltinType } from "../builtin.ts";

interface BuiltinDoc {
  /** In order; as many as the builtin takes at most, or one that ends in `…` for any number. */
  readonly parameters: readonly string[];
  readonly text: string;
}

const doc = (parameters: string, text: string): BuiltinDoc => ({
  parameters: parameters === "" ? [] : parameters.split(" "),
  text,
});

/** By the builtin's full name. */
export const builtinDocs: Readonly<Record<string, BuiltinDoc>> = {
  // Aggregates
  count: doc("collection", "How many members a collection or code points a string has."),
  sum: doc("numbers", "The sum of the numbers; 0 where there are none."),
  product: doc("numbers", "The product of the numbers; 1 where there are none."),
  max: doc("collection", "The largest member; undefined where there is none."),
  min: doc("collection", "The smallest member; undefined where there is none."),
  sort: doc("collection", "The members in ascending order, as an array."),
  // Arrays
  "array.concat": doc("first second", "The items of the first array, then those of the second."),
  "array.flatten": doc("array", "The array with the items of nested arrays in their place."),
  "array.reverse": doc("array", "The items in reverse order."),
  "array.slice": doc("array start stop", "The items from index `start` up to, not including, `stop`."),
  // Bits
  "bits.and": doc("x y", "The bits set in both integers."),
  "bits.or": doc("x y", "The bits set in either integer."),
  "bits.xor": doc("x y", "The bits set in exactly one of the integers."),
  "bits.negate": doc("x", "The integer with every bit flipped."),
  "bits.lsh": doc("x n", "The integer with its bits moved left by `n`."),
  "bits.rsh": doc("x n", "The integer with its bits moved right by `n`."),
  // Cryptography
  "crypto.md5": doc("text", "The MD5 digest of the text, in hexadecimal."),
  "crypto.sha1": doc("text", "The SHA-1 digest of the text, in hexadecimal."),
  "crypto.sha256": doc("text", "The SHA-256 digest of the text, in hexadecimal."),
  "crypto.hmac.md5": doc("text key", "The HMAC-MD5 of the text, in hexadecimal."),
  "crypto.hmac.sha1": doc("text key", "The HMAC-SHA-1 of the text, in hexadecimal."),
  "crypto.hmac.sha256": doc("text key", "The HMAC-SHA-256 of the text, in hexadecimal."),
  "crypto.hmac.sha512": doc("text key", "The HMAC-SHA-512 of the text, in hexadecimal."),
  "crypto.hmac.equal": doc("mac1 mac2", "Whether two codes are equal, compared in constant time."),
  // Encoding
  "base64.encode": doc("text", "The text in base64, with padding."),
  "base64.decode": doc("encoded", "The text that is written in base64."),
  "base64.is_valid": doc("value", "Whether the value is a string in base64."),
  "base64url.encode": doc("text", "The text in the base64 variant for URLs, with padding."),
  "base64url.encode_no_pad": doc("text", "The text in the base64 variant for URLs, without padding."),
  "base64url.decode": doc("encoded", "The text that is written in the base64 variant for URLs."),
  "hex.encode": doc("text", "The bytes of the text in hexadecimal."),
  "hex.decode": doc("encoded", "The text whose bytes are written in hexadecimal."),
  "urlquery.encode": doc("text", "The text as a part of a URL's query."),
  "urlquery.decode": doc("encoded", "The text that is written as a part of a URL's query."),
  "urlquery.encode_object": doc("object", "The object as a URL's query, keys in order."),
  "urlquery.decode_object": doc("query", "The keys of a URL's query, each with its values."),
  // Patterns
  "glob.match": doc(
    "pattern delimiters text",
    "Whether the text matches the glob; `*` stops at the delimiters (`.` for an empty list, none for null), `**` does not.",
  ),
  "glob.quote_meta": doc("text", "The text as a glob that matches nothing else."),
  // Graphs
  "graph.reachable": doc("graph initial", "The nodes that can be reached from the initial ones."),
  "graph.reachable_paths": doc(
    "graph initial",
    "The paths from the initial nodes to where they end or begin to repeat.",
  ),
  // JSON
  "json.marshal": doc("value", "The value as JSON text."),
  "json.marshal_with_options": doc("value options", "The value as JSON text, with `pretty`, `indent` and `prefix`."),
  "json.unmarshal": doc("text", "The value that JSON text describes."),
  "json.is_valid": doc("value", "Whether the value is a string that holds JSON."),
  "json.filter": doc("object paths", "The object with nothing but what the paths name."),
  "json.remove": doc("object paths", "The object without what the paths name."),
  "json.patch": doc("value patches", "The value after a list of JSON Patch operations (RFC 6902)."),
  // Labels
  "label.within": doc(
    "label group",
    'Whether a label is the group\'s or below it: `label.within("pii.email", "pii")` is true.',
  ),
  // Networks
  "net.cidr_contains": doc("cidr cidr_or_ip", "Whether a block of addresses contains an address or another block."),
  "net.cidr_contains_matches": doc(
    "cidrs cidrs_or_ips",
    "The pairs of indices or keys where a block of the first contains what stands in the second.",
  ),
  "net.cidr_intersects": doc("cidr1 cidr2", "Whether two blocks share an address."),
  "net.cidr_expand": doc("cidr", "All addresses of a block."),
  "net.cidr_is_valid": doc("value", "Whether the value is a string that names a block of addresses."),
  "net.cidr_merge": doc("cidrs_or_ips", "The fewest blocks that hold exactly these addresses."),
  // Numbers
  abs: doc("x", "The number without its sign."),
  ceil: doc("x", "The number rounded up to an integer."),
  floor: doc("x", "The number rounded down to an integer."),
  round: doc("x", "The number rounded to the nearest integer, halves away from zero."),
  "numbers.range": doc("first last", "The integers from first to last, both included; downward where last is smaller."),
  "numbers.range_step": doc("first last step", "The integers from first to last, a positive step apart."),
  format_int: doc("number base", "The number, rounded down, in base 2, 8, 10 or 16."),
  // Objects
  "object.get": doc("object key default", "What stands at a key, or at a path given as an array; else the default."),
  "object.keys": doc("object", "The keys as a set."),
  "object.remove": doc("object keys", "The object without these keys."),
  "object.filter": doc("object keys", "The object with these keys only."),
  "object.union": doc("first second", "Both objects in one, nested ones too; the second wins."),
  "object.union_n": doc("objects", "All objects in one, nested ones too; later ones win."),
  "object.subset": doc("super sub", "Whether the second is part of the first, nested objects too."),
  // Tests
  print: doc("values…", "Writes its arguments to the test report; true always."),
  // Regular expressions
  "regex.match": doc("pattern text", "Whether the pattern matches somewhere in the text; in linear time (RE2)."),
  "regex.is_valid": doc("value", "Whether the value is a string that holds a regular expression."),
  "regex.find_n": doc("pattern text n", "The first `n` matches; all for -1."),
  "regex.find_all_string_submatch_n": doc("pattern text n", "The first `n` matches with their groups; all for -1."),
  "regex.split": doc("pattern text", "The parts of the text between the matches."),
  "regex.replace": doc("text pattern value", "The text with each match replaced; `$1` is the first group."),
  "regex.template_match": doc(
    "template text delimiter_start delimiter_end",
    "Whether the text matches a template in which regular expressions stand between delimiters.",
  ),
  "regex.globs_match": doc("glob1 glob2", "Whether some text matches both of two simple patterns."),
  // Versions
  "semver.compare": doc("a b", "-1, 0 or 1: whether version a comes before, with or after version b."),
  "semver.is_valid": doc("value", "Whether the value is a string that holds a semantic version."),
  // Sets
  union: doc("sets", "What is in any of the sets."),
  intersection: doc("sets", "What is in all of the sets."),
  // Strings
  sprintf: doc("format values", "The format with its verbs (`%s`, `%d`, `%v`, …) replaced by the values."),
  concat: doc("delimiter strings", "The strings joined, with the delimiter between them."),
  contains: doc("text search", "Whether the text contains another."),
  startswith: doc("text prefix", "Whether the text begins with another."),
  endswith: doc("text suffix", "Whether the text ends with another."),
  "strings.any_prefix_match": doc("texts prefixes", "Whether any of the texts begins with any of the prefixes."),
  "strings.any_suffix_match": doc("texts suffixes", "Whether any of the texts ends with any of the suffixes."),
  "strings.count": doc("text search", "How often a text occurs in another, without overlaps."),
  "strings.reverse": doc("text", "The text backwards."),
  "strings.replace_n": doc("patterns text", "The text with each key of the object replaced by its value."),
  indexof: doc("text search", "Where a text first occurs, in code points from 0; -1 where it does not."),
  indexof_n: doc("text search", "Where a text occurs, each place in code points from 0."),
  lower: doc("text", "The text in lower case."),
  upper: doc("text", "The text in upper case."),
  replace: doc("text old new", "The text with each `old` replaced by `new`."),
  split: doc("text delimiter", "The parts of the text between the delimiters."),
  substring: doc("text offset length", "`length` code points from `offset` on; to the end for -1."),
  trim: doc("text cutset", "The text without characters of the cutset at both ends."),
  trim_left: doc("text cutset", "The text without characters of the cutset at its beginning."),
  trim_right: doc("text cutset", "The text without characters of the cutset at its end."),
  trim_prefix: doc("text prefix", "The text without the prefix, where it begins so."),
  trim_suffix: doc("text suffix", "The text without the suffix, where it ends so."),
  trim_space: doc("text", "The text without white space at both ends."),
  // Time
  "time.now_ns": doc("", "The time of the decision, in nanoseconds since 1970; the same throughout one decision."),
  "time.parse_ns": doc("layout value", "A time in Go's layout, in nanoseconds since 1970."),
  "time.parse_rfc3339_ns": doc("value", "A time such as `2026-11-23T08:00:00Z`, in nanoseconds since 1970."),
  "time.parse_duration_ns": doc("duration", "A duration such as `1h30m`, in nanoseconds."),
  "time.format": doc("time", "A time as text: nanoseconds, or an array with time zone and layout."),
  "time.date": doc("time", "Year, month and day of a time: nanoseconds, or an array with a time zone."),
  "time.clock": doc("time", "Hour, minute and second of a time: nanoseconds, or an array with a time zone."),
  "time.weekday": doc("time", "The day of the week in English: `Monday`."),
  "time.add_date": doc("time years months days", "The time so many years, months and days later, in nanoseconds."),
  "time.diff": doc("time1 time2", "Years, months, days, hours, minutes and seconds between two times."),
  // Types
  is_array: doc("value", "Whether the value is an array."),
  is_boolean: doc("value", "Whether the value is true or false."),
  is_null: doc("value", "Whether the value is null."),
  is_number: doc("value", "Whether the value is a number."),
  is_object: doc("value", "Whether the value is an object."),
  is_set: doc("value", "Whether the value is a set."),
  is_string: doc("value", "Whether the value is a string."),
  type_name: doc("value", "The type's name: `string`, `number`, `set` and so on."),
  to_number: doc("value", "The number that a string, boolean or null stands for."),
  // Units
  "units.parse": doc("text", "A number with a decimal or binary unit: `10K`, `1Mi`, `200m`."),
  "units.parse_bytes": doc("text", "A size such as `10MB` or `4KiB`, in bytes."),
  // Identifiers
  "uuid.rfc4122": doc("key", "A random UUID, the same for the same key within one decision."),
  "uuid.parse": doc("text", "Version, variant and further fields of a UUID."),
  // Trees
  walk: doc("value", "Each part of a value with its path: `[path, part] := walk(x)` or `walk(x, [path, part])`."),
  // YAML
  "yaml.marshal": doc("value", "The value as YAML text."),
  "yaml.unmarshal": doc("text", "The value that YAML text describes."),
  "yaml.is_valid": doc("value", "Whether the value is a string that holds YAML."),
};

/** Signature and sentence, for whoever wrote a call that does not fit. */
export function describeBuiltin(builtin: Builtin): string {
  const text = builtinDocs[builtin.name]?.text;
  return text === undefined ? builtinSignature(builtin) : `${builtinSignature(builtin)}: ${text}`;
}

/** `startswith(text: string, prefix: string) → boolean` */
export function builtinSignature(builtin: Builtin): string {
  const parameters = (builtinDocs[builtin.name]?.parameters ?? []).map((name, index) => {
    const type = builtin.types?.args?.[index];
    return type === undefined || type === "any" ? name : `${name}: ${printType(type)}`;
  });
  return `${builtin.name}(${parameters.join(", ")}) → ${printType(builtin.types?.result ?? "any")}`;
}

function printType(type: BuiltinType): string {
  if (typeof type === "string") return type;
  if ("array" in type) return `array<${printType(type.array)}>`;
  if ("set" in type) return `set<${printType(type.set)}>`;
  if ("object" in type) return `object<${printType(type.object.key)}, ${printType(type.object.value)}>`;
  return type.anyOf.map(printType).join(" | ");
}
