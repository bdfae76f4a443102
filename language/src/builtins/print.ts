import type { Builtin } from "../builtin.ts";
import { format } from "../values.ts";

export const print: readonly Builtin[] = [
  {
    name: "print",
    arity: { min: 0, max: 255 },
    // Prints every time that it is reached, and never makes a body false.
    pure: false,
    apply: (args, context) => {
      context.print(args.map((arg) => (typeof arg === "string" ? arg : format(arg))).join(" "));
      return true;
    },
  },
];
