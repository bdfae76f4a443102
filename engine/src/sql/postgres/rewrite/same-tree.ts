import { isObject, type TreeObject } from "./tree.ts";

/**
 * What an object of the original tree must have become. In a list it may have become several. A replacement may hold parts of the
 * original, with expectations of their own, but not the replaced object itself.
 */
export type Expectations = ReadonlyMap<TreeObject, readonly unknown[]>;

/**
 * Whether a rewritten tree is the original one with exactly the expected replacements: positions aside, everything else must be equal
 * to the last field. This is the proof that a splice did what was meant and nothing else.
 */
export function isSameTree(original: unknown, rewritten: unknown, expected: Expectations): boolean {
  if (Array.isArray(original)) return Array.isArray(rewritten) && isSameList(original, rewritten, expected);
  if (!isObject(original)) return original === rewritten;
  const replacement = expected.get(original);
  if (replacement !== undefined) {
    return replacement.length === 1 && isSameTree(replacement[0], rewritten, expected);
  }
  if (!isObject(rewritten)) return false;
  for (const field in original) {
    if (!isPosition(field, original[field]) && !isSameTree(original[field], rewritten[field], expected)) return false;
  }
  for (const field in rewritten) {
    if (!Object.hasOwn(original, field) && !isPosition(field, rewritten[field])) return false;
  }
  return true;
}

function isSameList(original: readonly unknown[], rewritten: readonly unknown[], expected: Expectations): boolean {
  let at = 0;
  for (const element of original) {
    const replacement = isObject(element) ? expected.get(element) : undefined;
    if (replacement === undefined) {
      if (at >= rewritten.length || !isSameTree(element, rewritten[at], expected)) return false;
      at++;
    } else {
      for (const one of replacement) {
        if (at >= rewritten.length || !isSameTree(one, rewritten[at], expected)) return false;
        at++;
      }
    }
  }
  return at === rewritten.length;
}

/** Byte offsets into the text. CreateTableSpaceStmt has a `location` of another kind, a string. */
function isPosition(field: string, value: unknown): boolean {
  return (typeof value === "number" || value === undefined) && positions.has(field);
}

const positions: ReadonlySet<string> = new Set([
  "location",
  "stmt_location",
  "stmt_len",
  "list_start",
  "list_end",
  "rexpr_list_start",
  "rexpr_list_end",
  "arg_location",
  "name_location",
]);
