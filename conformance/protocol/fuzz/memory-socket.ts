/**
 * One end of a connection without a network: what is written arrives when the test says so, in the pieces that it says. It has what the
 * proxy uses of a socket.
 */
import { EventEmitter } from "node:events";
import type { Socket } from "node:net";
import type { ReadsUser } from "../../../proxy/src/sockets/reused-reads.ts";

/** The chunk's owner may reuse it: whatever still looks at it afterwards sees this. */
const staleByte = 0xee;

export class MemorySocket extends EventEmitter {
  readonly remoteAddress = "127.0.0.1";
  /** Bytes of views that wait until the other side reads. */
  writableLength = 0;
  destroyed = false;
  /** Written, and not taken yet. */
  readonly written: Buffer[] = [];
  /** The other side reads slowly: `write` asks its caller to wait for `drain`. */
  isFull = false;
  ended = false;
  #paused = false;
  #user: Pick<ReadsUser, "keeps"> = { keeps: () => true };

  write(bytes: Buffer | string): boolean {
    const isView = this.isFull && typeof bytes !== "string";
    // Nothing of a view may be relied on once the write is over.
    if (!this.ended) this.written.push(isView ? bytes : Buffer.from(bytes));
    if (isView) this.writableLength += bytes.length;
    return !this.isFull;
  }

  end(bytes?: Buffer): void {
    if (bytes !== undefined) this.write(bytes);
    this.ended = true;
  }

  destroy(): void {
    this.ended = this.destroyed = true;
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
  }

  isPaused(): boolean {
    return this.#paused;
  }

  setTimeout(): void {
    // No time passes here.
  }

  drain(): void {
    this.isFull = false;
    this.writableLength = 0;
    this.written.splice(0, this.written.length, ...this.written.map((bytes) => Buffer.from(bytes)));
    this.emit("drain");
  }

  reuseReads(user: ReadsUser): void {
    this.#user = user;
  }

  /** Hands a copy of the bytes to whoever listens, and spoils it where nobody says that it is kept. */
  arrive(bytes: Buffer): void {
    const chunk = Buffer.from(bytes);
    this.emit("data", chunk);
    if (!this.#user.keeps()) chunk.fill(staleByte);
  }
}

/** As the type that the proxy takes. */
export function asSocket(socket: unknown): Socket {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the part of a socket that the proxy uses
  return socket as Socket;
}
