import { BuiltinError } from "../builtin.ts";

/**
 * Whether some text matches both of two patterns made of characters, `.`, sets such as `[a-z0]`, and `*` and `+` behind any of these;
 * a backslash takes a character as it is. Time is the product of the lengths.
 */
export function globsIntersect(first: string, second: string): boolean {
  const a = parse(first);
  const b = parse(second);
  if (a.length * b.length > statesMax) throw new BuiltinError("the patterns are too long to be compared");
  const seen = new Set<number>();
  const pending: [number, number][] = [[0, 0]];
  for (let state = pending.pop(); state !== undefined; state = pending.pop()) {
    const [i, j] = state;
    const id = i * (b.length + 1) + j;
    if (seen.has(id)) continue;
    seen.add(id);
    const left = a[i];
    const right = b[j];
    if (left === undefined && right === undefined) return true;
    if (left?.many === true) pending.push([i + 1, j]);
    if (right?.many === true) pending.push([i, j + 1]);
    if (left !== undefined && right !== undefined && overlap(left.ranges, right.ranges)) {
      pending.push([left.many ? i : i + 1, right.many ? j : j + 1]);
    }
  }
  return false;
}

const statesMax = 4_000_000;

type Range = readonly [from: number, to: number];

interface Token {
  readonly ranges: readonly Range[];
  /** Any number of times, also none. */
  readonly many: boolean;
}

const anything: readonly Range[] = [[0, 0x10ffff]];

function overlap(a: readonly Range[], b: readonly Range[]): boolean {
  return a.some(([from, to]) => b.some(([otherFrom, otherTo]) => from <= otherTo && otherFrom <= to));
}

function parse(pattern: string): Token[] {
  const points = Array.from(pattern, (point) => point.codePointAt(0) ?? 0);
  const tokens: Token[] = [];
  let at = 0;
  const is = (index: number, char: string): boolean => points[index] === char.codePointAt(0);
  /** The character at `at`, past its backslash. */
  const take = (): number => {
    if (is(at, "\\")) at += 1;
    const point = points[at];
    if (point === undefined) throw new BuiltinError("the pattern ends in the middle");
    at += 1;
    return point;
  };
  while (at < points.length) {
    let ranges: readonly Range[];
    if (is(at, ".")) {
      ranges = anything;
      at += 1;
    } else if (is(at, "[")) {
      at += 1;
      const set: Range[] = [];
      while (!is(at, "]")) {
        const from = take();
        if (is(at, "-") && at + 1 < points.length && !is(at + 1, "]")) {
          at += 1;
          const to = take();
          if (to < from) throw new BuiltinError("a range in the pattern runs backwards");
          set.push([from, to]);
        } else set.push([from, from]);
      }
      if (set.length === 0) throw new BuiltinError("the pattern has an empty set");
      at += 1;
      ranges = set;
    } else if (is(at, "]") || is(at, "*") || is(at, "+")) {
      throw new BuiltinError("the pattern has a `]`, `*` or `+` with nothing before it to belong to");
    } else {
      const point = take();
      ranges = [[point, point]];
    }
    const repeat = is(at, "*") || is(at, "+");
    if (!is(at, "*")) tokens.push({ ranges, many: false });
    if (repeat) {
      tokens.push({ ranges, many: true });
      at += 1;
    }
  }
  return tokens;
}
