import type { Builtin } from "../builtin.ts";
import { isArray, type Value } from "../values.ts";
import { arrayAt, checkElements, define, indexAt } from "./operands.ts";

export const arrays: readonly Builtin[] = [
  define("array.concat", ["array", "array"], "array", (args) => {
    const first = arrayAt(args, 0);
    const second = arrayAt(args, 1);
    checkElements(first.length + second.length);
    return [...first, ...second];
  }),
  define("array.flatten", ["array"], "array", (args) => {
    const result: Value[] = [];
    // One level: an array inside an element stays.
    for (const element of arrayAt(args, 0)) {
      if (isArray(element)) for (const inner of element) result.push(inner);
      else result.push(element);
    }
    checkElements(result.length);
    return result;
  }),
  define("array.reverse", ["array"], "array", (args) => [...arrayAt(args, 0)].reverse()),
  define("array.slice", ["array", "number", "number"], "array", (args) => {
    const array = arrayAt(args, 0);
    const stop = Math.min(Math.max(indexAt(args, 2), 0), array.length);
    const start = Math.min(Math.max(indexAt(args, 1), 0), stop);
    return array.slice(start, stop);
  }),
];
