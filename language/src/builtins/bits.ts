import { BuiltinError, type Builtin } from "../builtin.ts";
import { integer } from "../values.ts";
import { languageLimits } from "../limits.ts";
import { checkInteger, define, integerAt, integerTooLong } from "./operands.ts";

/** On two's complement of unbounded width: negative numbers have an infinite run of ones to the left. */
export const bits: readonly Builtin[] = [
  binary("bits.and", (a, b) => a & b),
  binary("bits.or", (a, b) => a | b),
  binary("bits.xor", (a, b) => a ^ b),
  define("bits.negate", ["number"], "number", (args) => integer(~integerAt(args, 0))),
  binary("bits.lsh", (value, distance) => {
    const shift = checkedShift(distance);
    if (shift > BigInt(languageLimits.integerBitsMax)) throw integerTooLong();
    return checkInteger(value << shift);
  }),
  binary("bits.rsh", (value, distance) => value >> checkedShift(distance)),
];

function binary(name: string, apply: (a: bigint, b: bigint) => bigint): Builtin {
  return define(name, ["number", "number"], "number", (args) => integer(apply(integerAt(args, 0), integerAt(args, 1))));
}

function checkedShift(distance: bigint): bigint {
  if (distance < 0n) {
    throw new BuiltinError("operand 2 must be an unsigned integer number but got a negative integer", "type");
  }
  return distance;
}
