/** `policy test --bench`: how long each test takes, measured in this thread. */
import { printable } from "@penstock/language";
import type { LoadedTests } from "./loaded-tests.ts";
import type { Hosts } from "./run-tests.ts";
import { type Sample, sampleOf } from "./sample.ts";

export interface TestTime {
  readonly name: string;
  readonly file: string;
  readonly line: number;
  readonly runs: number;
  /** Milliseconds. */
  readonly time: Sample;
}

const runsMax = 1_000;
const msForEach = 250;

/** Runs each test again and again; the first run, which loads and compiles, is not counted. */
export function benchTests({ files }: LoadedTests, hosts: Hosts): TestTime[] {
  return [...files].flatMap(([file, cases]) => {
    const host = hosts.of(file);
    return cases.map(({ name, rule, ...test }) => {
      test.run(host);
      const times: number[] = [];
      for (let spent = 0; times.length < 3 || (spent < msForEach && times.length < runsMax); ) {
        const started = performance.now();
        test.run(host);
        const time = performance.now() - started;
        times.push(time);
        spent += time;
      }
      return { name, file, line: rule.line, runs: times.length, time: sampleOf(times) };
    });
  });
}

export function prettyTimes(times: readonly TestTime[]): string {
  const slowestFirst = times.toSorted((a, b) => b.time.median - a.time.median);
  const rows = slowestFirst.map(({ name, file, line, runs, time: { median, min, p99, max } }) => [
    `${printable(name)}  ${printable(file)}:${line}`,
    ...[median, min, p99, max].map((value) => value.toFixed(3)),
    String(runs),
  ]);
  const table = [["test, slowest first", "median ms", "min", "p99", "max", "runs"], ...rows];
  const widths = (table[0] ?? []).map((_, column) => Math.max(...table.map((row) => (row[column] ?? "").length)));
  return table
    .map((row) =>
      row
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
        .join("  "),
    )
    .join("\n");
}
