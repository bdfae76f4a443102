/** Sources to a program: parse, resolve, check, emit, and bind the generated functions. */
import { createHash } from "node:crypto";
import { builtins } from "../builtins/registry.ts";
import { checkDecisions } from "../check/decisions.ts";
import type { Diagnostic, SourceFile } from "../diagnostics.ts";
import type { CompileOptions, CompileResult } from "../program.ts";
import { parseBody, parseModule } from "../syntax/parse.ts";
import type { Module } from "../syntax/tree.ts";
import { emptyObject, toJson, toValue, type Value } from "../values.ts";
import * as effects from "./effects.ts";
import { Emitter } from "./emit.ts";
import { emitDecision, ruleIdOf } from "./emit-decision.ts";
import { emitGroup } from "./emit-group.ts";
import type { DecisionPlan, Local } from "./plan.ts";
import { type CompiledDecision, makeProgram } from "./make-program.ts";
import { recursionErrors } from "./recursion.ts";
import { Resolver } from "./resolve.ts";
import { type Group, type RuleNode, RuleTree } from "./rule-tree.ts";
import * as runtime from "./runtime.ts";

export type GroupFunction = (environment: runtime.Environment, ...args: Value[]) => Value | undefined;
export type DecisionFunction = (environment: runtime.Environment, column: Value | undefined, out: unknown[]) => void;

/** What generated code calls as `R`. */
const library = { ...runtime, ...effects };

interface Compiled {
  readonly groups: readonly GroupFunction[];
  readonly decisions: readonly DecisionFunction[];
  readonly query: ((environment: runtime.Environment, out: (readonly Value[])[]) => void) | undefined;
}

export interface CompiledQuery {
  readonly variables: readonly string[];
  readonly run: NonNullable<Compiled["query"]>;
  readonly groups: number;
}

export function compile(options: CompileOptions): CompileResult {
  const parsed = parseAll(options.sources);
  if (parsed.modules === undefined) return { diagnostics: parsed.diagnostics };
  const data = options.data === undefined ? emptyObject : toValue(options.data);
  const rules = new RuleTree(parsed.modules);
  const resolver = new Resolver(rules, { builtins, vocabulary: true });
  for (const group of rules.groups) resolver.resolveGroup(group);
  const plans: { readonly plan: DecisionPlan; readonly uses: ReadonlySet<Group> }[] = [];
  for (const module of parsed.modules) {
    for (const decision of module.decisions) {
      const uses = new Set<Group>();
      const plan = resolver.decision(module, decision, uses);
      if (plan !== undefined) plans.push({ plan, uses });
    }
  }
  const statements = parsed.modules.flatMap(checkDecisions);
  const documents = documentNodes(rules.root);
  const emitter = new Emitter(rules, resolver.usage, documents, true);
  for (const group of rules.groups) emitGroup(emitter, group);
  plans.forEach(({ plan }, index) => emitDecision(emitter, plan, `d${index}`, plan.body));
  const diagnostics = [
    ...statements,
    ...resolver.diagnostics,
    ...recursionErrors(rules.groups),
    ...emitter.diagnostics,
  ];
  if (diagnostics.some(({ severity }) => severity === "error")) return { diagnostics: unique(diagnostics) };
  const compiled = bind(emitter, rules, plans.length, false);
  connect(rules.root, documents, compiled.groups);
  const decisions = plans.map(
    ({ plan }, index): CompiledDecision => ({
      plan,
      rule: ruleIdOf(plan),
      run: compiled.decisions[index] as DecisionFunction,
    }),
  );
  const program = makeProgram({
    revision: revisionOf(options.sources, data),
    data,
    decisions,
    groups: rules.groups,
    functions: compiled.groups,
    sources: options.sources,
  });
  return { program, diagnostics: unique(diagnostics) };
}

/** Compiles plain Rego with a query. `compileQuery` is for `evaluateQuery`, which the conformance suite uses. */
export function compileQuery(
  sources: readonly SourceFile[],
  query: string,
):
  | { readonly query: CompiledQuery; readonly diagnostics: readonly Diagnostic[] }
  | { readonly query?: undefined; readonly diagnostics: readonly Diagnostic[] } {
  const parsed = parseAll(sources);
  const body = parseBody({ path: "query", text: query });
  if (parsed.modules === undefined || body.tree === undefined) {
    return { diagnostics: [...parsed.diagnostics, ...body.diagnostics] };
  }
  const rules = new RuleTree(parsed.modules);
  const resolver = new Resolver(rules, { builtins, vocabulary: false });
  for (const group of rules.groups) resolver.resolveGroup(group);
  const resolved = resolver.query(body.tree, new Set());
  const documents = documentNodes(rules.root);
  const emitter = new Emitter(rules, resolver.usage, documents, false);
  for (const group of rules.groups) emitGroup(emitter, group);
  const { writer } = emitter;
  writer.block("function q(E, out)", () => {
    const context = { environment: "E", bound: new Set<Local>() };
    emitter.body(resolved.body, context, () =>
      writer.line(`out.push([${resolved.variables.map((local) => `v${local.id}`).join(", ")}]);`),
    );
  });
  const diagnostics = unique([...resolver.diagnostics, ...recursionErrors(rules.groups), ...emitter.diagnostics]);
  if (diagnostics.some(({ severity }) => severity === "error")) return { diagnostics };
  const compiled = bind(emitter, rules, 0, true);
  connect(rules.root, documents, compiled.groups);
  if (compiled.query === undefined) throw new Error("the generated code has no query");
  const variables = resolved.variables.map(({ name }) => name);
  return { query: { variables, run: compiled.query, groups: rules.groups.length }, diagnostics };
}

function parseAll(
  sources: readonly SourceFile[],
):
  | { readonly modules: readonly Module[]; readonly diagnostics: [] }
  | { readonly modules?: undefined; readonly diagnostics: readonly Diagnostic[] } {
  const diagnostics: Diagnostic[] = [];
  const modules: Module[] = [];
  for (const source of sources) {
    const parsed = parseModule(source);
    diagnostics.push(...parsed.diagnostics);
    if (parsed.tree !== undefined) modules.push(parsed.tree);
  }
  return diagnostics.length > 0 ? { diagnostics } : { modules, diagnostics: [] };
}

/** Run-time nodes for the rule tree; `connect` gives them their functions once these exist. */
function documentNodes(root: RuleNode): Map<RuleNode, runtime.DocumentNode> {
  const documents = new Map<RuleNode, runtime.DocumentNode>();
  const add = (node: RuleNode): runtime.DocumentNode => {
    const children = new Map([...node.children].map(([name, child]) => [name, add(child)] as const));
    const document: runtime.DocumentNode = {
      path: node.path,
      children,
      evaluate: undefined,
      isFunction: node.group?.kind === "function",
    };
    documents.set(node, document);
    return document;
  };
  add(root);
  return documents;
}

function connect(
  node: RuleNode,
  documents: ReadonlyMap<RuleNode, runtime.DocumentNode>,
  functions: readonly GroupFunction[],
): void {
  const document = documents.get(node);
  const evaluate = node.group === undefined || node.group.kind === "function" ? undefined : functions[node.group.id];
  if (document !== undefined) document.evaluate = evaluate;
  for (const child of node.children.values()) connect(child, documents, functions);
}

/** The generated text becomes functions. It gets the runtime as `R` and its constants as `C`, and nothing else. */
function bind(emitter: Emitter, rules: RuleTree, decisions: number, hasQuery: boolean): Compiled {
  const { writer } = emitter;
  const names = writer.constants.map((_, index) => `c${index} = C[${index}]`);
  const list = (prefix: string, length: number): string =>
    Array.from({ length }, (_, index) => `${prefix}${index}`).join(", ");
  const text = [
    '"use strict";',
    ...(names.length === 0 ? [] : [`const ${names.join(", ")};`]),
    writer.text(),
    `return { groups: [${list("f", rules.groups.length)}], decisions: [${list("d", decisions)}], query: ${hasQuery ? "q" : "undefined"} };`,
  ].join("\n");
  // eslint-disable-next-line no-implied-eval -- a compiler's back end; see the invariant in writer.ts
  return new Function("R", "C", text)(library, writer.constants) as Compiled;
}

function unique(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const seen = new Set<string>();
  return diagnostics
    .filter(({ code, message, span }) => {
      const key = `${code} ${span.file} ${span.start} ${message}`;
      return !seen.has(key) && seen.add(key);
    })
    .sort((a, b) => (a.span.file === b.span.file ? a.span.start - b.span.start : a.span.file < b.span.file ? -1 : 1));
}

function revisionOf(sources: readonly SourceFile[], data: Value): string {
  const hash = createHash("sha256");
  for (const { path, text } of [...sources].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0))) {
    hash.update(`${path.length}:${path}${text.length}:${text}`);
  }
  hash.update(toJson(data));
  return hash.digest("hex");
}
