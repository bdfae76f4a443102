/** Plain Rego: modules, data, input and a query, without the vocabulary. For the conformance suite and for tools. */
import type { Builtin } from "./builtin.ts";
import { compileQuery } from "./compile/compile.ts";
import { EvaluationContext } from "./compile/evaluation-context.ts";
import { EvaluationError, type EvaluationErrorCode } from "./compile/evaluation-error.ts";
import { blankMemo, Environment } from "./compile/runtime.ts";
import type { Diagnostic, SourceFile } from "./diagnostics.ts";
import { languageLimits } from "./limits.ts";
import { RegoObject, type Value } from "./values.ts";

export interface QueryOptions {
  readonly sources: readonly SourceFile[];
  /** Literals of a body, such as `data.shop.allow = x`. */
  readonly query: string;
  readonly data: Value;
  readonly input: Value | undefined;
  /** A failing builtin ends the evaluation instead of being undefined. */
  readonly strict: boolean;
  readonly print?: (line: string) => void;
  /** Types are checked too: what can never be true or defined is an error, which in Rego it is only in part. */
  readonly types?: boolean;
  /** Functions that exist besides the language's own, for test suites that bring some. */
  readonly functions?: readonly Builtin[];
}

export type QueryResult =
  /** One object a solution, with the query's variables. */
  | { readonly outcome: "values"; readonly bindings: readonly RegoObject[] }
  | { readonly outcome: "error"; readonly code: EvaluationErrorCode; readonly message: string }
  | { readonly outcome: "invalid"; readonly diagnostics: readonly Diagnostic[] };

export function evaluateQuery(options: QueryOptions): QueryResult {
  const { query, diagnostics } = compileQuery(options);
  if (query === undefined) return { outcome: "invalid", diagnostics };
  const context = new EvaluationContext(languageLimits.testStepsMax, options.strict, options.print);
  const environment = new Environment(options.data, blankMemo(query.groups), context);
  environment.input = options.input;
  const solutions: (readonly Value[])[] = [];
  try {
    query.run(environment, solutions);
  } catch (error) {
    if (!(error instanceof EvaluationError)) throw error;
    return { outcome: "error", code: error.code, message: error.message };
  }
  const bindings = solutions.map((values) =>
    RegoObject.fromEntries(query.variables.map((name, index) => [name, values[index] ?? null] as const)),
  );
  return { outcome: "values", bindings };
}
