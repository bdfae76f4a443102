/**
 * What the global names of a file mean: imports, rules of its package, roots, functions. Remembers where each of them stands, for
 * editors and for what nobody uses.
 */
import type { RootName } from "../check/vocabulary.ts";
import type { Builtin } from "../builtin.ts";
import { refusalOf } from "../builtins/registry.ts";
import { type Diagnostic, diagnostic, type Span } from "../diagnostics.ts";
import type { Import, Module, Name, With } from "../syntax/tree.ts";
import { isRoot, type Imports, type ResolvedImports } from "./imports.ts";
import type { Callee, Local, Term } from "./plan.ts";
import { type Group, groupsMatching, type RuleTree } from "./rule-tree.ts";
import type { Scope } from "./scope.ts";

export interface ResolveOptions {
  readonly builtins: ReadonlyMap<string, Builtin>;
  /** The vocabulary's roots are names; off for plain Rego, where they are variables like any other. */
  readonly vocabulary: boolean;
  readonly imports: ResolvedImports;
  /** Give a plan of what has mistakes too: for completion, where something is always unfinished. */
  readonly tolerant?: boolean;
}

/** What a name stands for. */
export type NameMeaning =
  /** `scope` is where it is used: what else can be named there. */
  | { readonly kind: "local"; readonly local: Local; readonly scope: Scope }
  | { readonly kind: "rule"; readonly group: Group }
  | { readonly kind: "import"; readonly import: Import }
  | { readonly kind: "root"; readonly root: RootName }
  | { readonly kind: "builtin"; readonly builtin: Builtin };

/** A name at its place. */
export interface Occurrence {
  readonly span: Span;
  readonly meaning: NameMeaning;
}

/** What a `with` replaces. */
export interface Target {
  /** Of the whole path, as written. */
  readonly span: Span;
  readonly path: readonly string[];
}

const noImports: Imports = new Map();

export class Names {
  readonly diagnostics: Diagnostic[] = [];
  readonly occurrences: Occurrence[] = [];
  readonly targets: Target[] = [];
  private readonly rules: RuleTree;
  private readonly options: ResolveOptions;
  private imports = noImports;
  private ownPackage: readonly string[] | undefined;
  private uses = new Set<Group>();
  private inTest = false;
  /** Whether what was entered last asks for rows. */
  askedRows = false;

  constructor(rules: RuleTree, options: ResolveOptions) {
    this.rules = rules;
    this.options = options;
  }

  /**
   * Begins a rule, a decision statement or, without a module, a query.
   * @param uses gets the groups that it may evaluate
   */
  enter(module: Module | undefined, uses: Set<Group>, inTest: boolean): void {
    this.imports = (module === undefined ? undefined : this.options.imports.of.get(module)) ?? noImports;
    this.ownPackage = module?.package;
    this.uses = uses;
    this.inTest = inTest;
    this.askedRows = false;
  }

  at(span: Span, meaning: NameMeaning): void {
    this.occurrences.push({ span, meaning });
  }

  isGlobal(name: string): boolean {
    return (
      name === "input" ||
      name === "data" ||
      this.imports.has(name) ||
      this.isRule(name) ||
      this.rootNamed(name) !== undefined
    );
  }

  /** The path below `data` or a root that a global name stands for. */
  global(name: string, span?: Span): readonly string[] | undefined {
    const imported = this.imports.get(name);
    if (imported !== undefined) {
      if (span !== undefined) this.at(span, { kind: "import", import: imported });
      return imported.path;
    }
    if (this.isRule(name)) return ["data", ...(this.ownPackage ?? []), name];
    if (name === "input" || name === "data") return [name];
    return this.rootNamed(name) === undefined ? undefined : [name];
  }

  /** The target of a `with`, with what its first part stands for; a local variable stands for itself. */
  replaced({ target, span }: With, scope: Scope): readonly string[] {
    const [first = "", ...rest] = target;
    const global = scope.find(first) === undefined ? this.global(first) : undefined;
    const path = global === undefined ? target : [...global, ...rest];
    this.targets.push({ span, path });
    return path;
  }

  /** Records which groups a reference below `data` may evaluate, and the name that chooses one. */
  reference(steps: readonly Term[], name: Span): void {
    const groups = groupsMatching(this.rules, steps);
    for (const group of groups) this.uses.add(group);
    const [group] = groups;
    if (group === undefined || groups.length > 1) return;
    const last = steps[group.path.length - 1];
    const isOwnName = last === undefined || last.span.start <= name.start;
    this.at(isOwnName ? name : last.span, { kind: "rule", group });
  }

  /** The function of this name, where there is one. */
  callee(names: readonly Name[], scope: Scope): Callee | undefined {
    const [first, ...rest] = names;
    const last = names.at(-1);
    if (first === undefined || last === undefined) return undefined;
    const below = rest.map(({ text }) => text);
    if (scope.find(first.text) === undefined) {
      const [root, ...path] = [...(this.global(first.text, first.span) ?? [first.text]), ...below];
      if (root === "data") {
        const { node, depth } = this.rules.find(path);
        if (node.group?.kind !== "function" || depth < path.length) return undefined;
        this.uses.add(node.group);
        this.at(last.span, { kind: "rule", group: node.group });
        return { kind: "function", group: node.group };
      }
    }
    const name = [first.text, ...below].join(".");
    if ((name === "decide" || name === "rows") && this.inTest && this.options.vocabulary) {
      if (name === "rows") this.askedRows = true;
      return { kind: "host", name };
    }
    const builtin = this.options.builtins.get(name);
    if (builtin === undefined) return undefined;
    this.at({ ...first.span, end: last.span.end }, { kind: "builtin", builtin });
    return { kind: "builtin", builtin };
  }

  /** Reports a function of Rego that needs what a policy has not, such as a network. */
  refused(name: string, span: Span): boolean {
    const help = refusalOf(name);
    if (help === undefined) return false;
    const message = `function \`${name}\` does not exist in policies`;
    this.diagnostics.push(diagnostic("P213", message, span, help));
    return true;
  }

  /** A root of the vocabulary, where it is one. */
  rootNamed(name: unknown): RootName | undefined {
    return this.options.vocabulary && isRoot(name) ? name : undefined;
  }

  /** What a call may name: builtins, and functions of the module's own package. */
  functionNames(): string[] {
    const own = this.ownPackage === undefined ? undefined : this.rules.find(this.ownPackage).node;
    const functions = [...(own?.children ?? [])].filter(([, child]) => child.group?.kind === "function");
    return [...functions.map(([name]) => name), ...this.options.builtins.keys()];
  }

  /** A rule, or the beginning of rules' names, of the module's own package. */
  private isRule(name: string): boolean {
    const own = this.ownPackage;
    return own !== undefined && this.rules.find([...own, name]).depth > own.length;
  }
}

/** Least and most arguments. */
export function arityRange(callee: Callee): readonly [number, number] {
  switch (callee.kind) {
    case "builtin": {
      const { arity } = callee.builtin;
      return typeof arity === "number" ? [arity, arity] : [arity.min, arity.max];
    }
    case "function":
      return [callee.group.arity, callee.group.arity];
    case "host":
      return [1, 2];
  }
}
