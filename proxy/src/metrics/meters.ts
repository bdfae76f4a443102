/** What a proxy counts and times while it works. Hot: nothing here allocates once a key is known. */
import { performance } from "node:perf_hooks";
import type { Enforcer } from "@penstock/engine";
import { Histogram } from "./histogram.ts";

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

  get firedByKey(): Iterable<readonly [key: string, count: number]> {
    return [...this.#fired].map(([key, { count }]) => [key, count] as const);
  }

  /** The same enforcer, with its decisions timed. */
  timed(enforcer: Enforcer): Enforcer {
    const { decide: histogram } = this;
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
