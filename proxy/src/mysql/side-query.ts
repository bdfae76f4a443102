/** Questions of the proxy's own to the server, between the client's commands and unseen by it, over the session's own connection. */
import type { Session } from "./session.ts";
import { Exchange } from "./exchange.ts";
import { PacketReader, packetsOf } from "./wire.ts";

export type TextRow = readonly (string | null)[];

/** Rows as they come in, and who waits for them. */
export class Asked {
  readonly rows: TextRow[] = [];
  columns = 0;
  #bytes = 0;
  readonly #bytesMax: number;
  readonly resolve: (rows: readonly TextRow[]) => void;
  readonly reject: (error: Error) => void;

  constructor(bytesMax: number, resolve: Asked["resolve"], reject: Asked["reject"]) {
    this.#bytesMax = bytesMax;
    this.resolve = resolve;
    this.reject = reject;
  }

  row(buffer: Buffer, body: number, end: number): void {
    this.#bytes += end - body;
    if (this.#bytes > this.#bytesMax) throw new Error("the answer to a side query is larger than sideQueryBytes");
    const reader = new PacketReader(buffer, body, end);
    this.rows.push(Array.from({ length: this.columns }, () => reader.textValue()));
  }
}

/** What the server says against a question. */
export class SideQueryError extends Error {
  /** The server's number for it. */
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

export class SideQuery {
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  /** Runs one statement; the caller has seen to it that no command is unanswered. Rejects with the server's message. */
  run(sql: string): Promise<readonly TextRow[]> {
    const session = this.#session;
    if (session.isClosed) return Promise.reject(new Error("the session has ended"));
    if (session.exchange !== undefined) return Promise.reject(new Error("a command is unanswered"));
    return new Promise((resolve, reject) => {
      const exchange = new Exchange("query", 1, 0);
      exchange.asked = new Asked(session.host.limits.sideQueryBytes, resolve, reject);
      session.ask(exchange, packetsOf(Buffer.concat([queryCommand, Buffer.from(sql, "utf8")]), 0));
    });
  }
}

const queryCommand = Buffer.from([0x03]);
