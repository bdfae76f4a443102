/**
 * A PostgreSQL client that hides nothing: it sends messages and gives back every message and every byte of the answer. Tests that
 * compare answers, or search them for what must not be there, need more than what a driver makes of them.
 */
import type { Socket } from "node:net";
import { Client } from "pg";

export interface WireLogin {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string;
}

export interface Message {
  /** The type byte as a character, such as `D` for DataRow. */
  readonly type: string;
  /** What follows the length, a copy. */
  readonly body: Buffer;
}

/** What `pg` has and its types do not tell. */
interface PgClient {
  readonly connection: NodeJS.EventEmitter & { readonly stream: Socket };
}

export class WireClient {
  readonly #socket: Socket;
  #buffer: Buffer = Buffer.alloc(0);
  #messages: Message[] = [];
  #waiting:
    | {
        readonly readies: number;
        readonly resolve: (messages: Message[]) => void;
        readonly reject: (error: Error) => void;
      }
    | undefined;
  #readies = 0;
  #error: Error | undefined;
  #received: Buffer[] | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => this.#take(chunk));
    socket.on("error", (error) => this.#fail(error));
    socket.on("close", () => this.#fail(new Error("the connection was closed")));
    socket.resume();
  }

  /** `pg` logs in, then hands over its socket. */
  static async connect(login: WireLogin): Promise<WireClient> {
    const client = new Client({ ...login, application_name: "wire" });
    const { connection } = client as unknown as PgClient;
    client.on("error", () => undefined);
    const taken = new Promise<Socket>((resolve) => {
      connection.once("readyForQuery", () => {
        const { stream } = connection;
        for (const event of ["data", "end", "close", "error", "connect", "drain"]) stream.removeAllListeners(event);
        stream.pause();
        resolve(stream);
      });
    });
    await client.connect();
    return new WireClient(await taken);
  }

  /** Keeps every byte that arrives from now on, for `received`. */
  record(): void {
    this.#received = [];
  }

  /** All bytes since `record`. */
  received(): Buffer {
    return Buffer.concat(this.#received ?? []);
  }

  /** Sends the bytes; resolves with all messages up to and with the `readies`-th ReadyForQuery. One call at a time. */
  exchange(bytes: Buffer, readies = 1): Promise<Message[]> {
    if (this.#waiting !== undefined) throw new Error("the last exchange has not ended");
    if (this.#error !== undefined) return Promise.reject(this.#error);
    return new Promise((resolve, reject) => {
      this.#waiting = { readies, resolve, reject };
      this.#socket.write(bytes);
    });
  }

  /** A simple query. */
  query(sql: string): Promise<Message[]> {
    return this.exchange(queryMessage(sql));
  }

  close(): void {
    this.#socket.removeAllListeners("close");
    this.#socket.end(message("X"));
    this.#socket.destroySoon();
  }

  #take(chunk: Buffer): void {
    this.#received?.push(chunk);
    this.#buffer = this.#buffer.length === 0 ? chunk : Buffer.concat([this.#buffer, chunk]);
    let start = 0;
    while (this.#buffer.length - start >= 5) {
      const end = start + 1 + this.#buffer.readUInt32BE(start + 1);
      if (end > this.#buffer.length) break;
      this.#add({
        type: String.fromCharCode(this.#buffer[start] ?? 0),
        body: Buffer.from(this.#buffer.subarray(start + 5, end)),
      });
      start = end;
    }
    this.#buffer = this.#buffer.subarray(start);
  }

  #add(received: Message): void {
    this.#messages.push(received);
    if (received.type !== "Z") return;
    this.#readies++;
    const waiting = this.#waiting;
    if (waiting === undefined || this.#readies < waiting.readies) return;
    const messages = this.#messages;
    this.#messages = [];
    this.#readies = 0;
    this.#waiting = undefined;
    waiting.resolve(messages);
  }

  #fail(error: Error): void {
    this.#error ??= error;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.reject(error);
  }
}

export type Format = "text" | "binary";

/** Any frontend message but the first one of a connection. */
function message(type: string, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const head = Buffer.alloc(5);
  head.write(type, 0, "latin1");
  head.writeUInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

export const queryMessage = (sql: string) => message("Q", text(sql));
export const parseMessage = (name: string, sql: string) => message("P", text(name), text(sql), int16(0));
export const describeMessage = (what: "S" | "P", name: string) => message("D", Buffer.from(what), text(name));
export const executeMessage = (portal: string, rowsMax = 0) => message("E", text(portal), int32(rowsMax));
export const syncMessage = () => message("S");

/** Parameters in text form, all results in one format. */
export function bindMessage(
  portal: string,
  statement: string,
  parameters: readonly (string | null)[],
  results: Format,
): Buffer {
  const values = parameters.flatMap((value) =>
    value === null ? [int32(-1)] : [int32(Buffer.byteLength(value)), Buffer.from(value)],
  );
  return message(
    "B",
    text(portal),
    text(statement),
    int16(0),
    int16(parameters.length),
    ...values,
    int16(1),
    int16(results === "binary" ? 1 : 0),
  );
}

/** Parse, Bind, Describe, Execute and Sync of the unnamed statement. */
export function extendedQuery(sql: string, parameters: readonly (string | null)[], results: Format): Buffer {
  return Buffer.concat([
    parseMessage("", sql),
    describeMessage("S", ""),
    bindMessage("", "", parameters, results),
    describeMessage("P", ""),
    executeMessage(""),
    syncMessage(),
  ]);
}

/** Fields of an ErrorResponse or NoticeResponse by their letter: `C` SQLSTATE, `M` message, `D` detail, `H` hint, `P` position. */
export function errorFields({ body }: Message): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  let at = 0;
  while (at < body.length && body[at] !== 0) {
    const end = body.indexOf(0, at);
    fields.set(String.fromCharCode(body[at] ?? 0), body.toString("utf8", at + 1, end));
    at = end + 1;
  }
  return fields;
}

/** SQLSTATEs of all errors of an answer. */
export function sqlstates(messages: readonly Message[]): string[] {
  return messages.filter(({ type }) => type === "E").map((error) => errorFields(error).get("C") ?? "");
}

function text(value: string): Buffer {
  return Buffer.from(`${value}\0`);
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}
