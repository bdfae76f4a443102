import { masking, type MaskFamily, withCollationOf } from "./mask.ts";

/** No value at all. The one mask that every type can take. */
export const nullMask: MaskFamily = (_args, column) =>
  masking({
    apply: () => null,
    // A domain checks what is cast to it, and its check may refuse NULL; a column read from no row is NULL without being checked.
    sql: (reference) =>
      column.isDomain ? `(select ${reference} where false)` : withCollationOf(column, "null", reference),
  });
