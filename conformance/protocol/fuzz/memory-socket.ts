/**
 * One end of a connection without a network: what is written arrives when the test says so, in the pieces that it says. It has what the
 * proxy uses of a socket.
 */
import { EventEmitter } from "node:events";
import type { Socket } from "node:net";

export class MemorySocket extends EventEmitter {
  readonly remoteAddress = "127.0.0.1";
  readonly writableLength = 0;
  destroyed = false;
  /** Written, and not taken yet. */
  readonly written: Buffer[] = [];
  /** The other side reads slowly: `write` asks its caller to wait for `drain`. */
  isFull = false;
  ended = false;
  #paused = false;

  write(bytes: Buffer | string): boolean {
    // Nothing of a view may be relied on once the write is over.
    if (!this.ended) this.written.push(Buffer.from(bytes));
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
    this.emit("drain");
  }

  /** Hands a copy of the bytes to whoever listens. */
  arrive(bytes: Buffer): void {
    this.emit("data", Buffer.from(bytes));
  }
}

/** As the type that the proxy takes. */
export function asSocket(socket: unknown): Socket {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the part of a socket that the proxy uses
  return socket as Socket;
}
