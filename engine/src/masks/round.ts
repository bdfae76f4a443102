import type { MaskFamily } from "./mask.ts";
import { type Multiple, multipleMask } from "./multiples.ts";
import { magnitudeSql, numericSql } from "./number-shape.ts";

/** Halves go away from zero, as PostgreSQL's `round` of a numeric has it. */
const nearest: Multiple = {
  correction: (remainder, step) => {
    const size = remainder < 0n ? -remainder : remainder;
    if (size * 2n < step) return 0n;
    return remainder < 0n ? -step : step;
  },
  correctionSql: (remainder, step) =>
    `case when ${magnitudeSql(remainder)} OPERATOR(pg_catalog.*) ${numericSql("2")} OPERATOR(pg_catalog.<) ${step} then ${numericSql("0")} else pg_catalog.sign(${remainder}) OPERATOR(pg_catalog.*) ${step} end`,
};

/** Numbers rounded to the nearest multiple of a step. What the column's type cannot hold then becomes NULL. */
export const roundMask: MaskFamily = ([step], column) => multipleMask("round", "step", step, column, nearest);
