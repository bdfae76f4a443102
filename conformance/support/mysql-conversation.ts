/** Statements in text and as prepared statements, and every packet of their answers. */
import { createConnection } from "mysql2/promise";
import { MysqlWireClient } from "./mysql-wire-client.ts";

/** What came back: the payloads of packets, in order. */
export type Packets = readonly Buffer[];

const command = { query: 0x03, prepare: 0x16, execute: 0x17, close: 0x19, reset: 0x1f } as const;
const type = { double: 0x05, null: 0x06, longlong: 0x08, string: 0xfd } as const;
const moreResults = 0x0008;
const wantsFile = 0xfb;
const answerTimeoutMs = 60_000;

export interface MysqlLogin {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

export class MysqlConversation {
  readonly #wire: MysqlWireClient;
  /** Number of the packet that comes next: strict clients end a connection on which another one comes. */
  #due = 1;

  private constructor(wire: MysqlWireClient) {
    this.#wire = wire;
  }

  static async open({ host, port, user, password, database }: MysqlLogin): Promise<MysqlConversation> {
    const connection = await createConnection({ host, port, user, password, database, multipleStatements: true });
    return new MysqlConversation(new MysqlWireClient(connection));
  }

  async query(sql: string | Buffer): Promise<Packets> {
    this.#command(command.query, sql);
    return this.#results();
  }

  /** Prepares, executes and closes. @param parameters as text; whole numbers are bound as such */
  async execute(sql: string | Buffer, parameters: readonly string[]): Promise<Packets> {
    this.#command(command.prepare, sql);
    const ok = await this.#packet();
    if (ok[0] !== 0x00) return [ok];
    const id = ok.subarray(1, 5);
    const [columns, marks] = [ok.readUInt16LE(5), ok.readUInt16LE(7)];
    const described: Buffer[] = [];
    for (const count of [marks, columns]) {
      // The descriptions, and the EOF behind them.
      for (let left = count === 0 ? 0 : count + 1; left > 0; left--) described.push(await this.#packet());
    }
    this.#command(command.execute, Buffer.concat([id, Buffer.from([0, 1, 0, 0, 0]), bound(parameters)]));
    const answer = await this.#results();
    this.#command(command.close, id);
    // Where the numbers of statements begin is no part of the answer.
    return [Buffer.concat([ok.subarray(0, 1), ok.subarray(5)]), ...described, ...answer];
  }

  /** Forgets what statements have left in the session, but for its database. */
  async reset(): Promise<void> {
    this.#command(command.reset);
    await this.#packet();
  }

  close(): void {
    this.#wire.socket.destroy();
  }

  async #results(): Promise<Packets> {
    const packets: Buffer[] = [];
    for (;;) {
      const first = await this.#packet();
      packets.push(first);
      if (first[0] === 0xff) return packets;
      if (first[0] === wantsFile) {
        // LOAD DATA LOCAL: an empty file.
        this.#wire.send(Buffer.alloc(0), this.#due++);
        continue;
      }
      if (first[0] === 0x00) {
        if ((statusOfOk(first) & moreResults) === 0) return packets;
        continue;
      }
      let status = 0;
      for (let ends = 0; ends < 2; ) {
        const packet = await this.#packet();
        packets.push(packet);
        if (packet[0] === 0xff) return packets;
        if (!isEnd(packet)) continue;
        ends++;
        status = packet.readUInt16LE(3);
      }
      if ((status & moreResults) === 0) return packets;
    }
  }

  #command(kind: number, rest?: string | Buffer): void {
    this.#wire.command(kind, rest);
    this.#due = 1;
  }

  async #packet(): Promise<Buffer> {
    const { sequence, payload } = await this.#wire.packet(answerTimeoutMs);
    if (sequence !== (this.#due & 0xff)) throw new Error(`packet ${sequence} where ${this.#due & 0xff} was due`);
    this.#due++;
    return payload;
  }
}

export function isEnd(packet: Buffer): boolean {
  return packet[0] === 0xfe && packet.length < 9;
}

function statusOfOk(ok: Buffer): number {
  let at = 1;
  for (let numbers = 0; numbers < 2; numbers++) at += lengthOfNumber(ok[at] ?? 0);
  return ok.readUInt16LE(at);
}

/** Bytes of a length-encoded integer, by its first one. */
export function lengthOfNumber(first: number): number {
  return first < 0xfb ? 1 : first === 0xfc ? 3 : first === 0xfd ? 4 : 9;
}

function bound(parameters: readonly string[]): Buffer {
  if (parameters.length === 0) return Buffer.alloc(0);
  const isWhole = parameters.map((value) => /^-?\d{1,18}$/.test(value));
  const types = isWhole.flatMap((whole) => [whole ? type.longlong : type.string, 0]);
  const values = parameters.map((value, index) => {
    const bytes = Buffer.from(value);
    if (isWhole[index] !== true) return Buffer.concat([Buffer.from([bytes.length]), bytes]);
    const number = Buffer.alloc(8);
    number.writeBigInt64LE(BigInt(value));
    return number;
  });
  return Buffer.concat([Buffer.alloc((parameters.length + 7) >> 3), Buffer.from([1, ...types]), ...values]);
}
