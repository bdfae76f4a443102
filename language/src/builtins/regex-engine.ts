import { RE2JS, RE2JSException } from "re2js";
import { BuiltinError, type BuiltinContext, CostError } from "../builtin.ts";
import { languageLimits } from "../limits.ts";
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
  /** Charges for the search, as `matches` does. */
  test(text: string, context: BuiltinContext): boolean;
  /** Start and end of the whole match and of each group in UTF-16 code units, -1 for a group that took no part. At most `count` matches, all for a negative one. */
  matches(text: string, count: number, context: BuiltinContext): readonly (readonly number[])[];
  /** Names of groups, to their numbers. */
  readonly names: Readonly<Record<string, number>>;
}

/** Longer patterns are refused: matching costs length of pattern times length of text. */
const patternLengthMax = 20_000;
/** Compiled patterns that are kept. Constants of policies fit; patterns computed from data push each other out. */
const cacheSizeMax = 1_000;

const cache = new Map<string, Pattern>();

/** Steps for compiling a character of a pattern, and an instruction that counted repetition makes of it. */
const compileSteps = 20;
const instructionSteps = 4;

/** Before it is compiled: `x{1000}` comes to a thousand times `x`, and all of them to a program of millions. */
function stepsToCompile(source: string): number {
  let repeats = 0;
  for (const [, least, most] of source.matchAll(/\{([0-9]{1,4})(?:,([0-9]{0,4}))?\}/g)) {
    repeats += Math.max(Number(least), Number(most ?? 0));
  }
  return compileSteps * (1 + source.length) + instructionSteps * repeats * source.length;
}

/** Charges for what is not kept yet. @throws {BuiltinError} for what is no pattern */
export function compilePattern(source: string, context: BuiltinContext): Pattern {
  const known = cache.get(source);
  if (known !== undefined) return known;
  context.spend(stepsToCompile(source));
  try {
    return keep(source, compile(source));
  } catch (error) {
    // What it says may quote the pattern, which is the policy's own or data: only the kind of mistake is passed on.
    if (error instanceof RE2JSException) throw new BuiltinError("error parsing regexp");
    throw error;
  }
}

function keep(source: string, pattern: Pattern): Pattern {
  if (cache.size >= cacheSizeMax) {
    const [oldest] = cache.keys();
    if (oldest !== undefined) cache.delete(oldest);
  }
  cache.set(source, pattern);
  return pattern;
}

/** Why no evaluation can use a pattern. */
type PatternMistake =
  | { readonly kind: "syntax"; readonly message: string }
  | { readonly kind: "size"; readonly message: string };

/** What is wrong with a pattern that an author has written; what is right is compiled and kept, so that its first use costs nothing. */
export class PatternChecker {
  private steps = 0;

  check(source: string): PatternMistake | undefined {
    if (cache.has(source)) return undefined;
    if (source.length > patternLengthMax) {
      return { kind: "size", message: `pattern is longer than ${patternLengthMax} characters` };
    }
    const steps = stepsToCompile(source);
    if (steps > languageLimits.evaluationStepsMax) {
      return { kind: "size", message: "pattern repeats too much: it is too large to be compiled" };
    }
    this.steps += steps;
    if (this.steps > languageLimits.patternStepsMax) {
      return { kind: "size", message: "patterns are too many and too large to be compiled, all together" };
    }
    try {
      keep(source, compile(source));
      return undefined;
    } catch (error) {
      if (!(error instanceof RE2JSException)) throw error;
      return { kind: "syntax", message: error.message };
    }
  }
}

export function quotePattern(text: string): string {
  return RE2JS.quote(text);
}

/** @throws {RE2JSException} for what is no pattern */
function compile(source: string): Pattern {
  if (source.length > patternLengthMax) {
    throw new BuiltinError(`the pattern is longer than ${patternLengthMax} characters`);
  }
  const compiled = RE2JS.compile(source);
  const fast = linearRegExp(source);
  return {
    test:
      fast === undefined
        ? (text, context) => {
            context.spend(searchSteps(compiled, text));
            return compiled.test(text);
          }
        : (text, context) => {
            // A few steps of V8's at each character.
            context.spend(text.length >> 2);
            return fast.test(text);
          },
    matches: (text, count, context) => findMatches(compiled, text, count, context),
    names: compiled.namedGroups(),
  };
}

/** One search takes time linear in the text and in the instructions that the pattern comes to. */
function searchSteps(compiled: RE2JS, text: string): number {
  return Math.ceil((text.length * compiled.programSize()) / 64);
}

/**
 * One search is linear, but as many of them as there are matches are not (`a.*b|a` over `aaa…`), and nothing else than the clock bounds their
 * sum: all of an evaluation together may take so long.
 */
const searchTimeMaxMs = 300;
/** Of the clock, one search counts for no more than it can take: on a busy machine others run meanwhile, for as long as they like. */
const ordinarySearchMs = 2;
const stepsPerMs = 1_000;
const matchSteps = 16;
const searchTimeKey = Symbol("milliseconds of searches");

function findMatches(
  compiled: RE2JS,
  text: string,
  count: number,
  context: BuiltinContext,
): readonly (readonly number[])[] {
  context.spend(searchSteps(compiled, text));
  const before = context.cache.get(searchTimeKey);
  const found: number[][] = [];
  const matcher = compiled.matcher(text);
  const groups = matcher.groupCount();
  const oneSearchMaxMs = ordinarySearchMs + searchSteps(compiled, text) / stepsPerMs;
  let spent = typeof before === "number" ? before : 0;
  let last = Date.now();
  const passed = (): number => {
    const now = Date.now();
    spent += Math.min(now - last, oneSearchMaxMs);
    last = now;
    return spent;
  };
  let previousEnd = -1;
  while (found.length !== count && matcher.find()) {
    const [start, end] = [matcher.start(), matcher.end()];
    // As in Go, an empty match directly behind another match is none.
    if (start === end && start === previousEnd) continue;
    previousEnd = end;
    context.spend(matchSteps);
    const match = [start, end];
    for (let group = 1; group <= groups; group += 1) match.push(matcher.start(group), matcher.end(group));
    found.push(match);
    if (passed() > searchTimeMaxMs) {
      context.cache.set(searchTimeKey, searchTimeMaxMs);
      throw new CostError(`more than ${searchTimeMaxMs} ms to find all matches`);
    }
  }
  context.cache.set(searchTimeKey, passed());
  return found;
}
