/**
 * The file format of bundles: a tar archive (POSIX ustar) in gzip, which any `tar` can list.
 *
 * The same members give the same bytes on every machine: no times, owners or modes go in, and the gzip layer stores instead
 * of compressing, because two versions of zlib compress differently. Policies are small.
 */
import { crc32, gunzipSync } from "node:zlib";
import { errorMessage } from "./error-message.ts";

export interface Member {
  readonly name: string;
  readonly bytes: Buffer;
}

/** Uncompressed. Also what stops an archive that unpacks into gigabytes. */
const archiveBytesMax = 64 * 1024 * 1024;
export const memberNameBytesMax = 100;
const block = 512;
const storedBlockBytesMax = 65_535;

/** @throws when a name is longer than the format holds. */
export function writeArchive(members: readonly Member[]): Buffer {
  const parts = members.flatMap(({ name, bytes }) => [
    header(name, bytes.length),
    bytes,
    Buffer.alloc(padding(bytes.length)),
  ]);
  return storeGzip(Buffer.concat([...parts, Buffer.alloc(2 * block)]));
}

export type ArchiveResult =
  | { readonly ok: true; readonly members: readonly Member[] }
  | { readonly ok: false; readonly problem: string };

/** Reads what `writeArchive` or an ordinary `tar czf` wrote, and nothing looser: files only, each name once, no bytes after the end. */
export function readArchive(bytes: Buffer): ArchiveResult {
  let tar: Buffer;
  try {
    tar = gunzipSync(bytes, { maxOutputLength: archiveBytesMax });
  } catch (error) {
    const message = errorMessage(error);
    if (message.includes("unexpected end of file")) return problem("the file is cut off");
    if (message.includes("larger than")) return problem(`it unpacks to more than ${archiveBytesMax} bytes`);
    return problem(`it is not a gzip file: ${message}`);
  }
  const members: Member[] = [];
  const names = new Set<string>();
  let offset = 0;
  for (;;) {
    const head = tar.subarray(offset, offset + block);
    if (head.length < block) return problem("the archive is cut off");
    offset += block;
    if (head.every((byte) => byte === 0)) break;
    const entry = readHeader(head);
    if (typeof entry === "string") return problem(entry);
    if (names.has(entry.name)) return problem(`the member \`${entry.name}\` is there twice`);
    names.add(entry.name);
    if (offset + entry.size > tar.length) return problem("the archive is cut off");
    members.push({ name: entry.name, bytes: tar.subarray(offset, offset + entry.size) });
    offset += entry.size + padding(entry.size);
  }
  if (tar.subarray(offset).some((byte) => byte !== 0)) return problem("something follows the end of the archive");
  return { ok: true, members };
}

function problem(text: string): { readonly ok: false; readonly problem: string } {
  return { ok: false, problem: text };
}

function padding(size: number): number {
  return (block - (size % block)) % block;
}

/** Offsets and widths as in pax(1), "ustar Interchange Format". */
function header(name: string, size: number): Buffer {
  const bytes = Buffer.alloc(block);
  if (Buffer.byteLength(name) > memberNameBytesMax) {
    throw new Error(`the member name \`${name}\` is longer than ${memberNameBytesMax} bytes`);
  }
  bytes.write(name, 0, "utf8");
  bytes.write("0000644\0", 100, "latin1");
  bytes.write("0000000\0", 108, "latin1");
  bytes.write("0000000\0", 116, "latin1");
  bytes.write(`${size.toString(8).padStart(11, "0")}\0`, 124, "latin1");
  bytes.write("00000000000\0", 136, "latin1");
  bytes.write("0", 156, "latin1");
  bytes.write("ustar\x0000", 257, "latin1");
  bytes.write(`${checksum(bytes).toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return bytes;
}

function readHeader(head: Buffer): { readonly name: string; readonly size: number } | string {
  if (head.toString("latin1", 257, 262) !== "ustar") return "it is not a ustar archive";
  if (Number.parseInt(head.toString("latin1", 148, 156), 8) !== checksum(head))
    return "a header of the archive is damaged";
  const name = readName(head);
  if (name === undefined) return "a member has a name that is not UTF-8";
  const type = head.toString("latin1", 156, 157);
  if (type !== "0" && type !== "\0") return `the member \`${name}\` is not an ordinary file`;
  if (head[345] !== 0) return `the member \`${name}\` has a name that is too long`;
  const size = /^[0-7]{11}[\0 ]$/.exec(head.toString("latin1", 124, 136));
  return size === null
    ? `the size of the member \`${name}\` cannot be read`
    : { name, size: Number.parseInt(size[0], 8) };
}

function readName(head: Buffer): string | undefined {
  const end = head.indexOf(0);
  const bytes = Uint8Array.from(head.subarray(0, Math.min(end === -1 ? block : end, memberNameBytesMax)));
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** Sum of all bytes, with the checksum's own field taken as spaces. */
function checksum(head: Buffer): number {
  let sum = 0;
  for (const [index, byte] of head.entries()) sum += index >= 148 && index < 156 ? 0x20 : byte;
  return sum;
}

/** RFC 1952 around stored blocks of RFC 1951, section 3.2.4. */
function storeGzip(bytes: Buffer): Buffer {
  const parts: Buffer[] = [Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255])];
  for (let offset = 0; offset < bytes.length; offset += storedBlockBytesMax) {
    const chunk = bytes.subarray(offset, offset + storedBlockBytesMax);
    const head = Buffer.alloc(5);
    head[0] = offset + storedBlockBytesMax >= bytes.length ? 1 : 0;
    head.writeUInt16LE(chunk.length, 1);
    head.writeUInt16LE(chunk.length ^ 0xffff, 3);
    parts.push(head, chunk);
  }
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(crc32(bytes), 0);
  trailer.writeUInt32LE(bytes.length, 4);
  return Buffer.concat([...parts, trailer]);
}
