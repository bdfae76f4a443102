import { Worker } from "node:worker_threads";
import type { RecordQuery } from "./condition.ts";
import type { FoundRecord } from "./record-index.ts";
import type { Report, ReportSubject } from "./report.ts";

type Question =
  | { readonly kind: "search"; readonly query: RecordQuery; readonly limit: number }
  | { readonly kind: "report"; readonly query: RecordQuery; readonly by: ReportSubject };

export interface Asked {
  readonly id: number;
  readonly log: string;
  readonly question: Question;
}

/** A record as JSON, and what became of its statement. */
export interface ToldRecord {
  readonly record: Readonly<Record<string, unknown>>;
  readonly result: FoundRecord["result"];
}

export type Told =
  | {
      readonly id: number;
      readonly ok: true;
      readonly records: readonly ToldRecord[];
      readonly report: Report | undefined;
    }
  | { readonly id: number; readonly ok: false; readonly error: string };

/** Questions that wait, all of which the thread answers one after the other. */
const waitingMax = 100;

/** Searches a proxy's own log in a thread, which is there from the first question until `close`. */
export class SearchThread {
  readonly #log: string;
  readonly #waiting = new Map<number, { resolve: (told: Told) => void; reject: (error: Error) => void }>();
  #worker: Worker | undefined;
  #count = 0;

  constructor(log: string) {
    this.#log = log;
  }

  /** The newest first. @throws what keeps the log from being searched */
  async search(query: RecordQuery, limit: number): Promise<readonly ToldRecord[]> {
    const told = await this.#ask({ kind: "search", query, limit });
    return told.records;
  }

  /** @throws what keeps the log from being searched */
  async report(query: RecordQuery, by: ReportSubject): Promise<Report> {
    const { report } = await this.#ask({ kind: "report", query, by });
    if (report === undefined) throw new Error("the thread gave no report");
    return report;
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
  }

  async #ask(question: Question): Promise<Extract<Told, { ok: true }>> {
    if (this.#waiting.size >= waitingMax) throw new Error("too many searches wait already");
    const id = ++this.#count;
    const told = await new Promise<Told>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#thread().postMessage({ id, log: this.#log, question } satisfies Asked);
    });
    if (!told.ok) throw new Error(told.error);
    return told;
  }

  #thread(): Worker {
    if (this.#worker !== undefined) return this.#worker;
    const worker = new Worker(new URL("./search-worker.ts", import.meta.url));
    // A search keeps nobody from ending the proxy.
    worker.unref();
    worker.on("message", (told: Told) => {
      this.#waiting.get(told.id)?.resolve(told);
      this.#waiting.delete(told.id);
    });
    const gone = (error: Error) => {
      this.#worker = undefined;
      for (const { reject } of this.#waiting.values()) reject(error);
      this.#waiting.clear();
    };
    worker.on("error", gone);
    worker.on("exit", () => gone(new Error("the searching thread has ended")));
    this.#worker = worker;
    return worker;
  }
}
