/** Names that can stand where an expression stands. */
import { builtinDocs, builtinSignature } from "../../builtins/docs.ts";
import { builtins } from "../../builtins/registry.ts";
import { importedName } from "../../compile/imports.ts";
import type { Local } from "../../compile/plan.ts";
import type { RuleNode, RuleTree } from "../../compile/rule-tree.ts";
import { records, type RecordName, rootRecords, roots } from "../../check/vocabulary.ts";
import type { Checker } from "../../check/checker.ts";
import type { Module } from "../../syntax/tree.ts";
import { remarkAbove } from "../metadata.ts";
import { ruleNotation, typeNotation } from "../notation.ts";
import { callSnippet, type Completion, completion } from "./completion.ts";

export function rootNames(): Completion[] {
  return roots.map((root) => {
    const fields = Object.keys(records[rootRecords[root]]).join(", ");
    return completion("root", root, { detail: rootRecords[root], documentation: `Has ${fields}.` });
  });
}

export function fieldsOf(record: RecordName): Completion[] {
  return Object.entries(records[record]).map(([name, field]) =>
    completion("field", name, {
      detail: `${typeNotation(field.type)}${field.optional === true ? ", may be absent" : ""}`,
      documentation: field.doc,
    }),
  );
}

export function locals(visible: readonly Local[], checker: Checker): Completion[] {
  return visible.map((local) => completion("variable", local.name, { detail: typeNotation(checker.typeOf(local)) }));
}

export function importedNames(module: Module): Completion[] {
  return module.imports
    .filter(({ path: [root] }) => root !== "rego" && root !== "future")
    .map((clause) => completion("package", importedName(clause), { detail: clause.path.join(".") }));
}

/** Rules and packages below a path of `data`, and keys of the JSON data there. */
export function below(rules: RuleTree, data: unknown, path: readonly string[]): Completion[] {
  const { node, depth } = rules.find(path);
  const ofRules = depth < path.length ? [] : [...node.children].map(([name, child]) => ofNode(name, child));
  const known = new Set(ofRules.map(({ label }) => label));
  return [...ofRules, ...keysAt(data, path).filter(({ label }) => !known.has(label))];
}

function ofNode(name: string, node: RuleNode): Completion {
  const { group } = node;
  if (group === undefined) return completion("package", name, { detail: ["data", ...node.path].join(".") });
  const [first] = group.rules;
  const remark = first === undefined ? undefined : remarkAbove(first.module, first.rule.span.line);
  const documentation = [remark?.title, remark?.text].filter((text) => text !== undefined).join("\n\n");
  const detail = ruleNotation(group, undefined);
  if (group.kind !== "function") return completion("rule", name, { detail, documentation });
  const args = (first?.rule.args ?? []).map((arg, index) => (arg.kind === "var" ? arg.name : `arg${index + 1}`));
  return completion("function", name, { detail, documentation, snippet: callSnippet(name, args) });
}

function keysAt(data: unknown, path: readonly string[]): Completion[] {
  let value = data;
  for (const step of path) value = isObject(value) && Object.hasOwn(value, step) ? value[step] : undefined;
  if (!isObject(value)) return [];
  return Object.entries(value)
    .filter(([key]) => /^[A-Za-z_]\w*$/.test(key))
    .map(([key, inner]) =>
      completion("field", key, { detail: `data: ${Array.isArray(inner) ? "array" : typeof inner}` }),
    );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Builtins whose names begin with these parts, without them: `now_ns` for `["time"]`. */
export function builtinsBelow(path: readonly string[]): Completion[] {
  const prefix = path.map((part) => `${part}.`).join("");
  return [...builtins.values()]
    .filter(({ name }) => name.startsWith(prefix))
    .map((builtin) => {
      const name = builtin.name.slice(prefix.length);
      const parameters = (builtinDocs[builtin.name]?.parameters ?? []).map((each) => each.replace("…", ""));
      return completion("function", name, {
        detail: builtinSignature(builtin),
        documentation: builtinDocs[builtin.name]?.text ?? "",
        snippet: callSnippet(name, parameters),
      });
    });
}
