/** Sources to a program: parse, resolve, check, emit, and bind the generated functions. */
import { sha256 } from "@noble/hashes/sha2.js";
import type { Builtin } from "../builtin.ts";
import { checkCatalog, ComparedPaths } from "../check/catalog.ts";
import { checkTypes } from "../check/check-types.ts";
import { hexOf, utf8Of } from "../builtins/bytes.ts";
import { builtins } from "../builtins/registry.ts";
import type { Diagnostic, SourceFile } from "../diagnostics.ts";
import type { CompileOptions, CompileResult } from "../program.ts";
import { lint } from "../lint/lint.ts";
import { silence, type Silencing } from "../lint/silence.ts";
import { parseBody, parseModule } from "../syntax/parse.ts";
import type { Module } from "../syntax/tree.ts";
import { tooManyFiles, tooManyStatements, unlessTooLarge } from "../too-large.ts";
import { emptyObject, toJson, toValue, type Value } from "../values.ts";
import { type Analysis, analyse, type AnalyseOptions, documentNodes, namesIn, understand, unique } from "./analyse.ts";
import { bind, connect, type QueryFunction } from "./bind.ts";
import { type DecisionFunctions, type DecisionTraits, withFunctions } from "./candidates.ts";
import { CoverageCounter } from "./coverage.ts";
import { Emitter } from "./emit.ts";
import { ruleIdOf } from "./emit-decision.ts";
import { emitGroup } from "./emit-group.ts";
import type { Local } from "./plan.ts";
import { explainer } from "./explain.ts";
import { makeProgram } from "./make-program.ts";
import { conflictErrors } from "./conflicts.ts";
import { readsOf } from "./reads.ts";
import { recursionErrors } from "./recursion.ts";
import { resolveImports } from "./imports.ts";
import { Resolver } from "./resolve.ts";
import { RuleTree } from "./rule-tree.ts";

export interface CompiledQuery {
  readonly variables: readonly string[];
  readonly run: QueryFunction;
  readonly groups: number;
}

/** Never throws for what sources say: every mistake is a diagnostic. */
export function compile(options: CompileOptions): CompileResult {
  return unlessTooLarge(
    options.sources,
    () => compileChecked(options),
    (diagnostic) => ({ diagnostics: [diagnostic] }),
  );
}

function compileChecked(options: CompileOptions): CompileResult {
  const counter = options.coverage === true ? new CoverageCounter() : undefined;
  const { analysis, data, diagnostics, silenced } = analyseSources(options, { coverage: counter });
  if (analysis === undefined) return { diagnostics, silenced };
  const { rules, emitter } = analysis;
  const compiled = bind<DecisionFunctions>(
    emitter,
    rules,
    new Set(rules.groups),
    analysis.decisions.map(({ functions }) => functions),
  );
  connect(rules.root, analysis.documents, compiled.groups);
  const decisions = traitsOf(analysis).map((traits, index) => {
    const functions = compiled.decisions[index];
    if (functions === undefined) throw new Error("the generated code lacks a decision");
    return withFunctions(traits, functions);
  });
  const program = makeProgram({
    revision: revisionOf(options.sources, data),
    data,
    decisions,
    groups: rules.groups,
    functions: compiled.groups,
    sources: options.sources,
    explain: explainer({
      rules,
      usage: analysis.resolver.usage,
      splits: analysis.decisions,
      data,
      sources: options.sources,
    }),
    coverage: counter,
  });
  return { program, diagnostics, silenced };
}

/** All of the compiler but the functions: what both a program and a standalone module are made of. */
export function analyseSources(
  options: CompileOptions,
  analyseOptions: AnalyseOptions,
): Silencing &
  (
    | { readonly analysis: Analysis; readonly data: Value }
    | { readonly analysis?: undefined; readonly data?: undefined }
  ) {
  const parsed = parseAll(options.sources);
  if (parsed.modules === undefined) return { diagnostics: parsed.diagnostics, silenced: [] };
  const { catalog } = options;
  const compared = catalog === undefined ? undefined : new ComparedPaths();
  const analysis = analyse(parsed.modules, understand(parsed.modules, compared), analyseOptions);
  const found = unique([
    ...analysis.diagnostics,
    ...(options.lint === true ? lint(parsed.modules, analysis) : []),
    ...(catalog === undefined ? [] : checkCatalog(parsed.modules, compared?.paths ?? [], catalog)),
  ]);
  const isWrong = found.some(({ severity }) => severity === "error");
  const isLookedFor = (code: string): boolean =>
    options.lint === true && !isWrong && (catalog !== undefined || !code.startsWith("P5"));
  const { diagnostics, silenced } = silence(options.sources, parsed.modules, found, isLookedFor);
  const said = { diagnostics: unique(diagnostics), silenced };
  if (isWrong) return said;
  return { analysis, data: options.data === undefined ? emptyObject : toValue(options.data), ...said };
}

/** One for each of its decisions. */
export function traitsOf({ decisions, finder }: Analysis): DecisionTraits[] {
  return decisions.map(({ plan, split }) => ({
    statement: plan.kind,
    rule: ruleIdOf(plan),
    path: plan.path,
    kinds: split.kinds,
    touch: split.touch,
    group: split.group,
    reads: readsOf(plan, finder),
    isFixed: split.isFixed,
    isSettled: split.isSettled,
  }));
}

interface QuerySources {
  readonly sources: readonly SourceFile[];
  readonly query: string;
  readonly functions?: readonly Builtin[];
  /** Types are checked too, as in policies. */
  readonly types?: boolean;
}

/** Compiles plain Rego with a query. `compileQuery` is for `evaluateQuery`, which the conformance suite uses. */
export function compileQuery({
  sources,
  query,
  functions = [],
  types = false,
}: QuerySources):
  | { readonly query: CompiledQuery; readonly diagnostics: readonly Diagnostic[] }
  | { readonly query?: undefined; readonly diagnostics: readonly Diagnostic[] } {
  const parsed = parseAll(sources);
  const body = parseBody({ path: "query", text: query });
  if (parsed.modules === undefined || body.tree === undefined) {
    return { diagnostics: [...parsed.diagnostics, ...body.diagnostics] };
  }
  const rules = new RuleTree(parsed.modules);
  const known = new Map([...builtins, ...functions.map((builtin) => [builtin.name, builtin] as const)]);
  const imports = resolveImports(parsed.modules, false);
  const resolver = new Resolver(rules, { builtins: known, vocabulary: false, imports });
  for (const group of rules.groups) resolver.resolveGroup(group);
  const resolved = resolver.query(body.tree, new Set());
  const documents = documentNodes(rules.root);
  const emitter = new Emitter({
    rules,
    usage: resolver.usage,
    documents,
    vocabulary: false,
    names: (file) => namesIn(parsed.modules, file),
  });
  for (const group of rules.groups) emitGroup(emitter, group);
  const { writer } = emitter;
  writer.block("function q(E, out)", () => {
    const context = { environment: "E", bound: new Set<Local>() };
    emitter.body(resolved.body, context, () =>
      writer.line(`out.push([${resolved.variables.map((local) => `v${local.id}`).join(", ")}]);`),
    );
  });
  const mistakes = [
    ...imports.diagnostics,
    ...resolver.diagnostics,
    ...conflictErrors(rules.root),
    ...recursionErrors(rules.groups),
    ...emitter.diagnostics,
  ];
  const checked = { rules, usage: resolver.usage, plans: [], query: resolved.body, isWhole: mistakes.length === 0 };
  const diagnostics = unique(types ? [...mistakes, ...checkTypes(checked).diagnostics] : mistakes);
  if (diagnostics.some(({ severity }) => severity === "error")) return { diagnostics };
  const compiled = bind<never>(emitter, rules, new Set(rules.groups), [], "q");
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
  const tooMany = tooManyFiles(sources);
  if (tooMany !== undefined) return { diagnostics: [tooMany] };
  const diagnostics: Diagnostic[] = [];
  const modules: Module[] = [];
  for (const source of sources) {
    const parsed = parseModule(source);
    diagnostics.push(...parsed.diagnostics);
    if (parsed.tree !== undefined) modules.push(parsed.tree);
  }
  const tooManyOfAll = tooManyStatements(modules);
  if (tooManyOfAll !== undefined) diagnostics.push(tooManyOfAll);
  return diagnostics.length > 0 ? { diagnostics } : { modules, diagnostics: [] };
}

/** Hex digest over all sources and data. */
export function revisionOf(sources: readonly SourceFile[], data: Value): string {
  const hash = sha256.create();
  for (const { path, text } of [...sources].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0))) {
    hash.update(utf8Of(`${path.length}:${path}${text.length}:${text}`));
  }
  return hexOf(hash.update(utf8Of(toJson(data))).digest());
}
