import type { MaskFamily } from "./mask.ts";
import { type Multiple, multipleMask } from "./multiples.ts";

const lowerBound: Multiple = {
  correction: (remainder, width) => (remainder < 0n ? -width : 0n),
  correctionSql: (writer, remainder, width) => {
    const zero = writer.number("0");
    return `case when ${writer.operate(remainder, "<", zero)} then ${writer.operate(zero, "-", width)} else ${zero} end`;
  },
};

/** Numbers put into buckets of a width, each named by its lower bound, which belongs to it: 42 in buckets of 10 is 40, -1 is -10. */
export const bucketMask: MaskFamily = ([width], column) => multipleMask("bucket", "width", width, column, lowerBound);
