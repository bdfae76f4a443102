/**
 * The file of the audit log and those before it, which have the time at which they ended in their names: all one chain (`chain.ts`). Everything
 * here but `sync` is synchronous and throws what the system says.
 *
 * What fails leaves no trace: of a write that came to its end in the middle, as on a full disk, the file loses again what it got, for which no disk
 * is too full. And what was written since the last sync is kept in memory until the next one: when a sync fails, the system takes what it could
 * not write for written, and says so at the next sync; so it is written again (https://wiki.postgresql.org/wiki/Fsync_Errors).
 */
import {
  closeSync,
  fdatasync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { Chain, type Seal, type SealKey, type SealLine, segmentStart } from "./chain.ts";
import { continuedChain, lastSeal } from "./continued-chain.ts";
import { endedFiles, endedName } from "./ended-files.ts";
import { byteAt, fileLines, lineBreak } from "./file-lines.ts";

export interface AuditFileOptions {
  readonly path: string;
  /** Lines must be on disk before their statements go upstream. */
  readonly strict: boolean;
  /** Signs seals; left out, they have no signature. */
  readonly key?: SealKey | undefined;
  /** How many days a file stays after it has ended; left out, for ever. */
  readonly keepDays?: number | undefined;
  /** Told how many bytes were written; hot. */
  readonly wrote?: ((bytes: number) => void) | undefined;
  /** Who still has to read a file that has ended, so that it must stay; `undefined` for nobody. */
  readonly wantedBy?: ((path: string) => string | undefined) | undefined;
  /** Waits for the disk; left out, it is the system's `fdatasync`. */
  readonly fdatasync?: SyncData | undefined;
  /** Told of what an operator should know; must not throw. */
  readonly report: (event: AuditFileEvent) => void;
}

type SyncData = (descriptor: number, callback: (error: Error | null) => void) => void;

export type AuditFileEvent =
  /** The last line of the file was cut (a crash, a full disk); a line break was added, the line itself stays for whoever investigates. */
  | { readonly kind: "repaired"; readonly path: string }
  /** Others than the owner may read the file. */
  | { readonly kind: "exposed"; readonly path: string; readonly mode: number }
  /** A file has ended, and this is its last line: kept elsewhere, it tells that nothing was taken away later. */
  | { readonly kind: "ended"; readonly path: string; readonly seal: string }
  /** A file is old enough to be removed, and stays: somebody has not read it. */
  | { readonly kind: "kept"; readonly path: string; readonly wantedBy: string };

/** What may be written and not be on disk yet, in strict mode: more is refused. */
const unsyncedBytesMax = 64 * 1024 * 1024;
const dayMs = 24 * 60 * 60 * 1000;

export class AuditFile {
  readonly #options: AuditFileOptions;
  #keepDays: number | undefined;
  #opened: Opened;
  /** `undefined` before the first write, and where a write has failed that could not be taken back: what the file holds is read first. */
  #chain: Chain | undefined;

  /** Opens the file for appending, creates it readable by its owner only, repairs a cut last line. */
  constructor(options: AuditFileOptions) {
    this.#options = options;
    this.#keepDays = options.keepDays;
    this.#opened = this.#open();
    this.#removeOld();
  }

  get descriptor(): number {
    return this.#opened.descriptor;
  }

  /** How large it is, in bytes. */
  get size(): number {
    return this.#opened.size;
  }

  /** Lines that no seal vouches for yet. */
  get unsealed(): number {
    return this.#chain?.unsealed ?? 0;
  }

  /** Hot. All of it is written, or nothing. @param lines how many line breaks are in the bytes */
  write(bytes: Uint8Array, lines: number): void {
    const chain = this.#ready();
    this.#append(bytes);
    chain?.add(bytes, lines);
  }

  /** From the next file that ends: how long such files stay. */
  keep(days: number | undefined): void {
    this.#keepDays = days;
  }

  /** Writes a seal, where there is something to vouch for. @returns it */
  seal(): Seal | undefined {
    return this.unsealed > 0 ? this.#seal(this.#ready(), {}) : undefined;
  }

  /** Strict mode: calls back when all that is written so far is on disk, or with what has kept it from being so. */
  sync(callback: (error: Error | undefined) => void): void {
    const opened = this.#opened;
    try {
      if (opened.isDoubtful) this.#writeAgain(opened);
    } catch (error) {
      setImmediate(callback, error instanceof Error ? error : new Error(String(error)));
      return;
    }
    const { size } = opened;
    (this.#options.fdatasync ?? fdatasync)(opened.descriptor, (error) => {
      if (error === null) isSynced(opened, size);
      else opened.isDoubtful = true;
      callback(error ?? undefined);
    });
  }

  /**
   * Goes on in the file that is at the path now, a new one where there is none. When that fails, it goes on in the one before.
   * @returns the descriptor of the one before, for the caller to close when nothing waits for it any more
   */
  reopen(): number {
    const before = this.#opened;
    const chain = this.#ready();
    const next = this.#open();
    try {
      // Rotation is rare enough to wait for the disk here.
      this.#syncNow(before);
      if (chain !== undefined && next.inode !== before.inode) {
        const { size } = before;
        const seal = this.#seal(chain, { last: true });
        try {
          this.#syncNow(before);
        } catch (error) {
          // Lines behind a file's last seal would look put in.
          this.#chain = undefined;
          ftruncateSync(before.descriptor, size);
          begin(before, size);
          throw error;
        }
        this.#chain = next.size === 0 ? chain.next(seal) : undefined;
        this.#options.report({ kind: "ended", path: this.#options.path, seal: seal.line });
      }
    } catch (error) {
      closeSync(next.descriptor);
      throw error;
    }
    this.#opened = next;
    return before.descriptor;
  }

  /** Moves the file away, to a name with the time, and goes on in a new one. As `reopen`. */
  rotate(): number {
    const { path } = this.#options;
    const ended = endedName(path);
    renameSync(path, ended);
    try {
      const descriptor = this.reopen();
      this.#removeOld();
      return descriptor;
    } catch (error) {
      renameSync(ended, path);
      throw error;
    }
  }

  #syncNow(opened: Opened): void {
    if (!this.#options.strict) return;
    try {
      fdatasyncSync(opened.descriptor);
      isSynced(opened, opened.size);
    } catch (error) {
      opened.isDoubtful = true;
      throw error;
    }
  }

  #append(bytes: Uint8Array): void {
    const opened = this.#opened;
    if (!this.#options.strict) this.#writeWhole(opened, bytes);
    else {
      if (opened.size - opened.syncedSize > unsyncedBytesMax)
        throw new Error("too much is written that is not on disk yet");
      this.#writeWhole(opened, bytes);
      // The caller's buffer is written anew.
      opened.unsynced.push(Buffer.from(bytes));
    }
    this.#options.wrote?.(bytes.length);
  }

  #writeWhole(opened: Opened, bytes: Uint8Array): void {
    let written = 0;
    try {
      while (written < bytes.length) {
        written += writeSync(opened.descriptor, bytes, written, bytes.length - written);
      }
      opened.size += bytes.length;
    } catch (error) {
      if (written > 0) this.#takeBack(opened, written);
      throw error;
    }
  }

  #takeBack(opened: Opened, bytes: number): void {
    const { descriptor, size, isRegular } = opened;
    try {
      // What somebody else has cut or appended is not ours to take.
      if (isRegular && fstatSync(descriptor).size === size + bytes) {
        ftruncateSync(descriptor, size);
        return;
      }
    } catch {
      // Then half a line stays, which is ended before the next one.
    }
    this.#chain = undefined;
    opened.isTorn = true;
  }

  #seal(chain: Chain | undefined, ends: Parameters<Chain["seal"]>[1]): Seal {
    if (chain === undefined) throw new Error("only a regular file has seals");
    const seal = chain.seal(this.#options.key, ends);
    const bytes = Buffer.from(`${seal.line}\n`);
    this.#append(bytes);
    chain.addSeal(seal, bytes);
    return seal;
  }

  /** The chain as far as the file has it, its first line written. `undefined` for what is no regular file: it cannot be read again. */
  #ready(): Chain | undefined {
    const opened = this.#opened;
    if (opened.isDoubtful) this.#writeAgain(opened);
    if (opened.isTorn && !opened.isRegular) writeSync(opened.descriptor, "\n");
    if (!opened.isRegular || (this.#chain !== undefined && opened.size > 0)) {
      opened.isTorn = false;
      return this.#chain;
    }
    if (opened.size > 0) {
      repair(opened);
      const chain = continuedChain(opened.descriptor);
      if (chain !== undefined) {
        this.#chain = chain;
        if (chain.unsealed > 0) this.#seal(chain, { found: chain.unsealed });
        return chain;
      }
    }
    const chain = this.#chain ?? this.#afterEnded() ?? Chain.begin();
    const opening = Buffer.from(`${chain.open()}\n`);
    this.#append(opening);
    chain.add(opening, 1);
    this.#chain = chain;
    return chain;
  }

  /** The same bytes at the same place. Where that fails, it is done the next time. */
  #writeAgain(opened: Opened): void {
    const { descriptor, size, syncedSize, unsynced } = opened;
    if (fstatSync(descriptor).size === size) {
      ftruncateSync(descriptor, syncedSize);
      opened.size = syncedSize;
      this.#writeWhole(opened, Buffer.concat(unsynced));
      opened.isDoubtful = false;
    } else {
      // Somebody else has cut it or appended to it: what it holds is read.
      this.#chain = undefined;
      begin(opened, fstatSync(descriptor).size);
    }
  }

  /** Behind the file before, which a crash may have kept from ending: then it is ended now. `undefined` where there is none, or none with a chain. */
  #afterEnded(): Chain | undefined {
    const newest = endedFiles(this.#options.path).at(-1);
    if (newest === undefined) return undefined;
    // It may have been made read-only since.
    const last = lastSealOf(newest);
    if (last?.last === true) return Chain.after(last);
    const present = this.#opened;
    const ended = this.#openFile(newest);
    try {
      const chain = continuedChain(ended.descriptor);
      if (chain === undefined) return undefined;
      this.#opened = ended;
      const seal = this.#seal(chain, { last: true, found: chain.unsealed });
      this.#syncNow(ended);
      this.#options.report({ kind: "ended", path: newest, seal: seal.line });
      return chain.next(seal);
    } finally {
      this.#opened = present;
      closeSync(ended.descriptor);
    }
  }

  #open(): Opened {
    const { path, strict } = this.#options;
    const isNew = statSync(path, { throwIfNoEntry: false }) === undefined;
    const opened = this.#openFile(path);
    // That it is there must be on disk too.
    if (isNew && strict) syncFolder(dirname(path));
    return opened;
  }

  #openFile(path: string): Opened {
    const { strict, report } = this.#options;
    // Of what it writes to, a pipe must not be a reader too.
    const isOther = statSync(path, { throwIfNoEntry: false })?.isFile() === false;
    const descriptor = openSync(path, isOther ? "a" : "a+", 0o600);
    try {
      const stats = fstatSync(descriptor);
      const isRegular = stats.isFile();
      if (strict && !isRegular) {
        throw new Error("strict mode needs a regular file: of nothing else can one know that it is on disk");
      }
      if (isRegular && (stats.mode & 0o077) !== 0) report({ kind: "exposed", path, mode: stats.mode & 0o777 });
      const opened: Opened = {
        descriptor,
        isRegular,
        inode: stats.ino,
        size: isRegular ? stats.size : 0,
        syncedSize: 0,
        unsynced: [],
        isDoubtful: false,
        isTorn: false,
      };
      if (repair(opened)) report({ kind: "repaired", path });
      return opened;
    } catch (error) {
      closeSync(descriptor);
      throw error;
    }
  }

  /** Files that ended too long ago. */
  #removeOld(): void {
    const { path, report } = this.#options;
    const keepDays = this.#keepDays;
    if (keepDays === undefined) return;
    const oldest = Date.now() - keepDays * dayMs;
    for (const each of endedFiles(path)) {
      if (statSync(each).mtimeMs >= oldest) continue;
      const wantedBy = this.#options.wantedBy?.(each);
      if (wantedBy === undefined) rmSync(each);
      else report({ kind: "kept", path: each, wantedBy });
    }
  }
}

interface Opened {
  readonly descriptor: number;
  readonly isRegular: boolean;
  readonly inode: number;
  size: number;
  /** Strict mode: what is behind this was written since the last sync began that has held. */
  syncedSize: number;
  unsynced: Buffer[];
  /** A sync has failed: of what was written since the one before, anything may be missing on disk. */
  isDoubtful: boolean;
  /** A write has left half a line. */
  isTorn: boolean;
}

function begin(opened: Opened, size: number): void {
  opened.size = opened.syncedSize = size;
  opened.unsynced = [];
  opened.isDoubtful = opened.isTorn = false;
}

function isSynced(opened: Opened, size: number): void {
  while (opened.syncedSize < size) {
    const piece = opened.unsynced.shift();
    if (piece === undefined) return;
    opened.syncedSize += piece.length;
  }
}

function lastSealOf(path: string): SealLine | undefined {
  const descriptor = openSync(path, "r");
  try {
    return lastSeal(descriptor)?.seal;
  } finally {
    closeSync(descriptor);
  }
}

/** Ends a last line that was cut; where the file holds nothing but a part of the line that it was to begin with, it is empty again. @returns whether there was one */
function repair(opened: Opened): boolean {
  if (!opened.isRegular) return false;
  const { descriptor } = opened;
  const { size } = fstatSync(descriptor);
  begin(opened, size);
  if (size === 0 || byteAt(descriptor, size - 1) === lineBreak) return false;
  const [line] = fileLines(descriptor);
  const text = line?.toString("utf8") ?? "";
  if (line?.length === size && (segmentStart.startsWith(text) || text.startsWith(segmentStart))) {
    ftruncateSync(descriptor);
    begin(opened, 0);
  } else begin(opened, size + writeSync(descriptor, "\n"));
  return true;
}

function syncFolder(path: string): void {
  const descriptor = openSync(path, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
