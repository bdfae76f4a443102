/**
 * The audit log as a file of JSON Lines. Hot: every statement waits for it.
 *
 * All lines of one turn of the event loop go out with one `writeSync` of one reused buffer, from `setImmediate`, that is right
 * after the sockets of this turn were read. Writing synchronously is the cheap way here: a small append to the page cache
 * takes about 3 µs, the way through the thread pool takes about 30 times the processor time (`npm run bench`, audit). What may
 * really block, waiting for the disk in strict mode, does go through the thread pool: one `fdatasync` at a time, for all lines
 * written before it began (group commit).
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
/** Bytes of lines kept until the turn ends; more are written at once. */
const pendingCharactersMax = 8 * 1024 * 1024;

export class FileAuditLog implements AuditLog {
  readonly #options: FileAuditLogOptions;
  readonly #buffer = Buffer.allocUnsafe(bufferBytes);
  #descriptor: number;
  #lines: string[] = [];
  #characters = 0;
  #callbacks: Callback[] = [];
  #scheduled = false;
  /** A timer runs for lines that nobody waits for. */
  #isLate = false;
  #closed = false;
  /** Of lines that this turn already wrote early, see `pendingCharactersMax`. */
  #turnError: Error | undefined;
  #failing: { linesLost: number; readonly since: string } | undefined;
  /** In strict mode: waiting for the sync that runs, and for the one after it. */
  #syncing: Callback[] | undefined;
  #unsynced: Callback[] = [];
  /** Descriptors to close when the running sync has ended. */
  #retired: number[] = [];
  #onIdle: (() => void) | undefined;

  /** Opens the file for appending, creates it readable by its owner only, repairs a cut last line. Throws what the system says. */
  constructor(options: FileAuditLogOptions) {
    this.#options = options;
    this.#descriptor = this.#open();
  }

  append(line: string): void {
    this.#lines.push(line);
    this.#characters += line.length;
    if (this.#characters > pendingCharactersMax) this.#turnError = this.#write() ?? this.#turnError;
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
    this.#endTurn();
    // Later syncs go to the new file only; rotation is rare enough to wait for the disk here.
    if (this.#options.strict) fdatasyncSync(old);
    this.#descriptor = descriptor;
    // A sync of the old file may still run in the thread pool: its descriptor must not be given to another file meanwhile.
    if (this.#syncing === undefined) closeSync(old);
    else this.#retired.push(old);
  }

  close(): Promise<void> {
    if (this.#closed) return Promise.resolve();
    this.#endTurn();
    this.#closed = true;
    return new Promise((resolve) => {
      this.#onIdle = () => {
        closeSync(this.#descriptor);
        resolve();
      };
      if (this.#syncing === undefined) this.#onIdle();
    });
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.#endTurn());
  }

  readonly #whenLate = (): void => {
    this.#isLate = false;
    if (!this.#scheduled) this.#endTurn();
  };

  #endTurn(): void {
    this.#scheduled = false;
    const error = this.#write() ?? this.#turnError;
    this.#turnError = undefined;
    const callbacks = this.#callbacks;
    if (callbacks.length === 0) return;
    this.#callbacks = [];
    if (error === undefined && this.#options.strict && !this.#closed) {
      for (const callback of callbacks) this.#unsynced.push(callback);
      this.#sync();
    } else {
      for (const callback of callbacks) callback(error);
    }
  }

  /** Writes the lines of this turn; returns the error that kept one of them from being written whole. */
  #write(): Error | undefined {
    const lines = this.#lines;
    if (lines.length === 0) return undefined;
    this.#lines = [];
    this.#characters = 0;
    try {
      if (this.#closed) throw new Error("the audit log is closed");
      const gap = this.#failing;
      if (gap !== undefined) {
        // The failed write may have left half a line: end it, then say what is missing.
        this.#writeLines([
          "",
          `{"event":"audit_gap","time":"${now()}","since":"${gap.since}","lines_lost":${gap.linesLost}}`,
        ]);
        this.#failing = undefined;
        this.#options.report({ kind: "recovered", linesLost: gap.linesLost });
      }
      this.#writeLines(lines);
      return undefined;
    } catch (cause) {
      const error = cause instanceof Error ? cause : new Error(String(cause));
      if (this.#failing === undefined) {
        this.#failing = { linesLost: 0, since: now() };
        this.#options.report({ kind: "failed", error });
      }
      this.#failing.linesLost += lines.length;
      return error;
    }
  }

  #writeLines(lines: readonly string[]): void {
    const buffer = this.#buffer;
    let used = 0;
    for (const line of lines) {
      // A UTF-16 unit takes at most three bytes of UTF-8.
      if (line.length * 3 + 1 > bufferBytes - used) {
        writeAll(this.#descriptor, buffer, used);
        used = 0;
        if (line.length * 3 + 1 > bufferBytes) {
          const bytes = Buffer.from(`${line}\n`, "utf8");
          writeAll(this.#descriptor, bytes, bytes.length);
          continue;
        }
      }
      used += buffer.write(line, used, "utf8");
      buffer[used++] = 0x0a;
    }
    writeAll(this.#descriptor, buffer, used);
  }

  #sync(): void {
    if (this.#syncing !== undefined || this.#unsynced.length === 0) return;
    this.#syncing = this.#unsynced;
    this.#unsynced = [];
    fdatasync(this.#descriptor, (error) => {
      const callbacks = this.#syncing ?? [];
      this.#syncing = undefined;
      for (const descriptor of this.#retired.splice(0)) closeSync(descriptor);
      if (error !== null) this.#options.report({ kind: "failed", error });
      for (const callback of callbacks) callback(error ?? undefined);
      this.#sync();
      if (this.#syncing === undefined) this.#onIdle?.();
    });
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
