import { writerOf } from "../writers/writer-of.ts";
import { characterCount, firstCharacters, fitText, plainText, textShape } from "./base-type.ts";
import { cannot, masking, type MaskFamily } from "./mask.ts";
import { redacted } from "./redact.ts";

/** RFC 5321: 64 characters, the sign, 255 characters. Also bounds what the regular expression has to look at. */
const addressMax = 320;
/** Strict in the domain, which is shown: what is not a host name is hidden whole. Means the same in every engine. */
const address = "[^@]+@[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?";
const pattern = new RegExp(`^${address}$`);

/** `a***@example.com`: the first character and the domain. What is no address is redacted whole. */
export const emailMask: MaskFamily = (_args, column) => {
  const shape = textShape(column);
  const writer = writerOf(column);
  if (shape === undefined || !writer.canHold(column, redacted)) return cannot;
  return masking({
    apply: (value) => {
      if (value === null) return null;
      const text = plainText(shape, value);
      if (characterCount(text) > addressMax || !pattern.test(text)) return fitText(shape, redacted);
      return fitText(shape, firstCharacters(text, 1) + redacted + text.slice(text.indexOf("@")));
    },
    sql: (reference) => {
      const text = writer.plainText(column, reference);
      const plain = writer.byCharacter(column, text);
      const hidden = writer.text(column, redacted);
      const domain = writer.call("substr", text, writer.position(plain, "@"));
      // One arm after the other: AND promises no order, and the pattern must not see a text of a gigabyte.
      const masked = [
        `case when ${reference} is null then null`,
        `when ${writer.operate(writer.call("char_length", text), ">", String(addressMax))} then ${hidden}`,
        `when ${writer.matches(plain, address)} then ${writer.concat(writer.call("left", text, "1"), hidden, domain)}`,
        `else ${hidden} end`,
      ].join(" ");
      return writer.fitText(column, masked);
    },
  });
};
