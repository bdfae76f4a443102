import type { Builtin } from "../builtin.ts";
import { RegoSet, emptySet, type Value } from "../values.ts";
import { define, elementError, setAt, valueAt } from "./operands.ts";

export const sets: readonly Builtin[] = [
  define(
    "union",
    [{ set: "set" }],
    "set",
    (args) => {
      const result = new RegoSet();
      for (const inner of setsAt(args, 0)) for (const member of inner) result.add(member);
      return result;
    },
    { charges: "all", factor: 2 },
  ),
  define(
    "intersection",
    [{ set: "set" }],
    "set",
    (args) => {
      const [first, ...others] = setsAt(args, 0);
      if (first === undefined) return emptySet;
      return RegoSet.from(first.members().filter((member) => others.every((other) => other.has(member))));
    },
    { charges: "all", factor: 2 },
  ),
];

function setsAt(args: readonly Value[], index: number): readonly RegoSet[] {
  return setAt(args, index)
    .members()
    .map((member) => {
      if (!(member instanceof RegoSet)) throw elementError(index, valueAt(args, index), member, "set");
      return member;
    });
}
