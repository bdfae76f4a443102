import { createHash } from "node:crypto";

/** PostgreSQL keeps at most 2.7 kB in an entry of an index, and some entries have two words. */
const wordBytesMax = 600;
const keptCharacters = 100;
/** Nearly every one is, and is looked at quickly. */
const plain = /^[ -~]*$/;

/**
 * A word as the store's index has it. Names come from clients too, who must not be able to stop the index with one that it cannot hold: of a
 * longer one there is the beginning and a digest, and what texts of PostgreSQL cannot be (U+0000, halves of surrogate pairs) is replaced.
 */
export function indexWord(word: string): string {
  if (word.length <= wordBytesMax && plain.test(word)) return word;
  const text = word.replaceAll("\0", "\uFFFD").toWellFormed();
  if (text.length * 3 <= wordBytesMax || Buffer.byteLength(text) <= wordBytesMax) return text;
  const digest = createHash("sha256").update(word).digest("hex");
  return `${text.slice(0, keptCharacters).toWellFormed()}… (SHA-256 ${digest})`;
}
