/**
 * Asks by files: a request is a file that an operator reads, an answer one that the operator writes (`policy-proxy approve`).
 *
 * Who answers is what the file says. So the folder must be writable by the proxy's own account only, and whoever can act as that account
 * can answer as anybody: that fence is the operating system's.
 */
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
} from "node:fs";
import { basename, join } from "node:path";
import { type FileWatch, watchFiles } from "@penstock/engine";
import { errorMessage } from "../config/system-error.ts";
import type { Answer, AnswerOutcome, Approver, ShownRequest } from "./approver.ts";
import {
  answerBytesMax,
  isAnswerName,
  isRequestName,
  outcomePath,
  parseAnswer,
  readRequest,
  requestOf,
  requestPath,
  writeOutcome,
  writeRequest,
} from "./request-file.ts";

/** How often the folder is looked at, besides what the system tells. */
const pollMs = 1000;
/** How long the outcome of an answer lies there for whoever gave it. */
const outcomeMs = 60_000;

export class FileApprover implements Approver {
  readonly #folder: string;
  readonly #warn: (problem: string) => void;
  #watch: FileWatch | undefined;

  /** Makes the folder if it is missing. Throws when it cannot be trusted. @param warn told of files that are no answers */
  constructor(folder: string, warn: (problem: string) => void) {
    this.#folder = folder;
    this.#warn = warn;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    refuseShared(folder);
    this.#removeOld();
  }

  start(answered: (answer: Answer) => AnswerOutcome): void {
    this.#watch = watchFiles([this.#folder], pollMs, (paths) => {
      for (const path of paths) if (isAnswerName(path)) this.#take(path, answered);
    });
  }

  close(): void {
    this.#watch?.close();
  }

  show(request: ShownRequest): void {
    writeRequest(this.#folder, request);
  }

  remove(id: string): void {
    rmSync(requestPath(this.#folder, id), { force: true });
  }

  howTo(id: string): string {
    return `to approve it: policy-proxy approve ${id} --as PERSON`;
  }

  /** An answer that cannot be read stays: whoever writes it by hand may not have finished. */
  #take(path: string, answered: (answer: Answer) => AnswerOutcome): void {
    let outcome: AnswerOutcome;
    try {
      const text = readOwn(path);
      if (text === undefined) return;
      const answer = parseAnswer(text);
      if (answer.request !== requestOf(basename(path))) throw new Error("its name does not begin with its request");
      rmSync(path);
      outcome = answered(answer);
    } catch (error) {
      this.#warn(`${path}: ${errorMessage(error)}`);
      return;
    }
    const told = outcomePath(path);
    try {
      writeOutcome(told, outcome);
    } catch (error) {
      this.#warn(`${told}: ${errorMessage(error)}`);
    }
    setTimeout(() => rmSync(told, { force: true }), outcomeMs).unref();
  }

  /** What an earlier proxy has left. Another one may share the folder: requests that have not expired may be its own. */
  #removeOld(): void {
    const names = readdirSync(this.#folder);
    const live = new Set(names.filter((name) => isRequestName(name) && !this.#hasExpired(name)).map(requestOf));
    for (const name of names) {
      if (name.endsWith(".json") && !live.has(requestOf(name))) rmSync(join(this.#folder, name), { force: true });
    }
  }

  #hasExpired(name: string): boolean {
    try {
      return Date.parse(readRequest(join(this.#folder, name)).expires_at) <= Date.now();
    } catch {
      return true;
    }
  }
}

function refuseShared(folder: string): void {
  const stats = lstatSync(folder);
  if (!stats.isDirectory()) throw new Error("it is no folder");
  if ((stats.mode & 0o022) !== 0) {
    throw new Error(
      `others may write to it (mode ${(stats.mode & 0o777).toString(8)}), and so approve anything: chmod 700 ${folder}`,
    );
  }
  if (!isOurs(stats.uid)) throw new Error("it belongs to another account, who could approve anything");
}

/** `undefined` where the file is gone. Throws for what is not a small file of our own account's. */
function readOwn(path: string): string | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
  try {
    const stats = fstatSync(descriptor);
    if (!stats.isFile() || !isOurs(stats.uid) || (stats.mode & 0o022) !== 0) {
      throw new Error("it is no file that only this account can write");
    }
    if (stats.size > answerBytesMax) throw new Error(`it has more than ${answerBytesMax} bytes`);
    const bytes = Buffer.alloc(stats.size);
    return bytes.toString("utf8", 0, readSync(descriptor, bytes, 0, bytes.length, 0));
  } finally {
    closeSync(descriptor);
  }
}

/** Root can do anything anyway. */
function isOurs(uid: number): boolean {
  return uid === 0 || uid === process.getuid?.();
}
