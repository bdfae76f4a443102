/** Median with spread: these machines are shared, so one figure alone means nothing. */
export interface Sample {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export function sample(values: readonly number[]): Sample {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  const at = (index: number): number => sorted[index] ?? Number.NaN;
  return {
    median: (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2,
    min: at(0),
    max: at(sorted.length - 1),
  };
}

/** Microseconds of processor time for so many calls: what else the machine does must not count. */
export function processorTime(call: () => void, calls: number): number {
  const started = process.cpuUsage();
  for (let index = 0; index < calls; index++) call();
  const { user, system } = process.cpuUsage(started);
  return user + system;
}

/** `12.3 (11.9–14.0)`. */
export function printSample({ median, min, max }: Sample, digits: number): string {
  return `${median.toFixed(digits)} (${min.toFixed(digits)}–${max.toFixed(digits)})`;
}

/** Ratios of values measured side by side, round by round. */
export function ratios(numerators: readonly number[], denominators: readonly number[]): Sample {
  return sample(numerators.map((value, round) => value / (denominators[round] ?? Number.NaN)));
}

export function printTable(rows: readonly (readonly string[])[]): void {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  for (const row of rows) {
    console.log(
      row
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
        .join("  "),
    );
  }
}
