/** Questions of the proxy's own to the server, between the client's commands and unseen by it, over the session's own connection. */
import type { Session } from "./session.ts";
import { Exchange } from "./exchange.ts";
import type { PrepareOk } from "./messages/prepare-ok.ts";
import { textCommand } from "./to-server.ts";
import { PacketReader } from "./wire.ts";

export type TextRow = readonly (string | null)[];

/** Rows as they come in, and who waits for them. */
export class Asked {
  readonly rows: TextRow[] = [];
  columns = 0;
  /** What the server says of a statement that it has prepared. */
  prepared: PrepareOk | undefined = undefined;
  #bytes = 0;
  readonly #bytesMax: number;
  readonly reject: (error: Error) => void;

  constructor(bytesMax: number, reject: Asked["reject"]) {
    this.#bytesMax = bytesMax;
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
    return this.#ask("query", 0x03, sql, ({ rows }) => rows);
  }

  /** Prepares one statement by COM_STMT_PREPARE. As above. */
  prepare(sql: string): Promise<PrepareOk> {
    return this.#ask("prepare", 0x16, sql, ({ prepared }) => {
      if (prepared === undefined) throw new Error("the server has not prepared a statement");
      return prepared;
    });
  }

  #ask<Answer>(kind: "query" | "prepare", command: number, sql: string, answer: (asked: Asked) => Answer) {
    const session = this.#session;
    if (session.isClosed) return Promise.reject(new Error("the session has ended"));
    if (session.exchange !== undefined) return Promise.reject(new Error("a command is unanswered"));
    return new Promise<Answer>((resolve, reject) => {
      const { bytes, packets } = textCommand(command, sql);
      const exchange = new Exchange(kind, packets, 0);
      const asked = new Asked(session.host.limits.sideQueryBytes, reject);
      exchange.asked = asked;
      exchange.ended = (succeeded) => {
        if (succeeded) resolve(answer(asked));
      };
      session.ask(exchange, bytes);
    });
  }
}
