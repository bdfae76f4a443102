import { isObject, type TreeObject } from "./tree-object.ts";

/**
 * What an object of the original tree must have become. In a list it may have become several. A replacement may hold parts of the
 * original, with expectations of their own, but not the replaced object itself.
 */
type Expectations = ReadonlyMap<TreeObject, readonly unknown[]>;

export type SameTree = (original: unknown, rewritten: unknown, expected: Expectations) => boolean;

/**
 * Whether a rewritten tree is the original one with exactly the expected replacements: positions aside, everything else must be equal
 * to the last field. This is the proof that a splice did what was meant and nothing else.
 */
export function sameTree(isPosition: (field: string, value: unknown) => boolean): SameTree {
  const isSame: SameTree = (original, rewritten, expected) => {
    if (Array.isArray(original)) return Array.isArray(rewritten) && isSameList(original, rewritten, expected);
    if (!isObject(original)) return original === rewritten;
    const replacement = expected.get(original);
    if (replacement !== undefined) {
      return replacement.length === 1 && isSame(replacement[0], rewritten, expected);
    }
    if (!isObject(rewritten)) return false;
    for (const field in original) {
      if (!isPosition(field, original[field]) && !isSame(original[field], rewritten[field], expected)) return false;
    }
    for (const field in rewritten) {
      if (!Object.hasOwn(original, field) && !isPosition(field, rewritten[field])) return false;
    }
    return true;
  };

  const isSameList = (original: readonly unknown[], rewritten: readonly unknown[], expected: Expectations): boolean => {
    let at = 0;
    for (const element of original) {
      const replacement = isObject(element) ? expected.get(element) : undefined;
      if (replacement === undefined) {
        if (at >= rewritten.length || !isSame(element, rewritten[at], expected)) return false;
        at++;
      } else {
        for (const one of replacement) {
          if (at >= rewritten.length || !isSame(one, rewritten[at], expected)) return false;
          at++;
        }
      }
    }
    return at === rewritten.length;
  };
  return isSame;
}
