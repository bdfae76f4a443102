import { characterCount, firstCharacters, fitText, plainText, textShape } from "./base-type.ts";
import { cannot, masking, type MaskFamily } from "./mask.ts";
import { redacted } from "./redact.ts";

/** RFC 5321: 64 characters, the sign, 255 characters. Also bounds what the regular expression has to look at. */
const addressMax = 320;
/** Strict in the domain, which is shown: what is not a host name is hidden whole. Means the same in both engines. */
const address = "^[^@]+@[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$";
const pattern = new RegExp(address);

/** `a***@example.com`: the first character and the domain. What is no address is redacted whole. */
export const emailMask: MaskFamily = (_args, column) => {
  const shape = textShape(column);
  if (shape === undefined) return cannot;
  return masking({
    apply: (value) => {
      if (value === null) return null;
      const text = plainText(shape, value);
      if (characterCount(text) > addressMax || !pattern.test(text)) return fitText(shape, redacted);
      return fitText(shape, firstCharacters(text, 1) + redacted + text.slice(text.indexOf("@")));
    },
    sql: (reference) => {
      const text = `cast(${reference} as pg_catalog.text)`;
      // Nondeterministic collations, which searching and matching refuse, and those with classes of their own must not matter here.
      const plain = `${text} collate pg_catalog."C"`;
      const shown = [
        `pg_catalog.left(${text}, 1)`,
        `'${redacted}'`,
        `pg_catalog.substr(${text}, pg_catalog.strpos(${plain}, '@'))`,
      ];
      // One arm after the other: AND promises no order, and the pattern must not see a text of a gigabyte.
      return [
        `case when ${reference} is null then null`,
        `when pg_catalog.char_length(${text}) OPERATOR(pg_catalog.>) ${addressMax} then '${redacted}'`,
        `when (${plain}) OPERATOR(pg_catalog.~) '${address}' then ${shown.join(" OPERATOR(pg_catalog.||) ")}`,
        `else '${redacted}' end`,
      ].join(" ");
    },
  });
};
