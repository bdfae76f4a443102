/** A server that answers each command in the simplest form that it may have, and remembers what it was sent. */
import { readStatement } from "../../../../proxy/src/mysql/statement-text.ts";
import { PacketWriter } from "../../../../proxy/src/mysql/wire.ts";

export class ModelServer {
  /** Texts of COM_QUERY and COM_STMT_PREPARE. */
  readonly texts: string[] = [];
  /** Databases of COM_INIT_DB, tables of COM_FIELD_LIST. */
  readonly names: string[] = [];
  /** Executions of statements that were never prepared, or are closed. */
  readonly unprepared: number[] = [];
  readonly #refuses: (text: string) => boolean;
  #bytes: Buffer = Buffer.alloc(0);
  #prepared = 0;
  readonly #open = new Set<number>();

  /** @param refuses texts that it answers with an error */
  constructor(refuses: (text: string) => boolean = () => false) {
    this.#refuses = refuses;
  }

  /** @returns its answers */
  receive(bytes: Buffer): Buffer {
    this.#bytes = Buffer.concat([this.#bytes, bytes]);
    const answers: Buffer[] = [];
    while (this.#bytes.length >= 4 && this.#bytes.length >= this.#bytes.readUIntLE(0, 3) + 4) {
      const length = this.#bytes.readUIntLE(0, 3);
      answers.push(this.#answer(this.#bytes.subarray(4, length + 4)));
      this.#bytes = this.#bytes.subarray(length + 4);
    }
    return Buffer.concat(answers);
  }

  #answer(command: Buffer): Buffer {
    const text = readStatement(command, 1, command.length);
    switch (command[0]) {
      case 0x03:
        if (text.startsWith("select cast(database()")) return row(stateOfSession);
        this.texts.push(text);
        if (this.#refuses(text)) return error();
        return text.length % 2 === 0 ? ok() : row([text.slice(0, 20)]);
      case 0x16:
        this.texts.push(text);
        if (this.#refuses(text)) return error();
        this.#open.add(++this.#prepared);
        return new PacketWriter().uint8(0).uint32(this.#prepared).uint16(0).uint16(0).uint8(0).uint16(0).packet(1);
      case 0x02:
      case 0x04:
        this.names.push(text);
        return command[0] === 0x02 ? ok() : end(1);
      case 0x17: {
        const id = command.readUInt32LE(1);
        if (this.#open.has(id)) return ok();
        this.unprepared.push(id);
        return error();
      }
      case 0x1c:
      case 0x1b:
        return end(1);
      case 0x1a:
        return this.#open.has(command.readUInt32LE(1)) ? ok() : error();
      case 0x19:
        this.#open.delete(command.readUInt32LE(1));
        return Buffer.alloc(0);
      case 0x01:
      case 0x18:
        return Buffer.alloc(0);
      default:
        return ok();
    }
  }
}

/** Database, sql_mode, character sets of clients and results, sql_select_limit, character set of the connection. */
const stateOfSession = ["shop", "", "utf8mb4", "utf8mb4", "18446744073709551615", "utf8mb4"];

function ok(): Buffer {
  return new PacketWriter().uint8(0).uint8(0).uint8(0).uint16(2).uint16(0).packet(1);
}

function error(): Buffer {
  return new PacketWriter().uint8(0xff).uint16(1064).text("#42000no").packet(1);
}

function end(sequence: number): Buffer {
  return new PacketWriter().uint8(0xfe).uint16(0).uint16(2).packet(sequence);
}

/** A result of one row, for a client that wants EOF. */
function row(values: readonly string[]): Buffer {
  const column = () => {
    const writer = new PacketWriter();
    for (const name of ["def", "", "", "", "c", ""]) writer.lengthEncodedText(name);
    return writer.lengthEncoded(12).uint16(45).uint32(80).uint8(0xfd).uint16(0).uint8(0).zeros(2);
  };
  const packets = [
    new PacketWriter().lengthEncoded(values.length).packet(1),
    ...values.map((_, index) => column().packet(index + 2)),
  ];
  const texts = new PacketWriter();
  for (const value of values) texts.lengthEncodedText(value);
  const next = values.length + 2;
  return Buffer.concat([...packets, end(next), texts.packet(next + 1), end(next + 2)]);
}
