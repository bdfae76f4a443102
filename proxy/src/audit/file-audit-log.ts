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
 * When writing fails (disk full, I/O error), the lines of that turn are lost and their callbacks get the error, so that their
 * statements are refused. Every later turn tries again; the first that succeeds records how many lines are missing.
 */
import { closeSync, fdatasync, fdatasyncSync, fstatSync, openSync, readSync, writeSync } from "node:fs";
import type { AuditLog } from "./audit-log.ts";
import { now } from "./audit-records.ts";

export interface FileAuditLogOptions {
  readonly path: string;
  /** Wait for the disk before a statement goes upstream. */
  readonly strict: boolean;
  /** Told of what an operator should know; must not throw. */
  readonly report: (event: AuditEvent) => void;
}

export type AuditEvent =
  /** The last line of the file was cut (a crash, a full disk); a line break was added, the line itself stays for whoever investigates. */
  | { readonly kind: "repaired"; readonly path: string }
  /** Others than the owner may read the file. */
  | { readonly kind: "exposed"; readonly path: string; readonly mode: number }
  | { readonly kind: "failed"; readonly error: Error }
  | { readonly kind: "recovered"; readonly linesLost: number };

type Callback = (error?: Error) => void;

const bufferBytes = 256 * 1024;
/** How long lines that nobody waits for, those of results, may wait for a turn of others: a write less for each statement. */
const linesWaitMs = 5;
/** How long a group, in strict mode, may wait to become as large as the one before. */
const groupWaitMs = 1;
/** Characters of lines kept until the turn, or group, ends; more are written at once. */
const pendingCharactersMax = 8 * 1024 * 1024;

export class FileAuditLog implements AuditLog {
  readonly #options: FileAuditLogOptions;
  readonly #buffer = Buffer.allocUnsafe(bufferBytes);
  #descriptor: number;
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
  #failing: { linesLost: number; readonly since: string } | undefined;
  /** In strict mode: the group that is being synced, and how many the last one had. */
  #syncing: readonly Callback[] | undefined;
  #groupSize = 0;
  /** Runs while a group waits for more. */
  #groupTimer: NodeJS.Timeout | undefined;
  /** Descriptors to close when the running sync has ended. */
  #retired: number[] = [];
  #onIdle: (() => void) | undefined;

  /** Opens the file for appending, creates it readable by its owner only, repairs a cut last line. Throws what the system says. */
  constructor(options: FileAuditLogOptions) {
    this.#options = options;
    this.#descriptor = this.#open();
  }

  append(line: string): void {
    this.#text += `${line}\n`;
    this.#lines++;
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
    const descriptor = this.#open();
    const old = this.#descriptor;
    this.#write();
    // Later syncs go to the new file only; rotation is rare enough to wait for the disk here.
    if (this.#options.strict) fdatasyncSync(old);
    this.#descriptor = descriptor;
    // A sync of the old file may still run in the thread pool: its descriptor must not be given to another file meanwhile.
    if (this.#syncing === undefined) closeSync(old);
    else this.#retired.push(old);
  }

  close(): Promise<void> {
    if (this.#closed) return Promise.resolve();
    this.#write();
    this.#closed = true;
    return new Promise((resolve) => {
      this.#onIdle = () => {
        closeSync(this.#descriptor);
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
    this.#write();
    const error = this.#error;
    this.#error = undefined;
    const callbacks = this.#callbacks;
    if (callbacks.length === 0) return;
    this.#callbacks = [];
    if (error === undefined && this.#options.strict) this.#sync(callbacks);
    else for (const callback of callbacks) callback(error);
  }

  /** Whether what waits to be written and synced had better wait for more. */
  #isGrowing(): boolean {
    if (this.#syncing !== undefined) return true;
    if (this.#callbacks.length === 0 || this.#callbacks.length >= this.#groupSize || this.#closed) return false;
    this.#groupTimer ??= setTimeout(this.#whenGroupIsDue, groupWaitMs);
    return true;
  }

  #sync(callbacks: readonly Callback[]): void {
    clearTimeout(this.#groupTimer);
    this.#groupTimer = undefined;
    this.#syncing = callbacks;
    this.#groupSize = callbacks.length;
    fdatasync(this.#descriptor, (error) => {
      this.#syncing = undefined;
      for (const descriptor of this.#retired.splice(0)) closeSync(descriptor);
      if (error !== null) this.#options.report({ kind: "failed", error });
      for (const callback of callbacks) callback(error ?? undefined);
      this.#endTurn();
      if (this.#syncing === undefined) this.#onIdle?.();
    });
  }

  #write(): void {
    const lines = this.#lines;
    if (lines === 0) return;
    const text = this.#text;
    this.#text = "";
    this.#lines = 0;
    try {
      if (this.#closed) throw new Error("the audit log is closed");
      const gap = this.#failing;
      if (gap !== undefined) {
        // The failed write may have left half a line: end it, then say what is missing.
        this.#writeText(
          `\n{"event":"audit_gap","time":"${now()}","since":"${gap.since}","lines_lost":${gap.linesLost}}\n`,
        );
        this.#failing = undefined;
        this.#options.report({ kind: "recovered", linesLost: gap.linesLost });
      }
      this.#writeText(text);
    } catch (cause) {
      const error = cause instanceof Error ? cause : new Error(String(cause));
      if (this.#failing === undefined) {
        this.#failing = { linesLost: 0, since: now() };
        this.#options.report({ kind: "failed", error });
      }
      this.#failing.linesLost += lines;
      this.#error = error;
    }
  }

  #writeText(text: string): void {
    // A UTF-16 unit takes at most three bytes of UTF-8.
    if (text.length * 3 > bufferBytes) {
      const bytes = Buffer.from(text, "utf8");
      writeAll(this.#descriptor, bytes, bytes.length);
    } else writeAll(this.#descriptor, this.#buffer, this.#buffer.write(text, 0));
  }

  #open(): number {
    const { path, strict, report } = this.#options;
    const descriptor = openSync(path, "a", 0o600);
    try {
      const stats = fstatSync(descriptor);
      if (!stats.isFile()) {
        if (strict)
          throw new Error("strict mode needs a regular file: of nothing else can one know that it is on disk");
        return descriptor;
      }
      if ((stats.mode & 0o077) !== 0) report({ kind: "exposed", path, mode: stats.mode & 0o777 });
      if (stats.size > 0 && lastByte(path, stats.size) !== 0x0a) {
        writeSync(descriptor, "\n");
        report({ kind: "repaired", path });
      }
    } catch (error) {
      closeSync(descriptor);
      throw error;
    }
    return descriptor;
  }
}

function writeAll(descriptor: number, bytes: Buffer, length: number): void {
  let written = 0;
  while (written < length) written += writeSync(descriptor, bytes, written, length - written);
}

function lastByte(path: string, size: number): number | undefined {
  const descriptor = openSync(path, "r");
  try {
    const byte = Buffer.alloc(1);
    return readSync(descriptor, byte, 0, 1, size - 1) === 1 ? byte[0] : undefined;
  } finally {
    closeSync(descriptor);
  }
}
