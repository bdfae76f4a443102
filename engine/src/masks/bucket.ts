import type { MaskFamily } from "./mask.ts";
import { type Multiple, multipleMask } from "./multiples.ts";
import { numericSql } from "./number-shape.ts";

const lowerBound: Multiple = {
  correction: (remainder, width) => (remainder < 0n ? -width : 0n),
  correctionSql: (remainder, width) =>
    `case when ${remainder} OPERATOR(pg_catalog.<) ${numericSql("0")} then ${numericSql("0")} OPERATOR(pg_catalog.-) ${width} else ${numericSql("0")} end`,
};

/** Numbers put into buckets of a width, each named by its lower bound, which belongs to it: 42 in buckets of 10 is 40, -1 is -10. */
export const bucketMask: MaskFamily = ([width], column) => multipleMask("bucket", "width", width, column, lowerBound);
