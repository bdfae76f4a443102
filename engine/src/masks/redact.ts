import { fixedText, invalid, type MaskFamily } from "./mask.ts";

export const redacted = "***";

/** The same text in place of every value, NULL included. */
export const redactMask: MaskFamily = ([text = redacted], column) => {
  if (typeof text !== "string") return invalid("the argument of `redact` must be a string");
  if (text.includes("\0")) {
    return invalid("the argument of `redact` holds a NUL character, which not every database can hold");
  }
  return fixedText(column, text);
};
