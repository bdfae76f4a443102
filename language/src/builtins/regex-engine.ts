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
  return {
    test: fast === undefined ? (text) => compiled.test(text) : (text) => fast.test(text),
    matches: (text, count) => findMatches(compiled, text, count),
    names: compiled.namedGroups(),
  };
}

/** One search is linear, but as many of them as there are matches are not (`a.*b|a` over `aaa…`): nothing else bounds their sum. */
const searchTimeMaxMs = 1_000;

function findMatches(compiled: RE2JS, text: string, count: number): readonly (readonly number[])[] {
  const found: number[][] = [];
  const matcher = compiled.matcher(text);
  const groups = matcher.groupCount();
  const started = performance.now();
  let previousEnd = -1;
  while (found.length !== count && matcher.find()) {
    const [start, end] = [matcher.start(), matcher.end()];
    // As in Go, an empty match directly behind another match is none.
    if (start === end && start === previousEnd) continue;
    previousEnd = end;
    const match = [start, end];
    for (let group = 1; group <= groups; group += 1) match.push(matcher.start(group), matcher.end(group));
    found.push(match);
    if (performance.now() - started > searchTimeMaxMs) {
      throw new BuiltinError(`finding all matches took longer than ${searchTimeMaxMs} ms`);
    }
  }
  return found;
}
