/**
 * All rules of all modules as a tree of `data` paths. A node with rules is a group: one generated function. Where a rule's path
 * has variables (`p[x].q := …`), everything below belongs to that group, since only evaluating it tells which keys exist.
 */
import type { Module, Rule } from "../syntax/tree.ts";
import type { Definition, Term } from "./plan.ts";

export interface SourceRule {
  readonly module: Module;
  readonly rule: Rule;
}

type GroupKind = "complete" | "set" | "object" | "function";

export interface Group {
  readonly id: number;
  /** Below `data`. */
  readonly path: readonly string[];
  readonly rules: SourceRule[];
  kind: GroupKind;
  /** For functions. */
  arity: number;
  /** Filled by the resolver. */
  definitions: readonly Definition[];
  /** It calls `rows` itself. */
  asksRows: boolean;
  /** Groups that this one may evaluate. */
  readonly uses: Set<Group>;
}

export interface RuleNode {
  readonly path: readonly string[];
  readonly children: Map<string, RuleNode>;
  group: Group | undefined;
}

function newNode(path: readonly string[]): RuleNode {
  return { path, children: new Map(), group: undefined };
}

/** Leading constant string steps of a rule's path. */
function constantSteps(rule: Rule): string[] {
  const steps: string[] = [];
  for (const step of rule.path) {
    if (step.kind !== "scalar" || typeof step.value !== "string") break;
    steps.push(step.value);
  }
  return steps;
}

export class RuleTree {
  readonly root: RuleNode = newNode([]);
  readonly groups: Group[] = [];

  constructor(modules: readonly Module[]) {
    for (const module of modules) {
      this.nodeAt(module.package);
      for (const rule of module.rules) this.add(module, rule);
    }
    this.absorb(this.root);
    this.collect(this.root);
  }

  /** The node at a path, made where there is none. */
  private nodeAt(path: readonly string[]): RuleNode {
    let node = this.root;
    path.forEach((step, index) => {
      const next = node.children.get(step) ?? newNode(path.slice(0, index + 1));
      node.children.set(step, next);
      node = next;
    });
    return node;
  }

  private add(module: Module, rule: Rule): void {
    const steps = constantSteps(rule);
    const node = this.nodeAt([...module.package, rule.name.text, ...steps]);
    node.group ??= {
      id: -1,
      path: node.path,
      rules: [],
      kind: "complete",
      arity: 0,
      definitions: [],
      asksRows: false,
      uses: new Set(),
    };
    node.group.rules.push({ module, rule });
  }

  /** Groups with variable keys take in what stands below them. */
  private absorb(node: RuleNode): void {
    const group = node.group;
    if (group !== undefined && group.rules.some((source) => isPartial(group, source))) {
      for (const below of [...node.children.values()].flatMap(groupsBelow)) group.rules.push(...below.rules);
      node.children.clear();
    }
    for (const child of node.children.values()) this.absorb(child);
  }

  private collect(node: RuleNode): void {
    if (node.group !== undefined) {
      const group = { ...node.group, id: this.groups.length };
      group.kind = kindOf(group);
      group.arity = group.rules[0]?.rule.args?.length ?? 0;
      node.group = group;
      this.groups.push(group);
    }
    for (const child of node.children.values()) this.collect(child);
  }

  /** The deepest node on a path, and how many steps lead to it. */
  find(path: readonly string[]): { readonly node: RuleNode; readonly depth: number } {
    let node = this.root;
    let depth = 0;
    for (const step of path) {
      if (node.group !== undefined) break;
      const next = node.children.get(step);
      if (next === undefined) break;
      node = next;
      depth += 1;
    }
    return { node, depth };
  }
}

/** The rule defines something below the group's path. */
function isPartial(group: Group, { module, rule }: SourceRule): boolean {
  return rule.args === undefined && module.package.length + 1 + rule.path.length > group.path.length;
}

function kindOf(group: Group): GroupKind {
  const [first] = group.rules;
  if (first?.rule.args !== undefined) return "function";
  if (group.rules.some((source) => isPartial(group, source))) return "object";
  return first?.rule.member === undefined ? "complete" : "set";
}

/** All groups at or below a node. */
export function groupsBelow(node: RuleNode): Group[] {
  const below = [...node.children.values()].flatMap(groupsBelow);
  return node.group === undefined ? below : [node.group, ...below];
}

/** These groups and all that they may evaluate, directly or not. */
export function withUsed(groups: Iterable<Group>): Set<Group> {
  const found = new Set(groups);
  // A set that grows is iterated to its new end.
  for (const group of found) for (const used of group.uses) found.add(used);
  return found;
}

/** Each group before those that it may evaluate. */
export function callersFirst(groups: readonly Group[]): Group[] {
  const done = new Set<Group>();
  const calleesFirst: Group[] = [];
  const visit = (group: Group): void => {
    if (done.has(group)) return;
    done.add(group);
    group.uses.forEach(visit);
    calleesFirst.push(group);
  };
  groups.forEach(visit);
  return calleesFirst.reverse();
}

/** The groups that a reference below `data` may evaluate; steps that are no constants fit any name. */
export function groupsMatching(rules: RuleTree, steps: readonly Term[]): Group[] {
  return matching(rules.root, steps);
}

function matching(node: RuleNode, steps: readonly Term[]): Group[] {
  const [step, ...rest] = steps;
  if (step === undefined || node.group !== undefined) return groupsBelow(node);
  if (step.kind === "const") {
    const next = typeof step.value === "string" ? node.children.get(step.value) : undefined;
    return next === undefined ? [] : matching(next, rest);
  }
  return [...node.children.values()].flatMap((child) => matching(child, rest));
}
