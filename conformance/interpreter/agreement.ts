/** The property: compiled policies and the interpreter give the same answers to generated programs. */
import fc from "fast-check";
import { type Builtin, evaluateQuery, format, type QueryResult, toValue, type Value } from "@penstock/language";
import { Choices } from "../noninterference/choices.ts";
import { inputOf, programOf } from "./programs.ts";
import { interpretQuery } from "./run.ts";

export interface Tally {
  programs: number;
  /** Not one rule has a value. */
  trivial: number;
  errors: Map<string, number>;
  invalid: Map<string, number>;
  /** How often rules called the witness in generated code, and how often from the interpreter. */
  compiledCalls: number;
  interpretedCalls: number;
  values: number;
}

const data = toValue({
  cfg: { n: 4, xs: [5, 1, 3], o: { a: 1, z: 26 } },
  users: [
    { id: 1, name: "a", tags: new Set(["x", "b"]) },
    { id: 2, name: "abc", tags: new Set([]) },
  ],
});

/** Who called a rule's function shows in the stack: code that `new Function` made has no file of its own. */
function witness(tally: Tally): Builtin {
  return {
    name: "test.witness",
    arity: 1,
    types: { args: ["string"], result: "string" },
    pure: true,
    apply: ([value]) => {
      const stack = new Error("who called?").stack ?? "";
      if (/\beval at \w+ \(.*bind\.ts/.test(stack)) tally.compiledCalls += 1;
      else if (stack.includes("interpret.ts")) tally.interpretedCalls += 1;
      return value;
    },
  };
}

function newTally(): Tally {
  const none = { programs: 0, trivial: 0, compiledCalls: 0, interpretedCalls: 0, values: 0 };
  return { ...none, errors: new Map(), invalid: new Map() };
}

export interface Agreement {
  readonly tally: Tally;
  /** What is wrong with the smallest program that shows it. */
  readonly failure: string | undefined;
}

/** @param runs how many programs */
export function checkAgreement(runs: number, seed?: number): Agreement {
  const tally = newTally();
  const stream = fc.array(fc.nat({ max: 9_999 }), { minLength: 150, maxLength: 400, size: "max" });
  let failure: string | undefined;
  const property = fc.property(stream, fc.boolean(), (numbers, strict) => {
    const choices = new Choices(numbers, false);
    const input = toValue(inputOf(choices));
    const example = { input, text: programOf(choices), strict };
    if (compareOn(example, tally) === undefined) return true;
    const smallest = reduced(example);
    const difference = compareOn(smallest, newTally());
    failure = `${smallest.text}\n\ninput: ${format(input)}\nstrict: ${strict}\n${difference ?? ""}`;
    return false;
  });
  // Lines of the program are left out instead: that takes seconds, where making the stream smaller takes minutes.
  const result = fc.check(property, { numRuns: runs, endOnFailure: true, ...(seed === undefined ? {} : { seed }) });
  if (result.failed && failure === undefined) throw result.errorInstance;
  return { tally, failure: result.failed ? `seed ${result.seed}\n${failure ?? ""}` : undefined };
}

interface Example {
  readonly text: string;
  readonly input: Value;
  readonly strict: boolean;
}

/** The program without the lines that the difference does not need. */
function reduced(example: Example): Example {
  const lines = example.text.split("\n");
  for (const [index] of lines.entries()) {
    const text = lines.toSpliced(index, 1).join("\n");
    if (index > 0 && compareOn({ ...example, text }, newTally()) !== undefined) return reduced({ ...example, text });
  }
  return example;
}

/** How the two answers differ. */
function compareOn({ text, input, strict }: Example, tally: Tally): string | undefined {
  const options = {
    sources: [{ path: "t.rego", text }],
    query: "data.t = x",
    data,
    input,
    strict,
    functions: [witness(tally)],
  };
  const compiled = evaluateQuery(options);
  tally.programs += 1;
  if (compiled.outcome === "invalid") {
    const first = compiled.diagnostics.find(({ severity }) => severity === "error");
    count(tally.invalid, `${first?.code ?? ""} ${first?.message ?? ""}`);
    return undefined;
  }
  const [wanted, got] = [answer(interpretQuery(options)), answer(compiled)];
  if (compiled.outcome === "error") count(tally.errors, compiled.code);
  else if (got === '{"x": {"witness": "t"}}') tally.trivial += 1;
  else tally.values += 1;
  return wanted === got ? undefined : `interpreted: ${wanted}\n   compiled: ${got}`;
}

function answer(result: QueryResult): string {
  switch (result.outcome) {
    case "values":
      return result.bindings.map(format).join("\n");
    case "error":
      return result.code;
    case "invalid":
      return "invalid";
  }
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

/** The tally for people. */
export function describeTally(tally: Tally): string {
  const list = (counts: Map<string, number>): string =>
    [...counts]
      .sort((a, b) => b[1] - a[1])
      .map(([name, times]) => `${times} ${name}`)
      .join(", ") || "none";
  const invalid = [...tally.invalid.values()].reduce((sum, times) => sum + times, 0);
  const share = (100 * (tally.trivial + invalid)) / Math.max(1, tally.programs);
  return `${tally.programs} programs: ${tally.values} with values, errors: ${list(tally.errors)}; ${tally.trivial} trivial and ${invalid} that do not compile (${share.toFixed(1)} %)`;
}
