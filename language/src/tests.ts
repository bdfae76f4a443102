/** `test_` rules as test cases: run against a host that knows SQL, with the place and the variables of a failure. */
import type { ProgramParts } from "./compile/make-program.ts";
import { EvaluationContext } from "./compile/evaluation-context.ts";
import type { Dispatcher } from "./compile/dispatch.ts";
import { EvaluationError } from "./compile/evaluation-error.ts";
import { blankMemo, type DecideHost, Environment, type Trace } from "./compile/runtime.ts";
import type { Span } from "./diagnostics.ts";
import { languageLimits } from "./limits.ts";
import type { TestCase, TestResult } from "./program.ts";
import { format, toValue } from "./values.ts";

export function makeTests(parts: ProgramParts, dispatcher: Dispatcher): TestCase[] {
  const tests: TestCase[] = [];
  for (const group of parts.groups) {
    const name = group.path.at(-1) ?? "";
    const [first] = group.rules;
    const run = parts.functions[group.id];
    if (!name.startsWith("test_") || group.kind !== "complete" || first === undefined || run === undefined) continue;
    const { span } = first.rule;
    tests.push({
      name,
      rule: { package: first.module.package.join("."), file: span.file, line: span.line },
      run: (host) => {
        // What `with` replaces in the test is replaced in the decision too.
        const decide: DecideHost["decide"] = (sql, parameters, input, from) =>
          dispatcher.under(from, () => host.decide(sql, parameters, input, from.data));
        return runTest(parts, (environment) => run(environment), { decide }, span);
      },
    });
  }
  return tests;
}

function runTest(
  parts: ProgramParts,
  run: (environment: Environment) => unknown,
  host: DecideHost,
  rule: Span,
): TestResult {
  const prints: string[] = [];
  const environment = new Environment(
    parts.data,
    blankMemo(parts.groups.length),
    new EvaluationContext(languageLimits.testStepsMax, true, (line) => prints.push(line)),
  );
  const trace: Trace = { depth: -1, site: undefined, variables: {} };
  environment.trace = trace;
  environment.host = host;
  const place = (): NonNullable<TestResult["failure"]> => {
    const span = trace.site?.expression ?? rule;
    const source = parts.sources.find(({ path }) => path === span.file);
    const variables: Record<string, string> = {};
    for (const [name, value] of Object.entries(trace.variables)) variables[name] = format(toValue(value));
    return { expression: source?.text.slice(span.start, span.end) ?? "", line: span.line, variables };
  };
  try {
    const value = run(environment);
    if (value !== undefined && value !== false) return { outcome: "passed", prints };
    return { outcome: "failed", failure: place(), prints };
  } catch (error) {
    if (!(error instanceof EvaluationError)) throw error;
    return { outcome: "error", failure: { ...place(), message: error.message }, prints };
  }
}
