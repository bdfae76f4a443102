import type { KeyObject } from "node:crypto";
import { type TokenResult, tokenOf } from "@penstock/engine";
import type { RowChange, RowValues } from "./row-change.ts";

/** Puts tokens in place of values. Of the types that can be tokens, text and binary format are the same bytes in every protocol, in UTF-8. */
export function tokenChange(key: KeyObject, { columns, width }: TokenResult, values: RowValues): RowChange {
  return {
    columns: columns.map(({ index, domain, isPadded, paddedTo }) => ({
      index,
      replacement: (buffer, from, to) =>
        Buffer.from(tokenOf(key, domain, trimmed(buffer.subarray(from, to), isPadded)).padEnd(paddedTo), "latin1"),
    })),
    width,
    values,
  };
}

function trimmed(value: Buffer, isPadded: boolean): Buffer {
  let { length } = value;
  if (isPadded) while (length > 0 && value[length - 1] === 0x20) length--;
  return value.subarray(0, length);
}
