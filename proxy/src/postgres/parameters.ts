import { decodeBindParameters } from "./messages/bind.ts";
import { parameterType } from "./messages/parse.ts";

/**
 * The values of a Bind as policies see them: text, `null` for NULL, `undefined` for a binary value of a type that is not decoded here.
 * @param types as `Parse.types`.
 */
export function boundValues(
  buffer: Buffer,
  formats: number,
  end: number,
  types: Buffer,
): (string | null | undefined)[] {
  return decodeBindParameters(buffer, formats, end).map(({ binary, bytes }, index) => {
    if (bytes === undefined) return null;
    return binary ? binaryText(bytes, parameterType(types, index)) : bytes.toString("utf8");
  });
}

interface BinaryType {
  /** `undefined` for any. */
  readonly length: number | undefined;
  readonly text: (bytes: Buffer) => string;
}

const text: BinaryType = { length: undefined, text: (bytes) => bytes.toString("utf8") };

/** By OID (pg_type.dat); the send functions of these types fix their binary form. */
const binaryTypes: Readonly<Record<number, BinaryType>> = {
  16: { length: 1, text: (bytes) => (bytes[0] === 0 ? "f" : "t") },
  20: { length: 8, text: (bytes) => String(bytes.readBigInt64BE()) },
  21: { length: 2, text: (bytes) => String(bytes.readInt16BE()) },
  23: { length: 4, text: (bytes) => String(bytes.readInt32BE()) },
  25: text,
  700: { length: 4, text: (bytes) => shortestFloat(bytes.readFloatBE()) },
  701: { length: 8, text: (bytes) => String(bytes.readDoubleBE()) },
  1043: text,
  2950: {
    length: 16,
    text: (bytes) => bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5"),
  },
};

function binaryText(bytes: Buffer, type: number): string | undefined {
  const decoder = binaryTypes[type];
  if (decoder === undefined || (decoder.length !== undefined && decoder.length !== bytes.length)) return undefined;
  return decoder.text(bytes);
}

/** The fewest digits that mean the same float4, as the server prints it. */
function shortestFloat(value: number): string {
  for (let digits = 6; digits < 9; digits++) {
    const printed = Number(value.toPrecision(digits));
    if (Math.fround(printed) === value) return String(printed);
  }
  return String(value);
}
