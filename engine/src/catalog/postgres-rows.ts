/** Rows of the catalog as the simple query protocol gives them: text, or null. */
export type Rows = readonly (readonly (string | null)[])[];

/** Runs one statement and gives its rows. */
export type RunQuery = (sql: string) => Promise<Rows>;

export function groupBy(rows: Rows, by = 0): ReadonlyMap<string, (readonly (string | null)[])[]> {
  const groups = new Map<string, (readonly (string | null)[])[]>();
  for (const row of rows) {
    const key = row[by] ?? "";
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  }
  return groups;
}

/** `{1,2}` or `1 2`. */
export function numbers(text: string | null | undefined): readonly number[] {
  return (text ?? "").match(/\d+/g)?.map(Number) ?? [];
}
