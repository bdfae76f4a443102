/** What is different in a file of people or tokens, for the record: names, and which of their fields; never what those hold. */
export interface FileChanges {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** Names of fields, by name. */
  readonly changed: Readonly<Record<string, readonly string[]>>;
  /** How many more there are of each. */
  readonly more?: number;
}

/** Names that are recorded of each: one record must stay a line that can be read. */
const namesMax = 200;

type Named = { readonly name: string };

/** @param fields that are compared @returns `undefined` where nothing is different */
export function changesBetween<T extends Named>(
  before: readonly T[],
  now: readonly T[],
  fields: readonly (keyof T & string)[],
): FileChanges | undefined {
  const old = new Map(before.map((each) => [each.name, each]));
  const names = new Set(now.map(({ name }) => name));
  const added = now.filter(({ name }) => !old.has(name)).map(({ name }) => name);
  const removed = before.filter(({ name }) => !names.has(name)).map(({ name }) => name);
  const changed = now.flatMap((each): (readonly [string, readonly string[]])[] => {
    const was = old.get(each.name);
    if (was === undefined) return [];
    const others = fields.filter((field) => JSON.stringify(was[field]) !== JSON.stringify(each[field]));
    return others.length === 0 ? [] : [[each.name, others]];
  });
  const count = added.length + removed.length + changed.length;
  if (count === 0) return undefined;
  const lists = { added: added.slice(0, namesMax), removed: removed.slice(0, namesMax) };
  const kept = changed.slice(0, namesMax);
  const more = count - lists.added.length - lists.removed.length - kept.length;
  return { ...lists, changed: Object.fromEntries(kept), ...(more === 0 ? {} : { more }) };
}
