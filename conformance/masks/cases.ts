/** What the masks of every dialect are tried with. */
import type { MaskCall } from "@penstock/language";
import * as fc from "fast-check";

export const masks: readonly MaskCall[] = [
  { name: "null", args: [] },
  { name: "redact", args: [] },
  { name: "redact", args: ["gel\\öscht' \u{1F512}"] },
  { name: "constant", args: ["x"] },
  { name: "constant", args: [7n] },
  { name: "constant", args: [-1234.565] },
  { name: "constant", args: [1e21] },
  { name: "constant", args: [true] },
  { name: "constant", args: ["2024-02-29"] },
  { name: "constant", args: ["00000000-0000-0000-0000-00000000000A"] },
  { name: "constant", args: [null] },
  { name: "partial", args: [0n, 4n] },
  { name: "partial", args: [1n, 1n, "\u{1F512}"] },
  { name: "partial", args: [0n, 0n, "'"] },
  { name: "partial", args: [3n, 0n, "\\"] },
  { name: "email", args: [] },
  // In SQL it is NULL; what a result shows instead is tested in conformance/tokens.
  { name: "token", args: [] },
  ...["year", "quarter", "month", "week", "day", "hour", "minute"].map(
    (unit): MaskCall => ({ name: "truncate", args: [unit] }),
  ),
  ...[1n, 10n, 25_000n, 0.25, 0.001, 3.7, 1e300].flatMap((step): MaskCall[] => [
    { name: "round", args: [step] },
    { name: "bucket", args: [step] },
  ]),
];

export const printed = ({ name, args }: MaskCall) => `${name}(${args.map(String).join(", ")})`;

/** Without what a PostgreSQL text cannot hold. */
export const texts = fc
  .oneof(
    fc.constantFrom(
      "",
      " ",
      "a",
      "ab",
      "a@b",
      "@",
      "a@",
      "@b",
      "a@@b",
      "a@b.c\n",
      "A@EXAMPLE.com",
      "e\u0301@x.y",
      "a'b\\c",
    ),
    fc.string({ unit: "grapheme", maxLength: 12 }),
    fc.string({ unit: "binary", maxLength: 12 }),
    fc.emailAddress(),
    fc.constantFrom(
      "x".repeat(321),
      `${"y".repeat(300)}@example.com`,
      `${"z".repeat(310)}@example.com`,
      "\u{1F600}".repeat(2000),
    ),
  )
  .map((text) => text.replaceAll("\0", "").replaceAll(/\p{Surrogate}/gu, ""));
