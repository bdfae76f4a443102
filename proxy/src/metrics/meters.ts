/** What a proxy counts and times while it works. Hot: nothing here allocates once a key is known. */
import { performance } from "node:perf_hooks";
import type { Enforcer } from "@penstock/engine";
import { Histogram, type HistogramReading, sumOfHistograms } from "./histogram.ts";

/** More rules than anybody writes; what comes after them is counted together. */
const keysMax = 10_000;

export class Meters {
  sessionsOpen = 0;
  sessionsTotal = 0;
  loginFailures = 0;
  statements = 0;
  denials = 0;
  /** Results that named a masked column as their origin: it must never happen. */
  originLeaks = 0;
  /** Sessions that ended by a mistake of the proxy's. */
  faults = 0;
  /** Of the engine: from the text to the verdict. */
  readonly decide = new Histogram();
  /** From sending a statement upstream until its answer has ended. */
  readonly upstream = new Histogram();
  /** Of the enforcer in force, and of those before it. */
  #decisions: Enforcer["decisions"] | undefined;
  #decisionsBefore: ReadonlyMap<string, number> = new Map();
  /** By key of `fired-rules.ts`. */
  readonly #fired = new Map<string, { count: number }>();

  /** @param keys of `firedRules` or `refusedBy` */
  fired(keys: readonly string[]): void {
    for (const key of keys) {
      const known = this.#fired.get(key);
      if (known !== undefined) known.count++;
      else this.#fired.set(this.#fired.size < keysMax ? key : "other other", { count: 1 });
    }
  }

  /** As they are now. @param shadow of policies in the shadow */
  read(shadow: ReadonlyMap<string, number> = new Map()): MeterReadings {
    const { sessionsOpen, sessionsTotal, loginFailures, statements, denials, originLeaks, faults } = this;
    return {
      counts: { sessionsOpen, sessionsTotal, loginFailures, statements, denials, originLeaks, faults },
      decide: this.decide.read(),
      upstream: this.upstream.read(),
      fired: [...this.#fired].map(([key, { count }]) => [key, count] as const),
      shadow: [...shadow],
      decisions: [...this.#decisionsSoFar()],
    };
  }

  #decisionsSoFar(): ReadonlyMap<string, number> {
    const counts = Object.entries(this.#decisions ?? { text: 0, template: 0, none: 0 });
    return new Map(counts.map(([from, count]) => [from, count + (this.#decisionsBefore.get(from) ?? 0)]));
  }

  /** The same enforcer, with its decisions timed. It takes the place of the one before. */
  timed(enforcer: Enforcer): Enforcer {
    const { decide: histogram } = this;
    if (enforcer.decisions !== this.#decisions) {
      this.#decisionsBefore = this.#decisionsSoFar();
      this.#decisions = enforcer.decisions;
    }
    return {
      ...enforcer,
      decide(text, who, names, catalog, parameters) {
        const startedMs = performance.now();
        const verdict = enforcer.decide(text, who, names, catalog, parameters);
        histogram.observe((performance.now() - startedMs) * 1000);
        return verdict;
      },
    };
  }
}

/** Plain data, since they may be another process's. */
export interface MeterReadings {
  readonly counts: Readonly<Record<(typeof countNames)[number], number>>;
  readonly decide: HistogramReading;
  readonly upstream: HistogramReading;
  readonly fired: Counts;
  /** Of policies in the shadow: statements since they were loaded, by what would be different. */
  readonly shadow: Counts;
  /** By how the engine came to them (`DecisionCounts`). */
  readonly decisions: Counts;
}

type Counts = readonly (readonly [key: string, count: number])[];

/** As if one process had counted everything. */
export function sumOfReadings(readings: readonly MeterReadings[]): MeterReadings {
  const counts = { ...new Meters().read().counts };
  for (const reading of readings) for (const name of countNames) counts[name] += reading.counts[name];
  return {
    counts,
    decide: sumOfHistograms(readings.map(({ decide }) => decide)),
    upstream: sumOfHistograms(readings.map(({ upstream }) => upstream)),
    fired: sumOfCounts(readings.flatMap(({ fired }) => fired)),
    shadow: sumOfCounts(readings.flatMap(({ shadow }) => shadow)),
    decisions: sumOfCounts(readings.flatMap(({ decisions }) => decisions)),
  };
}

function sumOfCounts(counts: Counts): Counts {
  const sums = new Map<string, number>();
  for (const [key, count] of counts) sums.set(key, (sums.get(key) ?? 0) + count);
  return [...sums];
}

const countNames = [
  "sessionsOpen",
  "sessionsTotal",
  "loginFailures",
  "statements",
  "denials",
  "originLeaks",
  "faults",
] as const;
