import type { Builtin } from "../builtin.ts";
import { RegoObject, integer, keyOf, type Value } from "../values.ts";
import { bytesOfHex, hexOf } from "./bytes.ts";
import { define, stringAt } from "./operands.ts";

/** Intervals of 100 ns between the start of the Gregorian calendar, where UUID time begins, and 1970 (RFC 4122, 4.1.4). */
const gregorianToUnix = 122_192_928_000_000_000n;
const domains = ["Person", "Group", "Org"] as const;

export const uuid: readonly Builtin[] = [
  define(
    "uuid.rfc4122",
    ["string"],
    "string",
    (args, context) => {
      // One UUID a key and evaluation: a rule computed twice gives the same.
      const key = `uuid.rfc4122 ${String(keyOf(stringAt(args, 0)))}`;
      const known = context.cache.get(key);
      if (typeof known === "string") return known;
      const fresh = newUuid();
      context.cache.set(key, fresh);
      return fresh;
    },
    { pure: false },
  ),
  define("uuid.parse", ["any"], "object", (args) => {
    const hex = digits(stringAt(args, 0));
    return hex === undefined ? undefined : describe(bytesOfHex(hex));
  }),
];

/** Version 4 (RFC 4122, 4.4). A name that nobody else has, and no secret: no decision hangs on whether it can be guessed. */
function newUuid(): string {
  const bytes = Uint8Array.from({ length: 16 }, () => Math.floor(Math.random() * 256));
  bytes[6] = 0x40 | ((bytes[6] ?? 0) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
  return hexOf(bytes).replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/** The spellings that are read: plain, with `urn:uuid:`, in braces, and without dashes. */
function digits(text: string): string | undefined {
  const match =
    /^(?:urn:uuid:|\{)?([0-9a-f]{8})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{12})\}?$/i.exec(text) ??
    /^([0-9a-f]{32})$/i.exec(text);
  return match?.slice(1).join("");
}

function describe(bytes: Uint8Array): Value {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const version = (bytes[6] ?? 0) >> 4;
  const variantBits = bytes[8] ?? 0;
  const fields: Record<string, Value> = { version, variant: variant(variantBits) };
  if (version === 1 || version === 2) {
    const timeHigh = BigInt(view.getUint16(6) & 0x0fff);
    const timeMiddle = BigInt(view.getUint16(4));
    const timeLow = BigInt(view.getUint32(0));
    const ticks = (timeHigh << 48n) | (timeMiddle << 32n) | timeLow;
    const node = bytes.subarray(10);
    fields["time"] = integer((ticks - gregorianToUnix) * 100n);
    fields["nodeid"] = Array.from(node, (byte) => hexOf(Uint8Array.of(byte))).join("-");
    fields["macvariables"] =
      `${((node[0] ?? 0) & 2) === 0 ? "global" : "local"}:${((node[0] ?? 0) & 1) === 0 ? "unicast" : "multicast"}`;
    fields["clocksequence"] = view.getUint16(8) & 0x3fff;
  }
  if (version === 2) {
    const domain = bytes[9] ?? 0;
    fields["id"] = view.getUint32(0);
    fields["domain"] = domains[domain] ?? `Domain${domain}`;
  }
  return RegoObject.fromRecord(fields);
}

function variant(bits: number): string {
  if ((bits & 0xc0) === 0x80) return "RFC4122";
  if ((bits & 0xe0) === 0xc0) return "Microsoft";
  return (bits & 0xe0) === 0xe0 ? "Future" : "Reserved";
}
