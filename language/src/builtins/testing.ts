import { expect, test } from "vitest";
import { BuiltinError, CostError, type BuiltinContext } from "../builtin.ts";
import { format, toValue, type Value } from "../values.ts";
import { builtins } from "./registry.ts";

/** An evaluation's context for tests. */
export function testContext(lines: string[] = []): BuiltinContext {
  return {
    nowNs: 1_700_000_000_123_456_789n,
    print: (line) => lines.push(line),
    strict: true,
    cache: new Map(),
    spend: () => undefined,
  };
}

export const isUndefined: unique symbol = Symbol("undefined");
/** What a call that fails is expected to fail with. */
export type Failure = { readonly error: "type" | "builtin" | "cost"; readonly message?: string };

export function fails(error: Failure["error"], message?: string): Failure {
  return message === undefined ? { error } : { error, message };
}

/** Calls a builtin with plain values (`Set` for sets, `Map` for keys that are no strings). */
export function call(
  name: string,
  args: readonly unknown[],
  context: BuiltinContext = testContext(),
): Value | undefined {
  const builtin = builtins.get(name);
  if (builtin === undefined) throw new Error(`no builtin ${name}`);
  return builtin.apply(args.map(toValue), context);
}

type Case = readonly [name: string, args: readonly unknown[], expected: unknown];

/** One test a case: the name of the builtin, plain arguments, and a plain result, `isUndefined` or `fails(…)`. */
export function cases(table: readonly Case[]): void {
  for (const [name, args, expected] of table) {
    test(`${name}(${args.map(show).join(", ")}) is ${show(expected)}`, () => {
      expect(outcome(name, args, expected)).toBe(show(expected));
    });
  }
}

/** What a call gives, as `show` writes the expected. An error shows its message only where one is expected. */
function outcome(name: string, args: readonly unknown[], expected: unknown): string {
  try {
    return show(call(name, args));
  } catch (error) {
    if (!(error instanceof BuiltinError || error instanceof CostError)) throw error;
    const kind = error instanceof CostError ? "cost" : error.kind;
    const withMessage = isFailure(expected) && expected.message !== undefined;
    return show(withMessage ? fails(kind, error.message) : fails(kind));
  }
}

function isFailure(expected: unknown): expected is Failure {
  return typeof expected === "object" && expected !== null && "error" in expected;
}

function show(plain: unknown): string {
  if (plain === isUndefined || plain === undefined) return "undefined";
  if (isFailure(plain)) return `a ${plain.error} error${plain.message === undefined ? "" : `: ${plain.message}`}`;
  return format(toValue(plain));
}
