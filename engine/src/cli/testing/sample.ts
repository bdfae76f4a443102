/** Median with spread: one figure alone means nothing. */
export interface Sample {
  readonly median: number;
  readonly min: number;
  readonly p99: number;
  readonly max: number;
}

export function sampleOf(values: readonly number[]): Sample {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
  return { median: at(0.5), min: at(0), p99: at(0.99), max: at(1) };
}
