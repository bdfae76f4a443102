import { cases, fails } from "./testing.ts";

const format = (text: string, args: readonly unknown[], expected: unknown) =>
  ["sprintf", [text, args], expected] as const;

cases([
  format("%s and %v", ["a", [1, "b"]], 'a and [1, "b"]'),
  format("%d%%", [50], "50%"),
  format("%s", [123456789123456789123n], "123456789123456789123"),
  format("%s", [5], "%!s(int=5)"),
  format("%d", ["x"], "%!d(string=x)"),
  format("%d", [1.5], "%!d(float64=1.5)"),
  format("%d %d", [1], "1 %!d(MISSING)"),
  format("%d", [1, "b"], "1%!(EXTRA string=b)"),
  format("100%", [], "100%!(NOVERB)"),
  format("%v %v", [true, null], "true null"),
  format("%t", [true], "%!t(string=true)"),
  format("%5d|%-5d|%05d|%+d|% d", [42, 42, -42, 42, 42], "   42|42   |-0042|+42| 42"),
  format("%x %X %#x %b %o %O", [255, 255, 255, 5, 8, 8], "ff FF 0xff 101 10 0o10"),
  format("%c %U %q", [0x1f600, 0x1f600, 65], "😀 U+1F600 'A'"),
  format("%x % X", ["hi", "hi"], "6869 68 69"),
  format("%q", ['a"b\n'], '"a\\"b\\n"'),
  format("%5s|%-5s|%.2s", ["ab", "ab", "åäö"], "   ab|ab   |åä"),
  format("%f %.2f %8.3f|%-8.1f|", [1.5, 2.675, 3.24159, 2.25], "1.500000 2.67    3.242|2.2     |"),
  format("%e %g %G", [123456.789, 1e-7, 1.5e-300], "1.234568e+05 1e-07 1.5E-300"),
  format("%v %v %.3g", [0.1, 1.25e-9, 1234.5], "0.1 1.25e-09 1.23e+03"),
  format("%[2]d %[1]d", [1, 2], "2 1"),
  format("%[3]d", [1], "%!d(BADINDEX)"),
  format("%*d", [5, 42], "   42"),
  format("%T %T %T", [1, 1.5, "a"], "int float64 string"),
  format("%z", [1], "%!z(int=1)"),
  format("%s", [new Set([1])], "{1}"),
  ["sprintf", [1, []], fails("type")],
  ["sprintf", ["%s", "a"], fails("type", "operand 2 must be array but got string")],
  ["sprintf", ["%9999999d", [1]], fails("builtin")],
]);
