import { fitText, textShape } from "./base-type.ts";
import { cannot, fixed, invalid, type MaskFamily } from "./mask.ts";
import { quoteText } from "./quote.ts";

export const redacted = "***";

/** The same text in place of every value, NULL included. */
export const redactMask: MaskFamily = ([text = redacted], column) => {
  if (typeof text !== "string") return invalid("the argument of `redact` must be a string");
  if (text.includes("\0"))
    return invalid("the argument of `redact` holds a NUL character, which no PostgreSQL text can");
  const shape = textShape(column);
  if (shape === undefined) return cannot;
  return fixed(column, fitText(shape, text), `cast(${quoteText(text)} as pg_catalog.text)`);
};
