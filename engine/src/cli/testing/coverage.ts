/** What the tests of a run reached of the policies. */
import type { Coverage } from "@penstock/language";

export interface FileCoverage {
  readonly file: string;
  readonly rules: readonly RuleCoverage[];
  /** Lines on which something can be counted, by number. */
  readonly lines: readonly LineCoverage[];
}

interface RuleCoverage {
  readonly name: string;
  readonly line: number;
  readonly tried: number;
  /** It gave a value or decided something: only then it is covered. */
  readonly held: number;
}

interface LineCoverage {
  readonly line: number;
  /** Of several things on one line, the least: a line is covered where each of them held. */
  readonly tried: number;
  readonly held: number;
}

export interface Share {
  readonly covered: number;
  readonly total: number;
}

export interface CoverageReport {
  readonly files: readonly FileCoverage[];
  readonly rules: Share;
  readonly lines: Share;
}

/** @param counts as `Coverage.counts`, of all threads together */
export function coverageReport({ points }: Pick<Coverage, "points">, counts: readonly number[]): CoverageReport {
  const counted = points.map((point, index) => ({
    ...point,
    line: point.span.line,
    tried: counts[2 * index] ?? 0,
    held: counts[2 * index + 1] ?? 0,
  }));
  const files = [...Map.groupBy(counted, ({ span }) => span.file)].map(([file, own]): FileCoverage => {
    const lines = [...Map.groupBy(own, ({ line }) => line)].map(([line, here]) => ({
      line,
      tried: Math.min(...here.map(({ tried }) => tried)),
      held: Math.min(...here.map(({ held }) => held)),
    }));
    const rules = own
      .filter(({ kind }) => kind === "rule")
      .map(({ name, line, tried, held }) => ({ name, line, tried, held }));
    return { file, rules: rules.toSorted(byLine), lines: lines.toSorted(byLine) };
  });
  const sorted = files.toSorted((a, b) => (a.file < b.file ? -1 : 1));
  return {
    files: sorted,
    rules: shareOf(sorted.flatMap(({ rules }) => rules)),
    lines: shareOf(sorted.flatMap(({ lines }) => lines)),
  };
}

export function addCounts(sum: number[], counts: readonly number[]): void {
  counts.forEach((count, index) => {
    sum[index] = (sum[index] ?? 0) + count;
  });
}

export function shareOf(parts: readonly { readonly held: number }[]): Share {
  return { covered: parts.filter(({ held }) => held > 0).length, total: parts.length };
}

/** Of nothing, everything is covered. */
export function percent({ covered, total }: Share): number {
  return total === 0 ? 100 : (100 * covered) / total;
}

/** What `--threshold` asks of rules and of lines, in percent. */
export interface Threshold {
  readonly rules: number;
  readonly lines: number;
}

/** What falls short, in words; empty where nothing does. */
export function shortfalls({ rules, lines }: CoverageReport, threshold: Threshold): string[] {
  const shares = { rules, lines };
  return (["rules", "lines"] as const).flatMap((what) => {
    const got = percent(shares[what]);
    return got < threshold[what]
      ? [`coverage of ${what} is ${got.toFixed(1)} %, below the threshold of ${threshold[what]} %`]
      : [];
  });
}

function byLine(a: { readonly line: number }, b: { readonly line: number }): number {
  return a.line - b.line;
}
