/**
 * Puts a client's commands together: a command is one payload, numbered from 0, in one packet or, from 16 MiB on, in several that follow
 * each other. Hot: a command in one packet is not copied.
 */
import { ProtocolError } from "../enforce/protocol-error.ts";
import type { ProxyLimits } from "../limits.ts";
import { frame, Framer } from "./framer.ts";
import { packetBytesMax } from "./wire.ts";

/** What `next` found. */
export const found = {
  none: 0,
  command: 1,
  /** Over the limit: its bytes are gone, but for the first one. */
  oversize: 2,
} as const;

/** COM_STMT_EXECUTE and COM_STMT_SEND_LONG_DATA. */
const carriesValues: ReadonlySet<number> = new Set([0x17, 0x18]);
const noBytes = Buffer.alloc(0);

export class CommandReader {
  /** The payload is `buffer` from `body` to `end`; valid until `next` is called again. */
  buffer: Buffer = noBytes;
  body = 0;
  end = 0;
  /** Where its only packet begins; -1 for a command of several. */
  start = -1;
  /** Of the payload, also of one that was over the limit. */
  length = 0;
  /** In how many packets it came: the answer's first packet has this number. */
  packets = 0;
  /** The first byte of the payload: the kind of command; -1 for an empty one. */
  kind = -1;

  readonly #framer = new Framer(packetBytesMax);
  readonly #limits: Pick<ProxyLimits, "statementBytes" | "bindBytes">;
  #parts: Buffer[] = [];
  #again: number = found.none;

  constructor(limits: Pick<ProxyLimits, "statementBytes" | "bindBytes">) {
    this.#limits = limits;
  }

  /** Of the command that is being read. */
  get payloadBytesMax(): number {
    return carriesValues.has(this.kind) ? this.#limits.bindBytes : this.#limits.statementBytes;
  }

  push(chunk: Buffer): void {
    this.#framer.push(chunk);
  }

  /** Makes `next` return the same command once more. */
  repeat(which: number): void {
    this.#again = which;
  }

  /** Commands of the last chunk are still to be read. */
  get isHolding(): boolean {
    return this.#again !== found.none || this.#framer.hasUnread;
  }

  get unread(): Buffer {
    return this.#framer.unread;
  }

  /** One of `found`. @throws ProtocolError for a wrong sequence number */
  next(): number {
    if (this.#again !== found.none) {
      const again = this.#again;
      this.#again = found.none;
      return again;
    }
    const framer = this.#framer;
    for (;;) {
      const what = framer.next();
      if (what === frame.none) {
        this.buffer = noBytes;
        return found.none;
      }
      if (what !== frame.packet) throw new ProtocolError("a packet cannot be read");
      if (this.packets > 0 && !this.#continues) this.#begin();
      if (framer.sequence !== (this.packets & 0xff)) {
        throw new ProtocolError(`packets out of order: number ${framer.sequence} where ${this.packets & 0xff} was due`);
      }
      const done = this.#add();
      if (done !== found.none) return done;
    }
  }

  /** A packet has come of a command of several. */
  #continues = false;

  #begin(): void {
    this.packets = 0;
    this.length = 0;
  }

  #add(): number {
    const { buffer, start, body, end, length } = this.#framer;
    if (this.packets === 0) this.kind = length === 0 ? -1 : buffer[body]!;
    this.packets++;
    this.length += length;
    const isLast = length < packetBytesMax;
    const isOver = this.length > this.payloadBytesMax;
    if (isLast && this.packets === 1) {
      this.buffer = buffer;
      this.start = start;
      this.body = body;
      this.end = end;
      return isOver ? found.oversize : found.command;
    }
    if (isOver) this.#parts = [];
    else this.#parts.push(buffer.subarray(body, end));
    this.#continues = !isLast;
    if (!isLast) return found.none;
    this.buffer = Buffer.concat(this.#parts);
    this.#parts = [];
    this.start = -1;
    this.body = 0;
    this.end = this.buffer.length;
    return isOver ? found.oversize : found.command;
  }
}
