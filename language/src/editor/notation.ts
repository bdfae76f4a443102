/** Types and signatures as people write them: `set<string>`, `partial(keep_first, keep_last, [char])`. */
import { any, type Type } from "../check/types.ts";
import type { FieldType, MaskSignature } from "../check/vocabulary.ts";
import type { Checker } from "../check/checker.ts";
import type { Group } from "../compile/rule-tree.ts";

export function typeNotation(type: Type | FieldType): string {
  switch (type.kind) {
    case "array":
    case "set":
      return `${type.kind}<${typeNotation(type.of)}>`;
    case "object":
      return type.of.kind === "any" ? "object" : `object<string, ${typeNotation(type.of)}>`;
    case "record":
      return type.record;
    case "union":
      return type.of.map(typeNotation).join(" | ");
    default:
      return type.kind;
  }
}

export function maskNotation(name: string, { arguments: parameters }: MaskSignature): string {
  const list = parameters.map((parameter) => (parameter.optional ? `[${parameter.name}]` : parameter.name));
  return `${name}(${list.join(", ")})`;
}

/** `is_agent: boolean`, `granted: set<string>`, `sees(label_name): boolean`; without types where they are not known. */
export function ruleNotation(group: Group, checker: Checker | undefined): string {
  const name = group.path.at(-1) ?? "";
  const type = checker?.valueOf(group) ?? any;
  const value = type.kind === "any" ? "" : typeNotation(type);
  switch (group.kind) {
    case "function":
      return `${name}(${parameterNames(group).join(", ")})${value === "" ? "" : `: ${value}`}`;
    case "set":
      return `${name}: ${value === "" ? "set" : `set<${value}>`}`;
    case "object":
      return `${name}: ${value === "" ? "object" : `object<any, ${value}>`}`;
    case "complete":
      return value === "" ? name : `${name}: ${value}`;
  }
}

/** As the first definition calls them; patterns have no name. */
function parameterNames(group: Group): readonly string[] {
  const args = group.rules[0]?.rule.args ?? [];
  return args.map((arg, index) => (arg.kind === "var" && arg.name !== "_" ? arg.name : `arg${index + 1}`));
}
