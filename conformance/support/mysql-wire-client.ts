/** A connection of MySQL's protocol whose packets a test makes itself, once mysql2 has logged in. */
import type { Socket } from "node:net";
import type { Connection } from "mysql2/promise";

export interface WirePacket {
  readonly sequence: number;
  readonly payload: Buffer;
}

export class MysqlWireClient {
  readonly socket: Socket;
  /** The connection has been closed by the other side. */
  isEnded = false;
  #bytes: Buffer = Buffer.alloc(0);
  #waiting: (() => void) | undefined;

  /** Takes the connection over: mysql2 must not be used with it any more. */
  constructor(connection: Connection) {
    const { stream } = (connection as unknown as { connection: { stream: Socket } }).connection;
    for (const event of ["data", "end", "close", "error"]) stream.removeAllListeners(event);
    this.socket = stream;
    stream.on("data", (chunk: Buffer) => {
      this.#bytes = Buffer.concat([this.#bytes, chunk]);
      this.#waiting?.();
    });
    stream.on("error", () => undefined);
    stream.on("close", () => {
      this.isEnded = true;
      this.#waiting?.();
    });
  }

  /** One packet. */
  send(payload: Buffer, sequence = 0): void {
    const header = Buffer.alloc(4);
    header.writeUIntLE(payload.length, 0, 3);
    header[3] = sequence;
    this.socket.write(Buffer.concat([header, payload]));
  }

  command(kind: number, rest: string | Buffer = ""): void {
    this.send(Buffer.concat([Buffer.from([kind]), Buffer.from(rest)]));
  }

  /** The next packet; rejects when none has come in time. */
  async packet(timeoutMs = 5_000): Promise<WirePacket> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const length = this.#bytes.length < 4 ? undefined : this.#bytes.readUIntLE(0, 3);
      if (length !== undefined && this.#bytes.length >= length + 4) {
        const packet = { sequence: this.#bytes[3]!, payload: this.#bytes.subarray(4, length + 4) };
        this.#bytes = this.#bytes.subarray(length + 4);
        return packet;
      }
      if (this.isEnded) throw new Error("the connection was closed");
      if (Date.now() > deadline) throw new Error("no packet has come");
      await new Promise<void>((resolve) => {
        this.#waiting = resolve;
        setTimeout(resolve, 50);
      });
    }
  }

  /** The packets of a result with rows, up to its end; the sequence of all of them is checked. */
  async result(): Promise<readonly Buffer[]> {
    const payloads: Buffer[] = [];
    let ends = 0;
    for (let sequence = 1; ; sequence++) {
      const packet = await this.packet();
      if (packet.sequence !== (sequence & 0xff)) throw new Error(`packet ${packet.sequence} where ${sequence} was due`);
      payloads.push(packet.payload);
      const head = packet.payload[0];
      if (head === 0xff || (sequence === 1 && head === 0x00)) return payloads;
      if (head === 0xfe && packet.payload.length < 0xff_ffff && ++ends === 2) return payloads;
    }
  }
}

/** Number of the error in an ERR packet; `undefined` for another one. */
export function errorNumber({ payload }: WirePacket): number | undefined {
  return payload[0] === 0xff ? payload.readUInt16LE(1) : undefined;
}
