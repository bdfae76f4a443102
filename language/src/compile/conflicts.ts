import { type Diagnostic, diagnostic } from "../diagnostics.ts";
import { type Group, groupsBelow, type RuleNode, type SourceRule } from "./rule-tree.ts";

/** Rules of one path that cannot stand beside each other; without this, one of them would be silently ignored. */
export function conflictErrors(root: RuleNode): Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  visit(root, diagnostics);
  return diagnostics;
}

function visit(node: RuleNode, diagnostics: Diagnostic[]): void {
  if (node.group !== undefined) {
    diagnostics.push(...conflictsWithin(node.group));
    // What stands below a value can never be reached. (A group with variable keys has taken in what stands below it.)
    const [below] = [...node.children.values()].flatMap(groupsBelow);
    const [hidden] = below?.rules ?? [];
    if (hidden !== undefined) {
      const path = ["data", ...node.path].join(".");
      diagnostics.push(conflict(hidden, `stands below \`${path}\`, which other rules define as a whole`));
    }
  }
  for (const child of node.children.values()) visit(child, diagnostics);
}

function conflictsWithin(group: Group): Diagnostic[] {
  const [first, ...others] = group.rules;
  if (first === undefined) return [];
  const shape = shapeOf(group, first);
  const different = others.find((source) => shapeOf(group, source) !== shape);
  if (different !== undefined) {
    return [conflict(different, `defines ${shapeOf(group, different)}, and another of the same name ${shape}`)];
  }
  const defaults = new Set<string>();
  for (const source of group.rules) {
    if (!source.rule.isDefault) continue;
    const path = pathText(source);
    if (defaults.has(path)) return [conflict(source, "has another default already")];
    defaults.add(path);
  }
  return [];
}

/** What a rule makes of its group's path, for people to read; rules of different shapes cannot share it. */
function shapeOf(group: Group, { module, rule }: SourceRule): string {
  if (rule.args !== undefined) return `a function of ${rule.args.length} argument${rule.args.length === 1 ? "" : "s"}`;
  if (module.package.length + 1 + rule.path.length > group.path.length) return "an object";
  return rule.member === undefined ? "a single value" : "a set";
}

/** Paths of defaults hold constants only. */
function pathText({ module, rule }: SourceRule): string {
  const steps = rule.path.map((step) => (step.kind === "scalar" ? step.value : null));
  return JSON.stringify([...module.package, rule.name.text, ...steps.map(String)]);
}

function conflict({ rule }: SourceRule, why: string): Diagnostic {
  return diagnostic("P214", `rule \`${rule.name.text}\` ${why}`, rule.name.span, "give one of them another name");
}
