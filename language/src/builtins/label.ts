import type { Builtin } from "../builtin.ts";
import { define, stringAt } from "./operands.ts";

export const label: readonly Builtin[] = [
  /** Labels are dotted and general implies specific: `pii.email` lies within `pii` and within itself, `pii2` does not. */
  define("label.within", ["string", "string"], "boolean", (args) => {
    const specific = stringAt(args, 0);
    const general = stringAt(args, 1);
    return specific === general || specific.startsWith(`${general}.`);
  }),
];
