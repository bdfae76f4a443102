import type { ProxyLimits } from "../limits.ts";

/** Of those that hold for all workers together, each has its part: connections go to the one that has the fewest. */
const shared = ["sessions", "pendingLogins", "heldStatements"] as const;

export function shareOf(limits: ProxyLimits, workers: number): ProxyLimits {
  const own = Object.fromEntries(shared.map((name) => [name, Math.ceil(limits[name] / workers)]));
  return { ...limits, ...own };
}
