/** A thread that searches: making the index of a large log takes seconds, in which the proxy must go on. `search-thread.ts` speaks with it. */
import { chmodSync } from "node:fs";
import { parentPort } from "node:worker_threads";
import { errorMessage } from "../../config/system-error.ts";
import { parseRecord } from "../print-record.ts";
import { RecordIndex } from "./record-index.ts";
import { reportOn } from "./report.ts";
import type { Asked, Told } from "./search-thread.ts";

parentPort?.on("message", (asked: Asked) => {
  parentPort?.postMessage(answerTo(asked));
});

function answerTo({ id, log, question }: Asked): Told {
  try {
    const path = `${log}.index`;
    const index = new RecordIndex(log, path);
    try {
      chmodSync(path, 0o600);
      index.update(() => undefined);
      if (question.kind === "report")
        return { id, ok: true, report: reportOn(index, question.by, question.query), records: [] };
      const records = [...index.find(question.query, question.limit)].map(({ line, result }) => ({
        record: parseRecord(line) ?? {},
        result,
      }));
      return { id, ok: true, records, report: undefined };
    } finally {
      index.close();
    }
  } catch (error) {
    return { id, ok: false, error: errorMessage(error) };
  }
}
