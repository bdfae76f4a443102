/** Where two outputs of one psql script differ. */

export interface Difference {
  /** Number of the output's line, from 1. */
  readonly line: number;
  /** What was echoed last before it: the statement. */
  readonly after: readonly string[];
  readonly direct: readonly string[];
  readonly through: readonly string[];
}

export interface Comparison {
  readonly lines: number;
  /** Stretches that two direct runs print differently: times, process ids, addresses. */
  readonly unsteady: number;
  readonly differences: readonly Difference[];
}

/** Leaves out what touches a stretch that two direct runs print differently. */
export function compare(script: string, first: string, second: string, through: string): Comparison {
  const unsteady = differences(script, first, second);
  const isUnsteady = ({ line, direct }: Difference) =>
    unsteady.some((other) => other.line < line + direct.length && line < other.line + other.direct.length);
  return {
    lines: first.split("\n").length,
    unsteady: unsteady.length,
    differences: differences(script, first, through).filter((difference) => !isUnsteady(difference)),
  };
}

/** The differing stretches of two outputs, by the lines that both have around them. */
export function differences(script: string, direct: string, through: string): Difference[] {
  const echoed = new Set(script.split("\n").filter((line) => line.trim() !== ""));
  const [one, other] = [direct.split("\n"), through.split("\n")];
  const found: Difference[] = [];
  let [i, j] = [0, 0];
  while (i < one.length || j < other.length) {
    if (one[i] === other[j]) {
      i++;
      j++;
      continue;
    }
    const [nextI, nextJ] = meet(one, other, i, j, echoed);
    found.push({
      line: i + 1,
      after: lastEchoed(one, i, echoed),
      direct: one.slice(i, nextI),
      through: other.slice(j, nextJ),
    });
    [i, j] = [nextI, nextJ];
  }
  return found;
}

/** The next line of the script that both have echoed. */
function meet(
  one: readonly string[],
  other: readonly string[],
  i: number,
  j: number,
  echoed: ReadonlySet<string>,
): [number, number] {
  for (let a = i; a < one.length; a++) {
    const line = one[a]!;
    if (!echoed.has(line)) continue;
    const b = other.indexOf(line, j);
    if (b >= 0) return [a, b];
  }
  return [one.length, other.length];
}

function lastEchoed(lines: readonly string[], before: number, echoed: ReadonlySet<string>): string[] {
  const last: string[] = [];
  for (let index = before - 1; index >= 0 && last.length < 4; index--) {
    const line = lines[index]!;
    if (echoed.has(line)) last.unshift(line);
    else if (last.length > 0) break;
  }
  return last;
}
