/** The packets of an answer as lines to compare and to read: nothing of them is left out but the numbers of their columns and rows. */
import { isEnd, type Packets } from "./mysql-conversation.ts";
import { decodeErr } from "../../proxy/src/mysql/messages/err.ts";
import { PacketReader } from "../../proxy/src/mysql/wire.ts";

/** Of `MysqlConversation.query`. */
export function answerLines(packets: Packets): string[] {
  return resultLines(packets, rowLine);
}

/** Of `MysqlConversation.execute`: what was prepared, then what came of it. */
export function preparedAnswerLines(packets: Packets): string[] {
  const [prepared] = packets;
  if (prepared?.[0] !== 0x00) return answerLines(packets);
  const counts = [prepared.readUInt16LE(3), prepared.readUInt16LE(1)];
  const described = counts.reduce((sum, count) => sum + (count === 0 ? 0 : count + 1), 1);
  const columns = packets.slice(1, described).filter((packet) => !isEnd(packet));
  return [
    `prepared: ${prepared.readUInt16LE(6)} warnings`,
    ...columns.map(columnLine),
    ...resultLines(packets.slice(described), (packet) => `row ${readable(packet)}`),
  ];
}

function resultLines(packets: Packets, row: (packet: Buffer) => string): string[] {
  const lines: string[] = [];
  let part: "head" | "columns" | "rows" = "head";
  for (const packet of packets) {
    if (packet[0] === 0xff) {
      const { code, sqlstate, message } = decodeErr(packet, 0, packet.length);
      lines.push(`error ${code} (${sqlstate}): ${message}`);
      part = "head";
    } else if (part !== "head" && isEnd(packet)) {
      lines.push(`end: ${packet.readUInt16LE(1)} warnings, status ${packet.readUInt16LE(3).toString(16)}`);
      part = part === "columns" ? "rows" : "head";
    } else if (part === "columns") {
      lines.push(columnLine(packet));
    } else if (part === "rows") {
      lines.push(row(packet));
    } else if (packet[0] === 0x00) {
      lines.push(okLine(packet));
    } else {
      part = "columns";
    }
  }
  return lines;
}

/** Warnings that the last result tells of. */
export function warningsOf(packets: Packets): number {
  const last = packets.at(-1);
  if (last === undefined || last[0] === 0xff) return 0;
  if (isEnd(last)) return last.readUInt16LE(1);
  const reader = new PacketReader(last, 1, last.length);
  number(reader);
  number(reader);
  reader.uint16();
  return reader.uint16();
}

/** @see answerLines, of a result whose order is nobody's concern */
export function sortedRows(lines: readonly string[]): string[] {
  const rows = lines.filter((line) => line.startsWith("row ")).sort();
  return lines.map((line) => (line.startsWith("row ") ? (rows.shift() ?? "") : line));
}

function okLine(packet: Buffer): string {
  const reader = new PacketReader(packet, 1, packet.length);
  const [affected, id, status, warnings] = [number(reader), number(reader), reader.uint16(), reader.uint16()];
  return `ok: ${affected} rows changed, id ${id}, ${warnings} warnings, status ${status.toString(16)} ${readable(reader.rest())}`.trimEnd();
}

/** A length-encoded integer: ids have 64 bits. */
function number(reader: PacketReader): bigint {
  if (reader.peek !== 0xfe) return BigInt(reader.lengthEncoded());
  reader.skip(1);
  return reader.bytes(8).readBigUInt64LE();
}

/** Character set, length, type, flags and decimals, with their length before them. */
const columnFormBytes = 13;

function columnLine(packet: Buffer): string {
  const reader = new PacketReader(packet, 0, packet.length);
  const [catalog, database, table, originalTable, name, original] = Array.from({ length: 6 }, () =>
    readable(reader.lengthEncodedBytes()),
  );
  const origin = [catalog, database, table, originalTable, original].join(".");
  // MariaDB tells more of a type before it, to clients that ask for that: mysql2 does where it is offered.
  const form = reader.rest().subarray(-columnFormBytes);
  return `column ${name} (${origin}): ${form.toString("hex")}`;
}

function rowLine(packet: Buffer): string {
  const reader = new PacketReader(packet, 0, packet.length);
  const values: string[] = [];
  while (reader.remaining > 0) {
    if (reader.peek === 0xfb) {
      reader.skip(1);
      values.push("NULL");
    } else {
      values.push(readable(reader.lengthEncodedBytes()));
    }
  }
  return `row ${values.join(" | ")}`;
}

/** As UTF-8 where it is, and what a terminal would not show as its number. */
function readable(bytes: Buffer): string {
  const text = bytes.toString("utf8");
  if (text.includes("\ufffd")) return `x'${bytes.toString("hex")}'`;
  // oxlint-disable-next-line no-control-regex -- they are what is looked for
  return text.replaceAll(/[\0-\x1f\x7f]/g, (control) => `\\x${control.charCodeAt(0).toString(16).padStart(2, "0")}`);
}
