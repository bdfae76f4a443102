/**
 * The file of the audit log and those before it, which have the time at which they ended in their names: all one chain (`chain.ts`). Everything
 * here is synchronous and throws what the system says.
 */
import {
  closeSync,
  existsSync,
  fdatasyncSync,
  fstatSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { basename, dirname, extname, join } from "node:path";
import { Chain, parseSeal, parseSegment, type Seal, type SealKey, type SealLine, sealStart } from "./chain.ts";
import { byteAt, fileLines, lineBreak, linesThatStartWith } from "./file-lines.ts";

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
  /** Told of what an operator should know; must not throw. */
  readonly report: (event: AuditFileEvent) => void;
}

export type AuditFileEvent =
  /** The last line of the file was cut (a crash, a full disk); a line break was added, the line itself stays for whoever investigates. */
  | { readonly kind: "repaired"; readonly path: string }
  /** Others than the owner may read the file. */
  | { readonly kind: "exposed"; readonly path: string; readonly mode: number }
  /** A file has ended, and this is its last line: kept elsewhere, it tells that nothing was taken away later. */
  | { readonly kind: "ended"; readonly path: string; readonly seal: string }
  /** A file is old enough to be removed, and stays: somebody has not read it. */
  | { readonly kind: "kept"; readonly path: string; readonly wantedBy: string };

const dayMs = 24 * 60 * 60 * 1000;

export class AuditFile {
  readonly #options: AuditFileOptions;
  #keepDays: number | undefined;
  #opened: Opened;
  /** `undefined` before the first write and after one that has failed: what the file holds is read first. */
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

  /** Hot. @param lines how many line breaks are in the bytes */
  write(bytes: Uint8Array, lines: number): void {
    const chain = this.#ready();
    this.#append(bytes);
    chain?.add(bytes, lines);
  }

  /** From the next file that ends: how long such files stay. */
  keep(days: number | undefined): void {
    this.#keepDays = days;
  }

  /** Writes a seal, where there is something to vouch for. */
  seal(): void {
    if (this.unsealed > 0) this.#seal(this.#ready(), {});
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
      if (chain !== undefined && next.inode !== before.inode) {
        const seal = this.#seal(chain, { last: true });
        this.#chain = next.size === 0 ? chain.next(seal) : undefined;
        this.#options.report({ kind: "ended", path: this.#options.path, seal: seal.line });
      }
      // Rotation is rare enough to wait for the disk here.
      if (this.#options.strict) fdatasyncSync(before.descriptor);
    } catch (error) {
      this.#chain = undefined;
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

  #append(bytes: Uint8Array): void {
    const opened = this.#opened;
    try {
      for (let written = 0; written < bytes.length; ) {
        written += writeSync(opened.descriptor, bytes, written, bytes.length - written);
      }
      opened.size += bytes.length;
      this.#options.wrote?.(bytes.length);
    } catch (error) {
      this.#chain = undefined;
      throw error;
    }
  }

  #seal(chain: Chain | undefined, ends: Parameters<Chain["seal"]>[1]): Seal {
    if (chain === undefined) throw new Error("only a regular file has seals");
    const seal = chain.seal(this.#options.key, ends);
    const bytes = Buffer.from(`${seal.line}\n`);
    this.#append(bytes);
    chain.addSeal(bytes);
    return seal;
  }

  /** The chain as far as the file has it, its first line written. `undefined` for what is no regular file: it cannot be read again. */
  #ready(): Chain | undefined {
    if (!this.#opened.isRegular || (this.#chain !== undefined && this.#opened.size > 0)) return this.#chain;
    if (this.#opened.size > 0) {
      // Also after a write that has failed in the middle of a line.
      this.#repair(this.#opened);
      const chain = continued(this.#opened.descriptor);
      if (chain !== undefined) {
        this.#chain = chain;
        if (chain.unsealed > 0) this.#seal(chain, { found: chain.unsealed });
        return chain;
      }
    }
    const chain = this.#chain ?? afterEnded(this.#options.path) ?? Chain.begin();
    const opening = Buffer.from(`${chain.open()}\n`);
    this.#append(opening);
    chain.add(opening, 1);
    this.#chain = chain;
    return chain;
  }

  #open(): Opened {
    const { path, strict, report } = this.#options;
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
      const opened = { descriptor, isRegular, inode: stats.ino, size: isRegular ? stats.size : 0 };
      if (this.#repair(opened)) report({ kind: "repaired", path });
      return opened;
    } catch (error) {
      closeSync(descriptor);
      throw error;
    }
  }

  /** Ends a last line that was cut. @returns whether there was one */
  #repair(opened: Opened): boolean {
    if (!opened.isRegular) return false;
    opened.size = fstatSync(opened.descriptor).size;
    if (opened.size === 0 || byteAt(opened.descriptor, opened.size - 1) === lineBreak) return false;
    opened.size += writeSync(opened.descriptor, "\n");
    return true;
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
}

/** `audit.jsonl` becomes `audit-20260102T030405678Z.jsonl`: a name that nothing has. */
function endedName(path: string): string {
  const extension = extname(path);
  for (let ms = Date.now(); ; ms++) {
    const time = new Date(ms).toISOString().replaceAll(/[-:.]/g, "");
    const name = `${path.slice(0, path.length - extension.length)}-${time}${extension}`;
    if (!existsSync(name)) return name;
  }
}

/** Those before the file at `path`, the oldest first. */
export function endedFiles(path: string): string[] {
  const extension = extname(path);
  const stem = `${basename(path, extension)}-`;
  const isEnded = (name: string): boolean =>
    name.startsWith(stem) &&
    name.endsWith(extension) &&
    /^\d{8}T\d{9}Z$/.test(name.slice(stem.length, name.length - extension.length));
  return readdirSync(dirname(path))
    .filter(isEnded)
    .toSorted()
    .map((name) => join(dirname(path), name));
}

/** Where the file before ended; `undefined` where there is none, or none with a chain. */
function afterEnded(path: string): Chain | undefined {
  const newest = endedFiles(path).at(-1);
  if (newest === undefined) return undefined;
  const descriptor = openSync(newest, "r");
  try {
    const seal = lastSeal(descriptor)?.seal;
    return seal === undefined ? undefined : Chain.after(seal);
  } finally {
    closeSync(descriptor);
  }
}

/** The chain of a file that ends with a whole line; `undefined` where the file has none. */
function continued(descriptor: number): Chain | undefined {
  const last = lastSeal(descriptor);
  let chain: Chain | undefined;
  for (const line of fileLines(descriptor, last?.start ?? 0)) {
    if (chain !== undefined) chain.add(line, 1);
    else if (last === undefined) chain = begun(line);
    else {
      chain = Chain.behind(last.seal);
      chain.addSeal(line);
    }
  }
  return chain;
}

function begun(line: Buffer): Chain | undefined {
  const segment = parseSegment(line.toString("utf8"));
  if (segment === undefined) return undefined;
  const chain = Chain.of(segment);
  chain.add(line, 1);
  return chain;
}

function lastSeal(descriptor: number): { readonly start: number; readonly seal: SealLine } | undefined {
  for (const start of linesThatStartWith(descriptor, sealStart)) {
    const [line = ""] = fileLines(descriptor, start);
    const seal = parseSeal(line.toString());
    if (seal !== undefined) return { start, seal };
  }
  return undefined;
}
