import type { Execution } from "./messages/execute.ts";

const texts: ReadonlySet<number> = new Set([0x0f, 0xf6, 0xf5, 0xfd, 0xfe, 0x00, 0xfc]);
const unsignedFlag = 0x80;

/**
 * The values of an execution as policies see them: text, `null` for NULL, `undefined` for one of a type that is not decoded here. Texts
 * are what the server reads them as: a client whose character set is not UTF-8 does not get so far.
 */
export function boundValues({ types, values }: Execution): (string | null | undefined)[] {
  return values.map((bytes, index) => {
    if (bytes === undefined) return null;
    const type = types[2 * index]!;
    const isUnsigned = (types[2 * index + 1]! & unsignedFlag) !== 0;
    return valueText(bytes, type, isUnsigned);
  });
}

function valueText(bytes: Buffer, type: number, isUnsigned: boolean): string | undefined {
  switch (type) {
    case 1:
      return String(isUnsigned ? bytes.readUInt8() : bytes.readInt8());
    case 2:
    case 13:
      return String(isUnsigned ? bytes.readUInt16LE() : bytes.readInt16LE());
    case 3:
    case 9:
      return String(isUnsigned ? bytes.readUInt32LE() : bytes.readInt32LE());
    case 8:
      return String(isUnsigned ? bytes.readBigUInt64LE() : bytes.readBigInt64LE());
    case 5:
      return String(bytes.readDoubleLE());
    default:
      return texts.has(type) ? bytes.toString("utf8") : undefined;
  }
}
