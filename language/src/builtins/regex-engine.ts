import { RE2JS, RE2JSException } from "re2js";
import { BuiltinError } from "../builtin.ts";
import { linearRegExp } from "./linear-regexp.ts";

/**
 * Regular expressions in time linear in the text, with the syntax and meaning of Go's regexp: no back-references, no look-around.
 *
 * Why RE2 in JavaScript (re2js) and not V8's own engine: V8 backtracks. Measured on Node 24 (`(a+)+$` over `a…a!`): V8 takes 560 ms for 25
 * characters and twice as much for each further one, re2js 0.9 ms for 100,000. re2-wasm is the other port; it has not been maintained since 2021.
 * Price on short column names, the usual text: re2js 0.27–1.0 µs a test, V8 0.03–0.09 µs. So patterns for which V8 is provably linear and means the
 * same (`linearRegExp`) are tested by V8, which makes 0.07–0.34 µs with the look-up of the compiled pattern; most patterns of policies are of this kind.
 */
export interface Pattern {
  test(text: string): boolean;
  /** Start and end of the whole match and of each group in UTF-16 code units, -1 for a group that took no part. At most `count` matches, all for a negative one. */
  matches(text: string, count: number): readonly (readonly number[])[];
  /** Names of groups, to their numbers. */
  readonly names: Readonly<Record<string, number>>;
}

/** Longer patterns are refused: matching costs length of pattern times length of text. */
const patternLengthMax = 20_000;
/** Compiled patterns that are kept. Constants of policies fit; patterns computed from data push each other out. */
const cacheSizeMax = 1_000;

const cache = new Map<string, Pattern>();

/** @throws {BuiltinError} for what is no pattern */
export function compilePattern(source: string): Pattern {
  const known = cache.get(source);
  if (known !== undefined) return known;
  const pattern = compile(source);
  if (cache.size >= cacheSizeMax) {
    const [oldest] = cache.keys();
    if (oldest !== undefined) cache.delete(oldest);
  }
  cache.set(source, pattern);
  return pattern;
}

export function quotePattern(text: string): string {
  return RE2JS.quote(text);
}

function compile(source: string): Pattern {
  if (source.length > patternLengthMax) {
    throw new BuiltinError(`the pattern is longer than ${patternLengthMax} characters`);
  }
  let compiled: RE2JS;
  try {
    compiled = RE2JS.compile(source);
  } catch (error) {
    // What it says may quote the pattern, which is the policy's own or data: only the kind of mistake is passed on.
    if (error instanceof RE2JSException) throw new BuiltinError("error parsing regexp");
    throw error;
  }
  const fast = linearRegExp(source);
  const engine = compiled.re2();
  return {
    test: fast === undefined ? (text) => compiled.test(text) : (text) => fast.test(text),
    matches: (text, count) => {
      // Typed `any[]`, and null where nothing is found.
      const found: readonly (readonly number[])[] | null =
        count === 0 ? null : engine.findAllSubmatchIndex(text, count);
      return found ?? [];
    },
    names: compiled.namedGroups(),
  };
}
