import {
  compare,
  evaluateQuery,
  format,
  fromValue,
  parseJson,
  RegoObject,
  toJson,
  toValue,
  type Builtin,
  type Diagnostic,
  type QueryOptions,
  type QueryResult,
  type Value,
} from "@penstock/language";

/** One case in the format of OPA's conformance suite, one JSON object a line. */
export interface RegoCase {
  readonly category: string;
  readonly note: string;
  readonly query: string;
  readonly modules: readonly string[];
  readonly data: Value;
  readonly input: Value | undefined;
  /** Input as a term of the language, for what JSON cannot say. */
  readonly inputTerm: string | undefined;
  /** Bindings of the query's variables, one object a solution, in any order. */
  readonly wantResult: readonly RegoObject[] | undefined;
  readonly wantDefined: boolean | undefined;
  readonly wantErrorCode: string | undefined;
  readonly wantError: string | undefined;
  /** The order of arrays in the bindings does not count. */
  readonly sortBindings: boolean;
  /** A failing builtin ends the evaluation. */
  readonly strict: boolean;
}

export type Verdict =
  | { readonly kind: "passed" }
  /** The language refuses a construct by design and says so when it compiles. */
  | { readonly kind: "unsupported"; readonly reason: string }
  | { readonly kind: "failed"; readonly reason: string };

export type Evaluate = (options: QueryOptions) => QueryResult;

/** Diagnostics that say "not in this language": functions that need what a policy has not. */
const refusalCodes: ReadonlySet<string> = new Set(["P213"]);

/** OPA's own runner brings this function, to show that the clock stands still within an evaluation. */
const sleep: Builtin = {
  name: "test.sleep",
  arity: 1,
  types: { args: ["string"], result: "null" },
  pure: false,
  apply: ([duration]) => {
    const milliseconds = /^([0-9]+)ms$/.exec(typeof duration === "string" ? duration : "")?.[1] ?? "0";
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Math.min(Number(milliseconds), 1_000));
    return null;
  },
};

/** Throws for a line that is no case. */
export function parseCase(line: string): RegoCase {
  return caseOf(parseJson(line));
}

/** Throws for a value that is no case. */
export function caseOf(value: Value): RegoCase {
  if (!(value instanceof RegoObject)) throw new TypeError("a case must be a JSON object");
  const text = (name: string): string | undefined => {
    const field = value.field(name);
    return typeof field === "string" ? field : undefined;
  };
  const flag = (name: string): boolean | undefined => {
    const field = value.field(name);
    return typeof field === "boolean" ? field : undefined;
  };
  const modules = value.field("modules");
  const results = value.field("want_result");
  const query = text("query");
  if (query === undefined) throw new TypeError("a case must have a query");
  return {
    category: text("category") ?? "other",
    note: text("note") ?? "",
    query,
    modules: Array.isArray(modules) ? modules.map(String) : [],
    data: value.field("data") ?? new RegoObject(),
    input: value.field("input"),
    inputTerm: text("input_term"),
    wantResult: Array.isArray(results) ? results.filter((result) => result instanceof RegoObject) : undefined,
    wantDefined: flag("want_defined"),
    wantErrorCode: text("want_error_code"),
    wantError: text("want_error"),
    sortBindings: flag("sort_bindings") ?? false,
    strict: flag("strict_error") ?? false,
  };
}

/**
 * Never throws: whatever goes wrong is a failed case.
 * @param evaluate what answers the case's query
 */
export function runCase(test: RegoCase, evaluate: Evaluate = evaluateQuery): Verdict {
  try {
    return judge(test, evaluate);
  } catch (error) {
    const detail = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    return { kind: "failed", reason: `the language threw ${detail}` };
  }
}

function judge(test: RegoCase, evaluate: Evaluate): Verdict {
  const result = evaluate({
    sources: test.modules.map((text, index) => ({ path: `module${index}.rego`, text })),
    query: test.query,
    data: test.data,
    input: test.inputTerm === undefined ? test.input : evaluateTerm(test.inputTerm),
    strict: test.strict,
    functions: [sleep],
  });
  const wanted = test.wantErrorCode ?? /^(\w+_error)\b/.exec(test.wantError ?? "")?.[1];
  switch (result.outcome) {
    case "invalid": {
      const errors = result.diagnostics.filter(({ severity }) => severity === "error");
      const refusals = errors.filter(({ code }) => refusalCodes.has(code));
      if (refusals.length > 0)
        return { kind: "unsupported", reason: [...new Set(refusals.map(({ message }) => message))].sort().join("; ") };
      if (wanted?.startsWith("rego_") === true) return { kind: "passed" };
      return { kind: "failed", reason: `does not compile: ${errors.map(describe).join("; ")}` };
    }
    case "error":
      if (result.code === wanted || (wanted === undefined && test.wantError !== undefined)) return { kind: "passed" };
      return { kind: "failed", reason: `${result.code}: ${result.message}; wanted ${wanted ?? show(test.wantResult)}` };
    case "values":
      if (wanted !== undefined || test.wantError !== undefined) {
        return { kind: "failed", reason: `gave ${show(result.bindings)}; wanted ${wanted ?? test.wantError ?? ""}` };
      }
      return judgeBindings(test, result.bindings);
    default:
      return result satisfies never;
  }
}

function judgeBindings(test: RegoCase, bindings: readonly RegoObject[]): Verdict {
  if (test.wantResult === undefined) {
    const defined = bindings.length > 0;
    if (test.wantDefined === undefined || test.wantDefined === defined) return { kind: "passed" };
    return { kind: "failed", reason: defined ? "is defined" : "is undefined" };
  }
  const got = canonical(bindings, test.sortBindings);
  const want = canonical(test.wantResult, test.sortBindings);
  if (got === want) return { kind: "passed" };
  return { kind: "failed", reason: `gave ${got.slice(0, 400)}; wanted ${want.slice(0, 400)}` };
}

/**
 * Solutions as one text, as OPA's own runner compares them: as JSON (sets are arrays, keys text), without order among solutions.
 * Numbers are compared as doubles: the expectations have passed through them.
 */
function canonical(bindings: readonly RegoObject[], sortBindings: boolean): string {
  const texts = bindings.map((binding) => {
    const named = binding.entries().filter(([name]) => typeof name !== "string" || !/^(\$|__local)/.test(name));
    return toJson(RegoObject.fromEntries(named.map(([name, value]) => [name, asJson(value, sortBindings)] as const)));
  });
  return [...new Set(texts)].sort().join("\n");
}

function asJson(value: Value, sort: boolean): Value {
  const json = doubles(toValue(fromValue(value)));
  return sort && Array.isArray(json) ? [...json].sort(compare) : json;
}

function doubles(value: Value): Value {
  if (typeof value === "bigint") return Number(value);
  if (Array.isArray(value)) return value.map(doubles);
  if (value instanceof RegoObject)
    return RegoObject.fromEntries(value.entries().map(([key, item]) => [key, doubles(item)] as const));
  return value;
}

function evaluateTerm(term: string): Value {
  const result = evaluateQuery({
    sources: [],
    query: `x = ${term}`,
    data: new RegoObject(),
    input: undefined,
    strict: true,
  });
  if (result.outcome !== "values") throw new Error(`the input term ${term} cannot be evaluated`);
  const value = result.bindings[0]?.field("x");
  if (value === undefined) throw new Error(`the input term ${term} is undefined`);
  return value;
}

function describe({ code, message, span }: Diagnostic): string {
  return `${code} ${message} (${span.file}:${span.line}:${span.column})`;
}

function show(bindings: readonly RegoObject[] | undefined): string {
  return (bindings ?? []).map(format).join(" ").slice(0, 400);
}
