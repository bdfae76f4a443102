import type { Builtin } from "../builtin.ts";
import { arrayAt, checkText, define, stringAt } from "./operands.ts";
import { formatGo } from "./go-format.ts";

export const sprintf: readonly Builtin[] = [
  define(
    "sprintf",
    ["string", "array"],
    "string",
    (args) => {
      const result = formatGo(stringAt(args, 0), arrayAt(args, 1));
      checkText(result.length);
      return result;
    },
    { charges: "all", factor: 8 },
  ),
];
