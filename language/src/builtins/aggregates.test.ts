import { cases, fails, isUndefined } from "./testing.ts";

const wide = 2n ** 70n;

cases([
  ["count", [[1, 2, 3]], 3],
  ["count", [new Set([1, 2])], 2],
  ["count", [{ a: 1 }], 1],
  ["count", ["åäö😀"], 4],
  ["count", [12], fails("type", "operand 1 must be one of {array, object, set, string} but got number")],
  ["sum", [[]], 0],
  ["sum", [[1, 2, 3.5]], 6.5],
  ["sum", [[0.1, 0.2]], 0.3],
  ["sum", [[wide, 1]], wide + 1n],
  ["sum", [[wide, -wide]], 0],
  ["sum", [new Set([1, 2])], 3],
  ["sum", [["a"]], fails("type", "operand 1 must be array of numbers but got array containing string")],
  ["sum", ["a"], fails("type")],
  ["product", [[]], 1],
  ["product", [[2, 3, 0.1]], 0.6],
  ["product", [[2 ** 40, 2 ** 40]], 2n ** 80n],
  ["max", [[]], isUndefined],
  ["max", [[1, "a", [2]]], [2]],
  ["min", [new Set(["b", null, "a"])], "a"],
  ["min", [new Set([null])], null],
  ["min", [["b", null, "a"]], null],
  ["max", [[wide, 5]], wide],
  ["sort", [["b", 2, null, "a", true]], [null, true, 2, "a", "b"]],
  ["sort", [new Set([3, 1])], [1, 3]],
  ["sort", [{}], fails("type")],
]);
