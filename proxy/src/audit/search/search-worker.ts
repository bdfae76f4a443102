/** A thread that searches: making the index of a large log takes seconds, in which the proxy must go on. `search-thread.ts` speaks with it. */
import { chmodSync } from "node:fs";
import { parentPort } from "node:worker_threads";
import { errorMessage } from "../../config/system-error.ts";
import { parseRecord } from "../print-record.ts";
import { RecordIndex } from "./record-index.ts";
import { reportOn } from "./report.ts";
import type { Asked, Told, ToldRecord } from "./search-thread.ts";

/** One after the other: each brings the same index up to date. */
let last = Promise.resolve();
parentPort?.on("message", (asked: Asked) => {
  last = last.then(async () => parentPort?.postMessage(await answerTo(asked)));
});

async function answerTo({ id, log, question }: Asked): Promise<Told> {
  try {
    const path = `${log}.index`;
    const index = new RecordIndex(log, path);
    try {
      chmodSync(path, 0o600);
      index.update(() => undefined);
      if (question.kind === "report")
        return { id, ok: true, report: await reportOn(index, question.by, question.query), records: [] };
      const records: ToldRecord[] = [];
      for await (const { line, result } of index.find(question.query, question.limit))
        records.push({ record: parseRecord(line) ?? {}, result });
      return { id, ok: true, records, report: undefined };
    } finally {
      index.close();
    }
  } catch (error) {
    return { id, ok: false, error: errorMessage(error) };
  }
}
