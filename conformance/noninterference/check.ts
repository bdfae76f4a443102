/** Non-interference as a property, whatever the server: runs generated exchanges, and counts what became of them. */
import fc from "fast-check";

export type Outcome = "ran" | "failed" | "denied" | "timed out";

/** Changes, and what is refused by intent, are counted apart from what is read. */
export type Counted = "read" | "change" | "other";

interface Trial {
  readonly outcome: Outcome;
  /** The first line in which the answers of the two databases differ. */
  readonly interference: string | undefined;
  /** The same against the database that holds the masked values. */
  readonly difference: string | undefined;
}

/** A place where exchanges are tried. */
export interface Tried<Script extends { readonly counts: Counted }> {
  readonly arbitrary: fc.Arbitrary<Script>;
  readonly run: (script: Script) => Promise<Trial>;
}

export type Outcomes = Readonly<Record<Outcome, number>>;

export interface Report {
  readonly scripts: number;
  readonly outcomes: Readonly<Record<Counted, Outcomes>>;
  /** fast-check's own words, with seed, path and the shrunk case; undefined when the property held. */
  readonly failure: string | undefined;
}

export interface CheckOptions {
  readonly runs: number;
  readonly timeLimitMs: number;
  /** To repeat a run. */
  readonly seed?: number;
  readonly path?: string;
}

/** Checks the property. */
export async function check<Script extends { readonly counts: Counted }>(
  { arbitrary, run }: Tried<Script>,
  options: CheckOptions,
): Promise<Report> {
  const none = () => ({ ran: 0, failed: 0, denied: 0, "timed out": 0 });
  const outcomes = { read: none(), change: none(), other: none() };
  let count = 0;
  const property = fc.asyncProperty(arbitrary, async (script) => {
    const trial = await run(script);
    count++;
    outcomes[script.counts][trial.outcome]++;
    if (trial.interference !== undefined)
      throw new Error(`the two databases answer differently:\n${trial.interference}`);
    if (trial.difference !== undefined)
      throw new Error(`the answer is not that of the masked values:\n${trial.difference}`);
  });
  const details = await fc.check(property, {
    numRuns: options.runs,
    ...(options.seed === undefined ? {} : { seed: options.seed }),
    ...(options.path === undefined ? {} : { path: options.path }),
    includeErrorInReport: true,
    // Shrinking may take longer than anybody waits; the smallest case so far is then shown.
    interruptAfterTimeLimit: options.timeLimitMs,
    markInterruptAsFailure: true,
  });
  return { scripts: count, outcomes, failure: details.failed ? fc.defaultReportMessage(details) : undefined };
}

export function firstDifference(
  a: readonly string[],
  b: readonly string[],
  same: (a: string, b: string) => boolean = (x, y) => x === y,
): string | undefined {
  const length = Math.max(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const [mine, other] = [a[index] ?? "(nothing)", b[index] ?? "(nothing)"];
    if (!same(mine, other)) return `${mine}\n  against\n${other}`;
  }
  return undefined;
}

export function total({ ran, failed, denied, "timed out": timedOut }: Outcomes): number {
  return ran + failed + denied + timedOut;
}

/** How far a share may be off in so many random statements: three standard deviations. */
export function byChance(runs: number, share: number): number {
  return 3 * Math.sqrt(runs * share * (1 - share));
}

/** How much of what was read, and of what was changed, was allowed, and what became of it. */
export function summary({ scripts, outcomes }: Report, durationMs: number): string {
  const parts = Object.entries(outcomes).flatMap(([counted, found]) => {
    const all = total(found);
    if (all === 0) return [];
    const share = (count: number) => `${((100 * count) / all).toFixed(1)} %`;
    return [
      `${counted} ${all}: allowed ${share(all - found.denied)}, ran without error ${share(found.ran)}, denied ${share(found.denied)}, ` +
        `error ${share(found.failed)}, timed out ${share(found["timed out"])}`,
    ];
  });
  return `${scripts} statements in ${(durationMs / 1000).toFixed(0)} s; ${parts.join("; ")}`;
}
