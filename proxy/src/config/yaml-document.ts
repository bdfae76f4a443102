/**
 * Reads a YAML text against a schema and says of every mistake where it is: syntax, types, unknown and missing keys, all at
 * once. Values are shown in messages only where the schema says what they may be (enums), so that no secret comes out.
 */
import { isMap, isNode, isScalar, isSeq, LineCounter, type Node, parseDocument } from "yaml";
import { z } from "zod";
import { closest } from "./closest.ts";
import type { ConfigProblem } from "./problem.ts";

export type YamlResult<T> =
  | { readonly ok: true; readonly value: T; readonly document: YamlDocument }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] };

export type YamlPath = readonly (string | number)[];

/** Where things stand in a file that was read, for mistakes that only show later, such as a file that does not exist. */
export interface YamlDocument {
  problemAt(path: YamlPath, message: string, help?: string): ConfigProblem;
}

export function readYaml<T>(file: string, text: string, schema: z.ZodType<T>): YamlResult<T> {
  const lines = new LineCounter();
  // Duplicate keys are errors: the second would silently win.
  const parsed = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const at = (offset: number) => {
    const { line, col } = lines.linePos(Math.min(offset, text.length));
    return { file, line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  if (parsed.errors.length > 0) {
    const problems = parsed.errors.map((error) => ({ ...at(error.pos[0]), message: decapitalize(error.message) }));
    return { ok: false, problems };
  }
  const root = parsed.contents;
  const problemAt = (path: YamlPath, message: string, help?: string): ConfigProblem => ({
    ...at(offsetOf(root, path)),
    message,
    help,
  });

  let value: unknown;
  try {
    value = parsed.toJS({ maxAliasCount: 0 });
  } catch {
    return {
      ok: false,
      problems: [{ ...at(0), message: "YAML aliases are not supported here", help: "write the value out" }],
    };
  }
  if (value === null || value === undefined) {
    return { ok: false, problems: [{ ...at(0), message: "the file is empty", help: "see docs/configuration.md" }] };
  }
  const checked = schema.safeParse(value);
  if (checked.success) return { ok: true, value: checked.data, document: { problemAt } };
  const problems = checked.error.issues.flatMap((issue) => describeIssue(issue, value, schema, problemAt));
  problems.sort((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
  return { ok: false, problems };
}

function describeIssue(
  issue: z.core.$ZodIssue,
  root: unknown,
  schema: z.ZodType,
  problemAt: YamlDocument["problemAt"],
): ConfigProblem[] {
  const path = issue.path.map((part) => (typeof part === "symbol" ? String(part) : part));
  const subject = path.length === 0 ? "the file" : `\`${printPath(path)}\``;
  const input = valueAt(root, path);
  switch (issue.code) {
    case "unrecognized_keys": {
      const known = keysAt(schema, path);
      return issue.keys.map((key) => {
        const suggestion = closest(key, known);
        const help =
          suggestion === undefined
            ? `known here: ${known.map((each) => `\`${each}\``).join(", ")}`
            : `did you mean \`${suggestion}\`?`;
        return problemAt([...path, key], `unknown key \`${printPath([...path, key])}\``, help);
      });
    }
    case "invalid_type":
      if (input === undefined) return [problemAt(path, `${subject} is missing`)];
      return [
        problemAt(path, `${subject} must be ${typeNames[issue.expected] ?? issue.expected}, not ${typeOf(input)}`),
      ];
    case "invalid_value": {
      if (input === undefined) return [problemAt(path, `${subject} is missing`)];
      const values = issue.values.map(String);
      const suggestion = typeof input === "string" ? closest(input, values) : undefined;
      const help = suggestion === undefined ? undefined : `did you mean \`${suggestion}\`?`;
      return [problemAt(path, `${subject} must be one of ${values.map((value) => `\`${value}\``).join(", ")}`, help)];
    }
    case "too_small":
      if (issue.origin === "string") return [problemAt(path, `${subject} must not be empty`)];
      if (issue.origin === "array") return [problemAt(path, `${subject} needs at least ${issue.minimum} element`)];
      return [problemAt(path, `${subject} must be at least ${issue.minimum}`)];
    case "too_big":
      return [
        problemAt(
          path,
          `${subject} must be at most ${issue.maximum}${issue.origin === "string" ? " characters long" : ""}`,
        ),
      ];
    case "custom":
    case "invalid_format":
    case "invalid_union":
    case "invalid_key":
    case "invalid_element":
    case "not_multiple_of":
      break;
  }
  return [problemAt(path, path.length === 0 ? issue.message : `${subject} ${issue.message}`)];
}

const typeNames: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "`true` or `false`",
  array: "a list",
  object: "a map of keys",
  record: "a map of keys",
};

function typeOf(value: unknown): string {
  if (value === null) return "empty";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "string") return "a text";
  if (typeof value === "number") return Number.isInteger(value) ? "a whole number" : "a number";
  return typeof value === "boolean" ? "`true` or `false`" : "a map of keys";
}

/** `targets[0].port`. */
function printPath(path: YamlPath): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === "number") return `${text}[${part}]`;
    return text === "" ? part : `${text}.${part}`;
  }, "");
}

function valueAt(root: unknown, path: YamlPath): unknown {
  let value: unknown = root;
  for (const part of path) {
    if (typeof value !== "object" || value === null) return undefined;
    value = Reflect.get(value, part);
  }
  return value;
}

/** Of the key where there is one, else of the nearest thing around it. */
function offsetOf(root: Node | null, path: YamlPath): number {
  let node: unknown = root;
  let offset = root?.range?.[0] ?? 0;
  for (const part of path) {
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(part));
      if (pair === undefined) return offset;
      if (isScalar(pair.key)) offset = pair.key.range?.[0] ?? offset;
      node = pair.value;
    } else if (isSeq(node) && typeof part === "number") {
      const item = node.items[part];
      if (isNode(item)) offset = item.range?.[0] ?? offset;
      node = item;
    } else {
      return offset;
    }
  }
  return offset;
}

function keysAt(schema: z.ZodType, path: YamlPath): string[] {
  type JsonSchema = z.core.JSONSchema._JSONSchema | z.core.JSONSchema._JSONSchema[] | undefined;
  const step = (node: JsonSchema, part: string | number): JsonSchema => {
    if (typeof node !== "object" || Array.isArray(node)) return undefined;
    return typeof part === "number" ? node.items : node.properties?.[part];
  };
  const root: JsonSchema = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
  const node = path.reduce<JsonSchema>(step, root);
  return typeof node === "object" && !Array.isArray(node) ? Object.keys(node.properties ?? {}) : [];
}

function decapitalize(message: string): string {
  return message.charAt(0).toLowerCase() + message.slice(1).replace(/\.$/, "");
}
