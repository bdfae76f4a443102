import type { Endpoint } from "./endpoints.ts";
import { printSample, printTable, ratios, sample } from "./statistics.ts";

/** A way to get the result; all ways of one statement are measured in turns. */
export interface Way {
  readonly name: string;
  readonly endpoint: Endpoint;
  readonly sql: string;
}

/** All ways in turns, after a round that warms caches. Prints a table. @param base the way that the others are compared with */
export async function benchWays(
  title: string,
  rounds: number,
  base: string,
  ways: readonly Way[],
  get: (way: Way) => Promise<void>,
): Promise<void> {
  const seconds = new Map<string, number[]>(ways.map(({ name }) => [name, []]));
  for (let round = 0; round <= rounds; round++) {
    for (const way of ways) {
      const started = performance.now();
      await get(way);
      if (round > 0) seconds.get(way.name)?.push((performance.now() - started) / 1000);
    }
  }
  console.log(`\n${title}, ${rounds} rounds in turns: median (min–max)`);
  printTable([
    ["", "seconds", `speed of ${base}`],
    ...ways.map(({ name }) => {
      const own = seconds.get(name) ?? [];
      return [name, printSample(sample(own), 2), printSample(ratios(seconds.get(base) ?? [], own), 2)];
    }),
  ]);
}
