import { characterCount, firstCharacters, fitText, lastCharacters, plainText, textShape } from "./base-type.ts";
import { cannot, integerArgument, invalid, masking, type MaskFamily } from "./mask.ts";
import { quoteText } from "./quote.ts";

/** Enough for every text that people look at; keeps the arithmetic far from the limits of SQL's integer. */
const keepMax = 1_000_000n;
/** More hidden characters than these are shown as these: `repeat` raises an error when its result passes 1 GiB. */
const hiddenMax = 10_000_000;

/**
 * Keeps the first and last characters and puts one character in place of each between. A value too short to hide anything
 * is hidden whole, so that short values do not show.
 */
export const partialMask: MaskFamily = ([keepFirst, keepLast, char = "*"], column) => {
  const first = integerArgument(keepFirst);
  const last = integerArgument(keepLast);
  if (first === undefined || last === undefined || first < 0n || last < 0n || first > keepMax || last > keepMax) {
    return invalid(`the first two arguments of \`partial\` must be whole numbers from 0 to ${keepMax}`);
  }
  if (typeof char !== "string" || characterCount(char) !== 1 || char === "\0") {
    return invalid("the third argument of `partial` must be a string of one character");
  }
  const shape = textShape(column);
  if (shape === undefined) return cannot;
  const kept = Number(first + last);
  const hide = (count: number) => char.repeat(Math.min(count, hiddenMax));
  const hidden = (count: string) => `pg_catalog.repeat(${quoteText(char)}, least(${count}, ${hiddenMax}))`;
  return masking({
    apply: (value) => {
      if (value === null) return null;
      const text = plainText(shape, value);
      const length = characterCount(text);
      const masked =
        length > kept
          ? firstCharacters(text, Number(first)) + hide(length - kept) + lastCharacters(text, Number(last))
          : hide(length);
      return fitText(shape, masked);
    },
    sql: (reference) => {
      const text = `cast(${reference} as pg_catalog.text)`;
      const length = `pg_catalog.char_length(${text})`;
      const parts = [
        ...(first === 0n ? [] : [`pg_catalog.left(${text}, ${first})`]),
        hidden(`${length} OPERATOR(pg_catalog.-) ${kept}`),
        ...(last === 0n ? [] : [`pg_catalog.right(${text}, ${last})`]),
      ];
      return [
        // `least` passes over NULL. The text itself stands there for its collation.
        `case when ${reference} is null then ${text}`,
        `when ${length} OPERATOR(pg_catalog.>) ${kept} then ${parts.join(" OPERATOR(pg_catalog.||) ")}`,
        `else ${hidden(length)} end`,
      ].join(" ");
    },
  });
};
