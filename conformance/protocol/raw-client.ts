/** A client that sends any bytes: `pg` logs in, then the test has the socket. */
import type { Socket } from "node:net";
import { Client } from "pg";

export interface RawMessage {
  readonly type: string;
  readonly body: Buffer;
}

export class RawClient {
  readonly socket: Socket;
  #bytes: Buffer = Buffer.alloc(0);
  #messages: RawMessage[] = [];
  #wake: (() => void) | undefined;
  closed = false;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (chunk: Buffer) => {
      this.#bytes = Buffer.concat([this.#bytes, chunk]);
      while (this.#bytes.length >= 5) {
        const end = 1 + this.#bytes.readUInt32BE(1);
        if (this.#bytes.length < end) break;
        this.#messages.push({
          type: String.fromCharCode(this.#bytes[0]!),
          body: Buffer.from(this.#bytes.subarray(5, end)),
        });
        this.#bytes = this.#bytes.subarray(end);
      }
      this.#wake?.();
    });
    const over = () => {
      this.closed = true;
      this.#wake?.();
    };
    socket.on("close", over);
    socket.on("end", over);
    socket.on("error", over);
  }

  static async connect(url: string): Promise<RawClient> {
    const client = new Client({ connectionString: url });
    await client.connect();
    const { stream } = connectionOf(client);
    for (const event of ["data", "end", "close", "error"]) stream.removeAllListeners(event);
    return new RawClient(stream);
  }

  send(...messages: readonly Buffer[]): void {
    this.socket.write(Buffer.concat(messages));
  }

  /** The messages up to and including the n-th for which `isLast` holds. Rejects after a while. */
  async until(isLast: (message: RawMessage) => boolean, count = 1, timeoutMs = 10_000): Promise<RawMessage[]> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      let found = 0;
      for (let index = 0; index < this.#messages.length; index++) {
        if (isLast(this.#messages[index]!) && ++found === count) return this.#messages.splice(0, index + 1);
      }
      if (this.closed) return this.#messages.splice(0);
      const left = deadline - Date.now();
      if (left <= 0) throw new Error(`no answer; so far: ${transcript(this.#messages).join(" ")}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  /** Sends, and waits for as many ReadyForQuery. */
  async exchange(messages: readonly Buffer[], ready = 1): Promise<string[]> {
    this.send(...messages);
    return transcript(await this.until(({ type }) => type === "Z", ready));
  }

  end(): void {
    this.socket.destroy();
  }
}

function connectionOf(client: unknown): { readonly stream: Socket } {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a field that pg has and its types leave out
  return (client as { readonly connection: { readonly stream: Socket } }).connection;
}

/** One word a message: `Z:I`, `C:SELECT 1`, `E:42501`, `D:1,null`, else the type alone. */
export function transcript(messages: readonly RawMessage[]): string[] {
  return messages.map(({ type, body }) => {
    switch (type) {
      case "Z":
        return `Z:${body.toString("latin1")}`;
      case "C":
        return `C:${body.toString("utf8", 0, body.length - 1)}`;
      case "E":
        return `E:${errorField(body, "C")}`;
      case "N":
        return `N:${errorField(body, "C")}`;
      case "D":
        return `D:${rowValues(body).join(",")}`;
      case "d":
        return `d:${body.toString("utf8")}`;
      default:
        return type;
    }
  });
}

export function errorField(body: Buffer, code: string): string | undefined {
  for (const field of body.toString("utf8").split("\0")) if (field.startsWith(code)) return field.slice(1);
  return undefined;
}

function rowValues(body: Buffer): string[] {
  const values: string[] = [];
  let at = 2;
  for (let index = 0; index < body.readUInt16BE(0); index++) {
    const length = body.readInt32BE(at);
    at += 4;
    values.push(length < 0 ? "null" : body.toString("utf8", at, at + length));
    at += Math.max(length, 0);
  }
  return values;
}

/** Any message: type, then its body. */
export function raw(type: string, ...parts: readonly (string | Buffer)[]): Buffer {
  const body = Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part, "utf8") : part)));
  const header = Buffer.alloc(5);
  header.write(type, 0, "latin1");
  header.writeUInt32BE(body.length + 4, 1);
  return Buffer.concat([header, body]);
}

const z = "\0";
const int16 = (value: number) => Buffer.from([value >> 8, value & 0xff]);
const int32 = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
};

export const query = (text: string) => raw("Q", text, z);
export const parse = (name: string, text: string) => raw("P", name, z, text, z, int16(0));
/** Values as text; results as text, or in binary. */
export const bind = (portal: string, statement: string, values: readonly string[] = [], binary = false) =>
  raw(
    "B",
    portal,
    z,
    statement,
    z,
    int16(0),
    int16(values.length),
    ...values.flatMap((value) => [int32(Buffer.byteLength(value)), value]),
    int16(1),
    int16(binary ? 1 : 0),
  );
export const describePortal = (name: string) => raw("D", "P", name, z);
export const describeStatement = (name: string) => raw("D", "S", name, z);
export const execute = (portal: string, rows = 0) => raw("E", portal, z, int32(rows));
export const closePortal = (name: string) => raw("C", "P", name, z);
export const closeStatement = (name: string) => raw("C", "S", name, z);
export const flush = raw("H");
export const sync = raw("S");
export const copyData = (text: string) => raw("d", text);
export const copyDone = raw("c");
export const copyFail = (reason: string) => raw("f", reason, z);
