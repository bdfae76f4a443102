/**
 * A connection that answers at once: policies are evaluated without waiting, so a thread of its own waits for the server, and this thread
 * for it.
 */
import { once } from "node:events";
import { MessageChannel, receiveMessageOnPort, Worker } from "node:worker_threads";
import type { FromConnection, ToConnection } from "./connection-thread.ts";

export interface TextResult {
  readonly fields: readonly { readonly name: string; readonly typeOid: number }[];
  /** Values as the server prints them. */
  readonly rows: readonly (readonly (string | null)[])[];
}

/** The server refused; the message is its own. */
export class DatabaseError extends Error {
  override readonly name = "DatabaseError";
}

/** Longer than the statement_timeout that callers set. */
const answerTimeoutMs = 60_000;

export class SyncConnection {
  readonly #worker: Worker;
  readonly #port: MessageChannel["port1"];
  readonly #answered: Int32Array;

  private constructor(worker: Worker, port: MessageChannel["port1"], answered: Int32Array) {
    this.#worker = worker;
    this.#port = port;
    this.#answered = answered;
  }

  /** @throws DatabaseError where nobody answers at that address, or refuses the login */
  static async open(url: string): Promise<SyncConnection> {
    const { port1, port2 } = new MessageChannel();
    const answered = new Int32Array(new SharedArrayBuffer(4));
    const worker = new Worker(new URL("./connection-thread.ts", import.meta.url), {
      workerData: { url, port: port2, answered },
      transferList: [port2],
    });
    const [message] = (await once(worker, "message")) as [FromConnection];
    // It must not keep the process going, nor outlive it.
    worker.unref();
    port1.unref();
    if (message.kind === "error") {
      await worker.terminate();
      throw new DatabaseError(message.message);
    }
    return new SyncConnection(worker, port1, answered);
  }

  /** Runs a script of any number of statements. */
  script(text: string): void {
    this.#ask({ text, values: undefined });
  }

  /** Runs exactly one statement. */
  query(text: string, values: readonly (string | null)[] = []): TextResult {
    return this.#ask({ text, values });
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  #ask(message: ToConnection): TextResult {
    Atomics.store(this.#answered, 0, 0);
    this.#port.postMessage(message);
    if (Atomics.wait(this.#answered, 0, 0, answerTimeoutMs) === "timed-out") {
      throw new DatabaseError("the server gave no answer in time");
    }
    const answer = receiveMessageOnPort(this.#port)?.message as FromConnection | undefined;
    if (answer === undefined) throw new DatabaseError("the connection is gone");
    if (answer.kind === "error") throw new DatabaseError(answer.message);
    return answer.result;
  }
}
