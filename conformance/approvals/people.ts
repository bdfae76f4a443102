/** Who answers in the tests: by the files of `approvals.folder`, as `policy-proxy approve` does it. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Answer, AnswerOutcome } from "../../proxy/src/approvals/approver.ts";
import {
  isRequestName,
  outcomePath,
  readOutcome,
  readRequest,
  type RequestFile,
  writeAnswer,
} from "../../proxy/src/approvals/request-file.ts";

const patienceMs = 10_000;

export class PeopleAsked {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  requests(): RequestFile[] {
    const names = readdirSync(this.folder).filter((name) => isRequestName(name) && !name.startsWith("."));
    return names.flatMap((name) => {
      try {
        return [readRequest(join(this.folder, name))];
      } catch {
        // It was answered meanwhile.
        return [];
      }
    });
  }

  /** Waits until `count` statements wait, oldest first. */
  async waiting(count = 1): Promise<RequestFile[]> {
    const found = () => this.requests();
    await until(
      () => found().length === count,
      () => `${found().length} statements wait, not ${count}`,
    );
    return found().sort((a, b) => (a.asked_at < b.asked_at ? -1 : 1));
  }

  async one(): Promise<RequestFile> {
    const [request] = await this.waiting();
    if (request === undefined) throw new Error("no statement waits");
    return request;
  }

  async answer(
    { id, digest }: Pick<RequestFile, "id" | "digest">,
    by: string,
    answer: Answer["answer"] = "approve",
    because?: string,
  ): Promise<AnswerOutcome> {
    const outcome = outcomePath(writeAnswer(this.folder, { request: id, digest, by, answer, because }));
    await until(
      () => existsSync(outcome),
      () => "nobody has taken the answer",
    );
    return readOutcome(outcome);
  }

  /** The one statement that waits is answered. */
  async answerOne(by: string, answer: Answer["answer"] = "approve", because?: string): Promise<AnswerOutcome> {
    return this.answer(await this.one(), by, answer, because);
  }
}

export async function until(holds: () => boolean, problem: () => string): Promise<void> {
  const end = Date.now() + patienceMs;
  while (!holds()) {
    if (Date.now() > end) throw new Error(problem());
    await sleep(10);
  }
}
