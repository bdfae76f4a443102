/** How often something took how long, in buckets that double: 1 µs, 2 µs, 4 µs … 67 s, and more. Counting allocates nothing. Hot. */
export class Histogram {
  /** The last one is of what no bound holds. */
  readonly #counts = new Float64Array(bounds + 1);
  #sumUs = 0;

  observe(us: number): void {
    // A bound belongs to its bucket, as Prometheus' `le` has it.
    const index = us <= 1 ? 0 : us >= overUs ? bounds : 32 - Math.clz32(Math.ceil(us) - 1);
    this.#counts[index]! += 1;
    this.#sumUs += us;
  }

  /** As it is now. */
  read(): HistogramReading {
    return { counts: [...this.#counts], sumUs: this.#sumUs };
  }
}

/** Plain data, since it may be another process's. */
export interface HistogramReading {
  /** Of each bucket alone. */
  readonly counts: readonly number[];
  readonly sumUs: number;
}

/** As if one histogram had counted everything. */
export function sumOfHistograms(readings: readonly HistogramReading[]): HistogramReading {
  const counts = Array.from({ length: bounds + 1 }, (_, index) =>
    readings.reduce((sum, reading) => sum + (reading.counts[index] ?? 0), 0),
  );
  return { counts, sumUs: readings.reduce((sum, reading) => sum + reading.sumUs, 0) };
}

/** Cumulative, as Prometheus has them; the last bound is infinity. */
export function bucketsOf({ counts, sumUs }: HistogramReading): {
  readonly buckets: readonly (readonly [boundSeconds: number, count: number])[];
  readonly sumSeconds: number;
  readonly count: number;
} {
  let count = 0;
  const buckets = counts.map((own, index) => {
    count += own;
    return [index === bounds ? Infinity : 2 ** index / 1e6, count] as const;
  });
  return { buckets, sumSeconds: sumUs / 1e6, count };
}

const bounds = 27;
/** Above the largest bound. */
const overUs = 2 ** (bounds - 1) + 1;
