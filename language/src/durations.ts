import { parseDuration } from "./builtins/go-time.ts";

/**
 * A duration of a decision statement, such as `30s`, `5m` or `1h30m`, in milliseconds, fractions rounded up; `undefined` for what is no
 * duration or not above zero.
 */
export function durationMs(text: string): number | undefined {
  let ns: bigint;
  try {
    ns = parseDuration(text);
  } catch {
    return undefined;
  }
  return ns <= 0n ? undefined : Number((ns + 999_999n) / 1_000_000n);
}
