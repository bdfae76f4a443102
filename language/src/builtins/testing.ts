import { expect, test } from "vitest";
import { BuiltinError, type BuiltinContext } from "../builtin.ts";
import { format, toValue, type Value } from "../values.ts";
import { builtins } from "./registry.ts";

/** An evaluation's context for tests. */
export function testContext(lines: string[] = []): BuiltinContext {
  return { nowNs: 1_700_000_000_123_456_789n, print: (line) => lines.push(line), strict: true, cache: new Map() };
}

export const isUndefined: unique symbol = Symbol("undefined");
/** What a call that fails is expected to fail with. */
export type Failure = { readonly error: "type" | "builtin"; readonly message?: string };

export function fails(error: "type" | "builtin", message?: string): Failure {
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
      if (isFailure(expected)) {
        const error = failure(() => call(name, args));
        expect(error.kind).toBe(expected.error);
        if (expected.message !== undefined) expect(error.message).toBe(expected.message);
      } else if (expected === isUndefined) expect(call(name, args)).toBeUndefined();
      else {
        const result = call(name, args);
        expect(result === undefined ? "undefined" : format(result)).toBe(format(toValue(expected)));
      }
    });
  }
}

function isFailure(expected: unknown): expected is Failure {
  return typeof expected === "object" && expected !== null && "error" in expected;
}

function failure(run: () => unknown): BuiltinError {
  let result: unknown;
  try {
    result = run();
  } catch (error) {
    if (error instanceof BuiltinError) return error;
    throw error;
  }
  throw new Error(`expected an error, got ${show(result)}`);
}

function show(plain: unknown): string {
  if (plain === isUndefined) return "undefined";
  if (isFailure(plain)) return `a ${plain.error} error`;
  return plain === undefined ? "undefined" : format(toValue(plain)).slice(0, 100);
}
