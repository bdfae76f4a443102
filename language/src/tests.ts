/** `test_` rules as test cases: run against a host that knows SQL, with what a failure can tell. */
import type { ProgramParts } from "./compile/make-program.ts";
import { withUsed } from "./compile/rule-tree.ts";
import { EvaluationContext } from "./compile/evaluation-context.ts";
import type { Dispatcher } from "./compile/dispatch.ts";
import { EvaluationError } from "./compile/evaluation-error.ts";
import { type Ask, type AskedHost, blankMemo, Environment } from "./compile/runtime.ts";
import { Tracer } from "./compile/trace.ts";
import type { Span } from "./diagnostics.ts";
import { failureFrames } from "./failure.ts";
import { languageLimits } from "./limits.ts";
import type { TestCase, TestFailure, TestHost, TestResult } from "./program.ts";

export function makeTests(parts: ProgramParts, dispatcher: Dispatcher): TestCase[] {
  const tests: TestCase[] = [];
  const blank = blankMemo(parts.groups.length);
  for (const group of parts.groups) {
    const name = group.path.at(-1) ?? "";
    const [first] = group.rules;
    const run = parts.functions[group.id];
    if (!name.startsWith("test_") || group.kind !== "complete" || first === undefined || run === undefined) continue;
    const { span } = first.rule;
    tests.push({
      name,
      rule: { package: first.module.package.join("."), file: span.file, line: span.line },
      usesRows: [...withUsed([group])].some(({ asksRows }) => asksRows),
      run: (host) => {
        // What `with` replaces in the test is replaced in the decision too.
        const under =
          (what: "decide" | "rows"): Ask =>
          (sql, parameters, input, from) =>
            dispatcher.under(from, () => host[what](sql, parameters, input, from.data));
        const asked = { decide: under("decide"), rows: under("rows") };
        return runTest(parts, blank, (environment) => run(environment), host, asked, span);
      },
    });
  }
  return tests;
}

function runTest(
  parts: ProgramParts,
  blank: ReturnType<typeof blankMemo>,
  run: (environment: Environment) => unknown,
  host: TestHost,
  asked: AskedHost,
  rule: Span,
): TestResult {
  const prints: string[] = [];
  const environment = new Environment(
    parts.data,
    blank,
    new EvaluationContext(languageLimits.testStepsMax, true, (line) => prints.push(line)),
  );
  const tracer = new Tracer();
  environment.tracer = tracer;
  environment.host = asked;
  const failure = (isError: boolean): TestFailure => ({
    frames: failureFrames(tracer.chain(), parts.sources, host, rule, isError),
  });
  try {
    const value = run(environment);
    if (value !== undefined && value !== false) return { outcome: "passed", prints };
    return { outcome: "failed", failure: failure(false), prints };
  } catch (error) {
    if (!(error instanceof EvaluationError)) throw error;
    return { outcome: "error", failure: { ...failure(true), message: error.message }, prints };
  }
}
