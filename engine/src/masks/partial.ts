import { writerOf } from "../writers/writer-of.ts";
import { characterCount, firstCharacters, fitText, lastCharacters, plainText, textShape } from "./base-type.ts";
import { cannot, integerArgument, invalid, masking, type MaskFamily } from "./mask.ts";

/** Enough for every text that people look at; keeps the arithmetic far from the limits of SQL's integer. */
const keepMax = 1_000_000n;
/** More hidden characters than these are shown as these: the servers bound what `repeat` gives (PostgreSQL 1 GiB, MySQL a packet). */
const hiddenMax = 1_000_000;

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
  const writer = writerOf(column);
  if (shape === undefined || !writer.canHold(column, char)) return cannot;
  const kept = Number(first + last);
  const hide = (count: number) => char.repeat(Math.min(count, hiddenMax));
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
      const text = writer.plainText(column, reference);
      const length = writer.call("char_length", text);
      const hidden = (count: string) =>
        writer.call("repeat", writer.text(column, char), `least(${count}, ${hiddenMax})`);
      const parts = [
        ...(first === 0n ? [] : [writer.call("left", text, String(first))]),
        hidden(writer.operate(length, "-", String(kept))),
        ...(last === 0n ? [] : [writer.call("right", text, String(last))]),
      ];
      const masked = [
        // `least` passes over NULL. The text itself stands there for its collation.
        `case when ${reference} is null then ${text}`,
        `when ${writer.operate(length, ">", String(kept))} then ${writer.concat(...parts)}`,
        `else ${hidden(length)} end`,
      ].join(" ");
      return writer.fitText(column, masked);
    },
  });
};
