/**
 * Questions of the proxy's own to the server, between the client's messages and unseen by it, over the session's own connection:
 * its search_path, the catalog as its transaction sees it.
 *
 * Always by the extended protocol under names of the proxy's own: a simple Query would drop the client's unnamed statement. Inside an
 * open group the answers are fetched by Flush, so that the group's implicit transaction goes on.
 */
import { encodeBind } from "./messages/bind.ts";
import { decodeTextRow } from "./messages/data-row.ts";
import { encodeExecute } from "./messages/execute.ts";
import { encodeParse } from "./messages/parse.ts";
import { encodeClosePortal, encodeCloseStatement } from "./messages/target-message.ts";
import { pendingKind } from "./pending.ts";
import type { Session } from "./session.ts";
import { message } from "./wire.ts";

export type TextRows = (string | null)[][];

interface Asked {
  readonly rows: TextRows;
  bytes: number;
  readonly resolve: (rows: TextRows) => void;
  readonly reject: (error: Error) => void;
}

export class SideQuery {
  readonly #session: Session;
  #asked: Asked | undefined;
  /** Of a row that is not whole yet. */
  #parts: Buffer[] = [];

  constructor(session: Session) {
    this.#session = session;
  }

  get isRunning(): boolean {
    return this.#asked !== undefined;
  }

  /** Runs one statement; the caller has seen to it that nothing else is unanswered. Rejects with the server's message. */
  run(sql: string): Promise<TextRows> {
    const session = this.#session;
    if (session.isClosed) return Promise.reject(new Error("the session has ended"));
    const { ownName, pending, toUpstream } = session;
    return new Promise((resolve, reject) => {
      this.#asked = { rows: [], bytes: 0, resolve, reject };
      const ask = (kind: number, bytes: Buffer) => {
        pending.push(kind).hidden = true;
        toUpstream.push(bytes);
      };
      ask(pendingKind.parse, encodeParse(ownName, sql));
      ask(pendingKind.bind, encodeBind(ownName, ownName));
      ask(pendingKind.execute, encodeExecute(ownName));
      ask(pendingKind.close, encodeClosePortal(ownName));
      ask(pendingKind.close, encodeCloseStatement(ownName));
      if (session.groupOpen) toUpstream.push(message("H"));
      else ask(pendingKind.sync, message("S"));
      session.flushOut();
    });
  }

  row(buffer: Buffer, body: number, end: number): void {
    this.#count(end - body);
    this.#asked?.rows.push(decodeTextRow(buffer, body, end));
  }

  /** Bytes of a row that comes in several chunks; `remaining` more follow. */
  part(buffer: Buffer, start: number, end: number, remaining: number): void {
    this.#count(end - start);
    this.#parts.push(Buffer.from(buffer.subarray(start, end)));
    if (remaining > 0) return;
    const row = Buffer.concat(this.#parts);
    this.#parts = [];
    this.#asked?.rows.push(decodeTextRow(row, 0, row.length));
  }

  #count(bytes: number): void {
    const asked = this.#asked;
    if (asked === undefined) return;
    asked.bytes += bytes;
    if (asked.bytes > this.#session.host.limits.sideQueryBytes)
      throw new Error("the catalog is larger than sideQueryBytes");
  }

  /** Everything asked is answered. */
  done(): void {
    const asked = this.#asked;
    this.#asked = undefined;
    asked?.resolve(asked.rows);
  }

  fail(error: Error): void {
    const asked = this.#asked;
    this.#asked = undefined;
    asked?.reject(error);
  }
}
