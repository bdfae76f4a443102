/**
 * Which column of a table is which column of what the table was before, where nothing but names, types and order tell (MySQL has no numbers of
 * columns that stay). What cannot be told has several answers, so that whatever protects one of them protects the column.
 */

/** A column as it was or is seen; names know no case. */
export interface SeenColumn {
  readonly attnum: number;
  readonly name: string;
  readonly type: string;
}

/** Attribute numbers of before that a column may have had, by its own. Columns that were added have none. */
export type Origins = ReadonlyMap<number, ReadonlySet<number>>;

export function originsByName(before: readonly SeenColumn[], now: readonly SeenColumn[]): Origins {
  const known = new Map(before.map((column) => [keyOf(column), column.attnum]));
  return new Map(
    now.map((column) => {
      const attnum = known.get(keyOf(column));
      return [column.attnum, new Set(attnum === undefined ? [] : [attnum])];
    }),
  );
}

/** @param before in their order, as `now` */
export function originsOfColumns(before: readonly SeenColumn[], now: readonly SeenColumn[]): Origins {
  const origins = new Map([...originsByName(before, now)].map(([attnum, found]) => [attnum, new Set(found)]));
  const kept = commonOrder(before, now);
  // Columns were only added, or only dropped.
  if (kept.size === before.length || kept.size === now.length) return origins;
  const isLost = (column: SeenColumn): boolean => !kept.has(keyOf(column));
  const [lost, found] = [before.filter(isLost), now.filter(isLost)] as const;
  const add = (column: SeenColumn, was: SeenColumn): void => void origins.get(column.attnum)?.add(was.attnum);
  // What stands in the place of another one may be that one under another name.
  const places = [placesOf(before, kept), placesOf(now, kept)] as const;
  for (const column of found) {
    const place = places[1].get(column.attnum);
    for (const was of lost) if (places[0].get(was.attnum) === place) add(column, was);
  }
  for (const [column, was] of renamedInPlace(before, now, lost.length + found.length)) add(column, was);
  // CHANGE may move a column as well.
  const gone = lost.filter((was) => !now.some((column) => keyOf(column) === keyOf(was)));
  for (const column of found) {
    if (origins.get(column.attnum)?.size !== 0) continue;
    for (const was of gone) if (was.type === column.type) add(column, was);
  }
  return origins;
}

/**
 * Columns of other names in the same places, each with that of before: where as many renamings explain what is there as other changes do, or a
 * new name stands there.
 * @param changes how many columns were added, dropped or moved, if none was renamed
 */
function renamedInPlace(
  before: readonly SeenColumn[],
  now: readonly SeenColumn[],
  changes: number,
): readonly (readonly [now: SeenColumn, was: SeenColumn])[] {
  const names = new Set(before.map(keyOf));
  const pairs = now.flatMap((column, index) => {
    const was = before[index];
    return was === undefined || keyOf(was) === keyOf(column) ? [] : [[column, was] as const];
  });
  if (before.length === now.length) {
    if (pairs.length > changes) return [];
    return pairs.filter(([column, was]) => was.type === column.type || !names.has(keyOf(column)));
  }
  return pairs.filter(([column, was]) => was.type === column.type && !names.has(keyOf(column)));
}

/** In which gap between columns that are the same as before a column stands: by the one ahead of it. */
function placesOf(columns: readonly SeenColumn[], kept: ReadonlySet<string>): ReadonlyMap<number, string> {
  let ahead = "";
  return new Map(
    columns.map((column) => {
      const key = keyOf(column);
      if (kept.has(key)) ahead = key;
      return [column.attnum, ahead];
    }),
  );
}

/** Names of a longest sequence of columns that both have in the same order. */
function commonOrder(before: readonly SeenColumn[], now: readonly SeenColumn[]): ReadonlySet<string> {
  const [ours, theirs] = [before.map(keyOf), now.map(keyOf)];
  // Lengths of what is common to the rests behind each pair of places.
  const lengths = Array.from({ length: ours.length + 1 }, () => new Uint16Array(theirs.length + 1));
  const length = (i: number, j: number): number => lengths[i]?.[j] ?? 0;
  for (let i = ours.length - 1; i >= 0; i--) {
    for (let j = theirs.length - 1; j >= 0; j--) {
      const row = lengths[i];
      if (row === undefined) continue;
      row[j] = ours[i] === theirs[j] ? length(i + 1, j + 1) + 1 : Math.max(length(i + 1, j), length(i, j + 1));
    }
  }
  const common = new Set<string>();
  for (let i = 0, j = 0; i < ours.length && j < theirs.length; ) {
    const name = ours[i];
    if (name !== undefined && name === theirs[j]) {
      common.add(name);
      i++;
      j++;
    } else if (length(i + 1, j) >= length(i, j + 1)) i++;
    else j++;
  }
  return common;
}

function keyOf({ name }: SeenColumn): string {
  return name.toLowerCase();
}
