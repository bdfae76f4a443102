let lastMs = 0;
let lastText = "";

/** RFC 3339 in UTC with milliseconds; formatted once a millisecond. */
export function now(): string {
  const ms = Date.now();
  if (ms !== lastMs) {
    lastMs = ms;
    lastText = new Date(ms).toISOString();
  }
  return lastText;
}
