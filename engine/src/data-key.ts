/** Plain data as a text: equal for equal data whose parts were made in the same order, and for no other. */
export function dataKey(data: unknown): string {
  return JSON.stringify(data, (_name, value: unknown) =>
    typeof value === "bigint" ? { bigint: String(value) } : value,
  );
}
