/**
 * The audit log as a file of JSON Lines. Hot: every statement waits for it.
 *
 * All lines of one turn of the event loop go out with one `writeSync` of one reused buffer, from `setImmediate`, that is right
 * after the sockets of this turn were read. Writing synchronously is the cheap way here: a small append to the page cache
 * takes about 3 µs, the way through the thread pool takes about 30 times the processor time (`npm run bench`, pgbench). What may
 * really block, waiting for the disk in strict mode, does go through the thread pool: one `fdatasync` at a time, for all that was
 * written before it began (group commit). It takes more processor time than a statement does otherwise, so groups are kept large: what
 * comes while one is synced is the next one, written when that begins, and a group that is smaller than the last waits a little for more.
 *
 * When writing fails (disk full, I/O error), callbacks get the error, so that their statements are refused. The lines are kept, since those
 * of results tell of what did run and those of refused statements that they did not, and are written before all others as soon as
 * anything can be: it is tried again each turn, and from time to time without one. Behind them stands a line that says since when.
 *
 * Seals (`chain.ts`) come between the lines, in the same writes: nobody waits for them.
 */
import { closeSync } from "node:fs";
// The global of this name is a getter, which costs more than the clock.
import { performance } from "node:perf_hooks";
import { AuditFile, type AuditFileEvent, type AuditFileOptions } from "./audit-file.ts";
import type { AuditLog } from "./audit-log.ts";
import type { Seal } from "./chain.ts";
import { now } from "./now.ts";
import { UnwrittenLines } from "./unwritten-lines.ts";
import { Histogram } from "../metrics/histogram.ts";

export interface FileAuditLogOptions extends Omit<AuditFileOptions, "report"> {
  /** A file that is larger ends, and the next one begins; left out, it ends when somebody moves it and calls `reopen`. */
  readonly segmentBytes?: number | undefined;
  /** Told of what an operator should know; must not throw. */
  readonly report: (event: AuditEvent) => void;
}

export type AuditEvent =
  | AuditFileEvent
  | { readonly kind: "failed"; readonly error: Error }
  | { readonly kind: "recovered"; readonly linesLate: number; readonly linesLost: number }
  /** The log was closed while it could not be written. */
  | { readonly kind: "lost"; readonly lines: number }
  /** The log was closed, and this is its last line, as of a file that has ended. */
  | { readonly kind: "closed"; readonly seal: string }
  /** The file could not be moved away: it grows on. */
  | { readonly kind: "not rotated"; readonly error: Error };

type Callback = (error?: Error) => void;

const bufferBytes = 256 * 1024;
/** How long lines that nobody waits for, those of results, may wait for a turn of others: a write less for each statement. */
const linesWaitMs = 5;
/** How long a group, in strict mode, may wait to become as large as the one before. */
const groupWaitMs = 1;
/** Characters of lines kept until the turn, or group, ends; more are written at once. */
const pendingCharactersMax = 8 * 1024 * 1024;
/** While writing fails, how long until it is tried again if no statement comes. */
const retryMs = 250;
/** After how many lines, and how long after the first of them, a seal is written. */
const sealedLinesMax = 1000;
const sealWaitMs = 1000;

export class FileAuditLog implements AuditLog {
  readonly #options: FileAuditLogOptions;
  readonly #buffer = Buffer.allocUnsafe(bufferBytes);
  readonly #file: AuditFile;
  /** Lines to be written, each with its line break, and how many. */
  #text = "";
  #lines = 0;
  #callbacks: Callback[] = [];
  #scheduled = false;
  /** A timer runs for lines that nobody waits for. */
  #isLate = false;
  #closed = false;
  /** What has kept lines of this turn, or group, from being written. */
  #error: Error | undefined;
  #failing: UnwrittenLines | undefined;
  /** In strict mode: the last sync has failed. */
  #isSyncFailing = false;
  #retryTimer: NodeJS.Timeout | undefined;
  /** In strict mode: the group that is being synced, and how many the last one had. */
  #syncing: readonly Callback[] | undefined;
  #groupSize = 0;
  /** Runs while a group waits for more. */
  #groupTimer: NodeJS.Timeout | undefined;
  /** Descriptors to close when the running sync has ended. */
  #retired: number[] = [];
  /** Runs while there is something to be sealed. */
  #sealTimer: NodeJS.Timeout | undefined;
  #rotatesAtBytes: number;
  #onIdle: (() => void) | undefined;
  /** What somebody waited for: a write, and in strict mode its sync. */
  readonly writes = new Histogram();

  /** @throws what the system says when the file cannot be opened */
  constructor(options: FileAuditLogOptions) {
    this.#options = options;
    this.#rotatesAtBytes = options.segmentBytes ?? Number.POSITIVE_INFINITY;
    this.#file = new AuditFile(options);
  }

  /** Of lines that are not in the file yet; the audit log is ASCII but for names and texts. */
  get waitingBytes(): number {
    return this.#text.length + (this.#failing?.characters ?? 0);
  }

  /** What was to be written last could not be. */
  get hasFailed(): boolean {
    return this.#failing !== undefined || this.#isSyncFailing;
  }

  append(line: string): void {
    this.appendLines(`${line}\n`, 1);
  }

  /** As `append`, of as many lines as are said, each with its line break. */
  appendLines(text: string, lines: number): void {
    this.#text += text;
    this.#lines += lines;
    if (this.#text.length > pendingCharactersMax) this.#write();
    // Left to run out when another turn writes first: to cancel a timer costs as much as to set one.
    if (this.#scheduled || this.#isLate) return;
    this.#isLate = true;
    setTimeout(this.#whenLate, linesWaitMs);
  }

  flushed(callback: Callback): void {
    this.#callbacks.push(callback);
    this.#schedule();
  }

  /** Opens the path anew, for log rotation by renaming. Throws, and keeps the old file, when that fails. */
  reopen(): void {
    this.#write();
    this.#retire(this.#file.reopen());
  }

  /** As `AuditFile.keep`. */
  keep(days: number | undefined): void {
    this.#file.keep(days);
  }

  close(): Promise<void> {
    if (this.#closed) return Promise.resolve();
    this.#write();
    this.#lastSeal();
    this.#closed = true;
    clearTimeout(this.#retryTimer);
    return new Promise((resolve) => {
      this.#onIdle = () => {
        closeSync(this.#file.descriptor);
        resolve();
      };
      this.#endTurn();
      if (this.#syncing === undefined) this.#onIdle();
    });
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(this.#whenTurnEnds);
  }

  readonly #whenTurnEnds = (): void => {
    this.#scheduled = false;
    this.#endTurn();
  };

  readonly #whenLate = (): void => {
    this.#isLate = false;
    if (!this.#scheduled) this.#endTurn();
  };

  readonly #whenGroupIsDue = (): void => {
    this.#groupTimer = undefined;
    this.#groupSize = 0;
    this.#endTurn();
  };

  #endTurn(): void {
    if (this.#options.strict && this.#isGrowing()) return;
    const startedMs = performance.now();
    this.#write();
    const error = this.#error;
    this.#error = undefined;
    const callbacks = this.#callbacks;
    if (callbacks.length === 0 && !(this.#isSyncFailing && error === undefined)) return;
    this.#callbacks = [];
    if (error === undefined && this.#options.strict) this.#sync(callbacks, startedMs);
    else {
      this.#observe(startedMs);
      for (const callback of callbacks) callback(error);
    }
  }

  /** Whether what waits to be written and synced had better wait for more. */
  #isGrowing(): boolean {
    if (this.#syncing !== undefined) return true;
    if (this.#callbacks.length === 0 || this.#callbacks.length >= this.#groupSize || this.#closed) return false;
    this.#groupTimer ??= setTimeout(this.#whenGroupIsDue, groupWaitMs);
    return true;
  }

  #observe(startedMs: number): void {
    this.writes.observe((performance.now() - startedMs) * 1000);
  }

  #sync(callbacks: readonly Callback[], startedMs: number): void {
    clearTimeout(this.#groupTimer);
    this.#groupTimer = undefined;
    this.#syncing = callbacks;
    this.#groupSize = callbacks.length;
    this.#file.sync((error) => {
      this.#syncing = undefined;
      this.#observe(startedMs);
      for (const descriptor of this.#retired.splice(0)) closeSync(descriptor);
      this.#hasSynced(error);
      for (const callback of callbacks) callback(error);
      if (!this.#isSyncFailing || this.#callbacks.length > 0) this.#endTurn();
      if (this.#syncing === undefined) this.#onIdle?.();
    });
  }

  #hasSynced(error: Error | undefined): void {
    if (error !== undefined) {
      if (!this.#isSyncFailing) this.#options.report({ kind: "failed", error });
      this.#isSyncFailing = true;
      this.#retryLater();
    } else if (this.#isSyncFailing) {
      this.#isSyncFailing = false;
      this.#options.report({ kind: "recovered", linesLate: 0, linesLost: 0 });
    }
  }

  #write(): void {
    const text = this.#text;
    const lines = this.#lines;
    if (lines === 0 && this.#failing === undefined) return;
    this.#text = "";
    this.#lines = 0;
    if (this.#closed) {
      this.#error = new Error("the audit log is closed");
      return;
    }
    try {
      if (this.#failing !== undefined) this.#writeUnwritten(this.#failing);
      if (lines > 0) this.#writeText(text, lines);
    } catch (cause) {
      const error = asError(cause);
      if (this.#failing === undefined) {
        this.#failing = new UnwrittenLines();
        this.#options.report({ kind: "failed", error });
      }
      this.#failing.add(text, lines);
      this.#error = error;
      this.#retryLater();
    }
  }

  /** What failed, in its order; throws where it still does. */
  #writeUnwritten(unwritten: UnwrittenLines): void {
    for (let first = unwritten.first; first !== undefined; first = unwritten.first) {
      this.#writeText(first.text, first.lines);
      unwritten.removeFirst();
    }
    const { since, lost: linesLost, late: linesLate } = unwritten;
    this.#writeText(
      `{"event":"audit_gap","time":"${now()}","since":"${since}","lines_lost":${linesLost},"lines_late":${linesLate}}\n`,
      1,
    );
    this.#failing = undefined;
    // They may be of hours, and lines of more than a second are not left without a seal.
    this.#seal();
    this.#options.report({ kind: "recovered", linesLate, linesLost });
  }

  #retryLater(): void {
    this.#retryTimer ??= setTimeout(() => {
      this.#retryTimer = undefined;
      if (!this.#closed && this.#syncing === undefined) this.#endTurn();
    }, retryMs).unref();
  }

  /** When all is written, or never will be. */
  #lastSeal(): void {
    if (this.#failing !== undefined) {
      this.#options.report({ kind: "lost", lines: this.#failing.lines + this.#failing.lost });
      return;
    }
    const seal = this.#seal();
    if (seal !== undefined) this.#options.report({ kind: "closed", seal: seal.line });
  }

  #writeText(text: string, lines: number): void {
    // A UTF-16 unit takes at most three bytes of UTF-8.
    if (text.length * 3 > bufferBytes) this.#file.write(Buffer.from(text, "utf8"), lines);
    else this.#file.write(this.#buffer.subarray(0, this.#buffer.write(text, 0)), lines);
    if (this.#file.size > this.#rotatesAtBytes) this.#rotate();
    else if (this.#file.unsealed >= sealedLinesMax) this.#seal();
    else if (this.#file.unsealed > 0) this.#sealTimer ??= setTimeout(this.#seal, sealWaitMs).unref();
  }

  readonly #seal = (): Seal | undefined => {
    clearTimeout(this.#sealTimer);
    this.#sealTimer = undefined;
    try {
      return this.#file.seal();
    } catch {
      // No record is lost. Whatever keeps seals from being written is told of by the records that come next, and then all is sealed.
      return undefined;
    }
  };

  #rotate(): void {
    try {
      this.#retire(this.#file.rotate());
    } catch (error) {
      // Not at each line.
      this.#rotatesAtBytes = this.#file.size * 2;
      this.#options.report({ kind: "not rotated", error: asError(error) });
      return;
    }
    this.#rotatesAtBytes = this.#options.segmentBytes ?? Number.POSITIVE_INFINITY;
  }

  /** A sync of the old file may still run in the thread pool: its descriptor must not be given to another file meanwhile. */
  #retire(descriptor: number): void {
    if (this.#syncing === undefined) closeSync(descriptor);
    else this.#retired.push(descriptor);
  }
}

function asError(cause: unknown): Error {
  return cause instanceof Error ? cause : new Error(String(cause));
}
