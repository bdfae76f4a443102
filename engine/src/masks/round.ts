import type { MaskFamily } from "./mask.ts";
import { type Multiple, multipleMask } from "./multiples.ts";

/** Halves go away from zero, as the servers' `round` of exact numbers has it. */
const nearest: Multiple = {
  correction: (remainder, step) => {
    const size = remainder < 0n ? -remainder : remainder;
    if (size * 2n < step) return 0n;
    return remainder < 0n ? -step : step;
  },
  correctionSql: (writer, remainder, step) => {
    const twice = writer.operate(writer.call("abs", remainder), "*", writer.number("2"));
    const away = writer.operate(writer.call("sign", remainder), "*", step);
    return `case when ${writer.operate(twice, "<", step)} then ${writer.number("0")} else ${away} end`;
  },
};

/** Numbers rounded to the nearest multiple of a step. What the column's type cannot hold then becomes NULL. */
export const roundMask: MaskFamily = ([step], column) => multipleMask("round", "step", step, column, nearest);
