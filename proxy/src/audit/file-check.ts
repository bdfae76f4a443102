/** One file of the audit log, checked by itself. */
import type { KeyObject } from "node:crypto";
import { closeSync, openSync } from "node:fs";
import {
  isSignedBy,
  parseSeal,
  parseSegment,
  SealedBytes,
  type SealLine,
  type SegmentLine,
  sealStart,
  segmentStart,
} from "./chain.ts";
import { fileLines, lineBreak } from "./file-lines.ts";

/** What is wrong with a file, or worth to know, in a sentence. */
export interface Finding {
  readonly file: string;
  /** From 1; `undefined` for the whole file. */
  readonly line: number | undefined;
  readonly message: string;
}

export interface CheckedFile {
  readonly file: string;
  readonly segment: SegmentLine | undefined;
  readonly lines: number;
  readonly seals: number;
  /** Lines that a seal vouches for which holds. */
  readonly sealed: number;
  readonly lastSeal: SealLine | undefined;
}

/** Public keys, by their id. */
export type TrustedKeys = ReadonlyMap<string, KeyObject>;

/** With time to spare for a machine that is busy. */
const unsealedMsMax = 10_000;
const cutBefore =
  "it was cut before the proxy was started again: by the crash, or by somebody while none was running. The seal behind it vouches for what is left";
const lineTime = /^\{"event":"\w+","time":"([^"]+)"/;
const timeWithin = 80;

export class FileCheck implements CheckedFile {
  readonly file: string;
  readonly problems: Finding[] = [];
  readonly notes: Finding[] = [];
  segment: SegmentLine | undefined;
  lines = 0;
  seals = 0;
  sealed = 0;
  lastSeal: SealLine | undefined;
  readonly #keys: TrustedKeys;
  /** Lines before the chain begins: of a log that is older than chains. */
  #before = 0;
  #bytes = new SealedBytes(undefined);
  readonly #descriptor: number;
  /** Bytes before the line that is looked at. */
  #offset = 0;
  /** The line of the last seal, or of the segment, and the bytes up to its end. */
  #from = 1;
  #fromOffset = 0;
  /** The last line has no end. */
  #isCut = false;
  /** Parts of seals behind it. */
  readonly #tornSeals: { readonly line: number; readonly isOfThese: boolean }[] = [];
  /** Times of the first and the last line since, as they stand in them. */
  #firstTime = "";
  #lastTime = "";

  constructor(file: string, keys: TrustedKeys, missing: Set<string>) {
    this.file = file;
    this.#keys = keys;
    this.#descriptor = openSync(file, "r");
    try {
      for (const line of fileLines(this.#descriptor)) this.#line(line, missing);
      this.#end();
    } finally {
      closeSync(this.#descriptor);
    }
  }

  get number(): number {
    return this.segment?.segment ?? 0;
  }

  #line(bytes: Buffer, missing: Set<string>): void {
    this.lines++;
    if (bytes.at(-1) !== lineBreak) {
      this.#isCut = true;
      this.#note("it has no end: the proxy is writing it just now, or a crash has cut it");
    }
    if (startsWith(bytes, sealStart)) this.#seal(bytes, missing);
    else if (!startsWith(bytes, segmentStart) || !this.#begin(bytes)) {
      this.#noteTime(bytes);
      if (this.segment === undefined) this.#before++;
      this.#bytes.add(bytes);
    }
    this.#offset += bytes.length;
  }

  #begin(bytes: Buffer): boolean {
    const segment = parseSegment(bytes.toString("utf8"));
    // Of a log that is older than chains, whose proxy was killed at once.
    if (segment === undefined && this.segment === undefined) return false;
    if (segment === undefined || this.segment !== undefined) {
      this.#problem("a segment begins in the middle of a file: files were put together, or the line was put in");
      return false;
    }
    this.segment = segment;
    this.#from = this.lines;
    this.#fromOffset = this.#offset + bytes.length;
    this.#bytes = new SealedBytes(segment.previous);
    this.#bytes.add(bytes);
    if (this.#before > 0)
      this.#note(`nothing vouches for the ${this.#before} lines before: they are older than the chain`);
    return true;
  }

  #seal(bytes: Buffer, missing: Set<string>): void {
    const line = bytes.toString("utf8").trimEnd();
    const seal = parseSeal(line);
    if (seal === undefined) {
      this.#tornSeals.push({ line: this.lines, isOfThese: this.#mayBeOfThese(line) });
      this.#bytes.add(bytes);
      return;
    }
    missing.delete(line);
    this.seals++;
    const problem = this.#sealProblem(seal, line);
    if (problem === undefined) this.sealed += this.lines - this.#from;
    else this.#problem(problem);
    if (seal.found !== undefined) this.#found(seal.found);
    this.#tellTornSeals(seal.found !== undefined);
    this.#bytes.goOnFrom(seal.hash);
    this.#bytes.add(bytes);
    this.lastSeal = seal;
    this.#from = this.lines;
    this.#fromOffset = this.#offset + bytes.length;
    this.#firstTime = this.#lastTime = "";
  }

  #noteTime(bytes: Buffer): void {
    const time = lineTime.exec(bytes.toString("latin1", 0, timeWithin))?.[1];
    if (time === undefined) return;
    if (this.#firstTime === "") this.#firstTime = time;
    this.#lastTime = time;
  }

  /** Whoever takes seals away has the proxy seal what is left as it finds it: but it leaves nothing unsealed for long. */
  #found(lines: number): void {
    const spanMs = Date.parse(this.#lastTime) - Date.parse(this.#firstTime);
    const since = "were sealed only when the proxy was started again, after a crash or a full disk: as they were found";
    if (spanMs > unsealedMsMax) {
      this.#problem(
        `the ${lines} lines before ${since}. They are of ${Math.round(spanMs / 1000)} seconds, and the proxy leaves none unsealed for more than one: seals were cut`,
      );
    } else this.#note(`the ${lines} lines before ${since}`);
    this.#tellCutLines(this.lines - 1);
  }

  /** What was cut behind the last seal, where a crash may have done it. @param last the number of the line up to which it is looked for */
  #tellCutLines(last: number): void {
    let number = this.#from;
    for (const line of fileLines(this.#descriptor, this.#fromOffset)) {
      if (++number > last) break;
      if (isJson(line)) continue;
      // The proxy ends a cut line before it writes another one.
      if (line.indexOf('{"event":"', 1) !== -1) {
        this.problems.push({ file: this.file, line: number, message: "it was cut while the proxy was running" });
      } else if (line.at(-1) === lineBreak) this.notes.push({ file: this.file, line: number, message: cutBefore });
    }
  }

  /** What is left of a seal still says what it was made for: of a crash, that is what stands before it. */
  #mayBeOfThese(line: string): boolean {
    const lines = /"lines":(\d+),/.exec(line)?.[1];
    const hash = /"hash":"([\w-]*)/.exec(line)?.[1] ?? "";
    return (
      (lines === undefined || Number(lines) === this.lines - 1 - this.#before) && this.#bytes.hash().startsWith(hash)
    );
  }

  /** @param isFound they are where a crash may have cut something */
  #tellTornSeals(isFound: boolean): void {
    for (const { line, isOfThese } of this.#tornSeals.splice(0)) {
      if (isFound && isOfThese) continue;
      const message = isFound
        ? "a seal that was cut, and not by a crash: it was made for other lines than those before it, which were changed"
        : "a seal that cannot be read";
      this.problems.push({ file: this.file, line, message });
    }
  }

  #sealProblem(seal: SealLine, line: string): string | undefined {
    const hash = this.#bytes.hash();
    const between = `lines ${this.#from} to ${this.lines - 1}`;
    if (this.segment === undefined) return "a seal in a file that does not begin as one of a chain";
    if (seal.chain !== this.segment.chain || seal.segment !== this.segment.segment) return "a seal of another file";
    const signature = this.#signatureProblem(seal, line);
    if (signature !== undefined) return signature;
    const lines = this.lines - 1 - this.#before;
    if (seal.lines !== lines) {
      const change = lines < seal.lines ? `${seal.lines - lines} fewer lines` : `${lines - seal.lines} more lines`;
      return `there are ${change} before this seal than when it was made: ${between} were cut, or lines were put in`;
    }
    if (seal.hash !== hash) return `${between} are not what was sealed: something was changed, or moved, there`;
    return undefined;
  }

  #signatureProblem(seal: SealLine, line: string): string | undefined {
    if (this.#keys.size === 0) return undefined;
    if (seal.key === undefined) return "the seal is not signed";
    const key = this.#keys.get(seal.key);
    if (key === undefined) return `the seal is signed with the key ${seal.key}, which was not given`;
    return isSignedBy(key, line, seal) ? undefined : "the seal's signature is wrong: it was changed or forged";
  }

  #end(): void {
    if (this.lines === 0) return;
    // A crash may also come before what it has cut is sealed.
    this.#tellTornSeals(this.#tornSeals.every(({ line }) => line === this.lines));
    if (this.segment === undefined && this.lines === 1 && this.#isCut) return;
    if (this.segment === undefined) {
      this.problems.push({
        file: this.file,
        line: undefined,
        message: "nothing vouches for it: no line of it begins a chain",
      });
      return;
    }
    const behind = this.lines - this.#from;
    if (behind === 0) return;
    this.#tellCutLines(this.lines);
    if (this.lastSeal?.last === true) this.#problem(`${behind} lines were put in behind the end of the file`);
    else this.#note(`no seal vouches for what is behind line ${this.#from} yet: ${behind} lines`);
  }

  #problem(message: string): void {
    this.problems.push({ file: this.file, line: this.lines, message });
  }

  #note(message: string): void {
    this.notes.push({ file: this.file, line: this.lines, message });
  }
}

function isJson(line: Buffer): boolean {
  try {
    JSON.parse(line.toString("utf8"));
    return true;
  } catch {
    return false;
  }
}

function startsWith(bytes: Buffer, text: string): boolean {
  // `{"event":"` is in front of all lines.
  return bytes[10] === text.charCodeAt(10) && bytes.toString("latin1", 0, text.length) === text;
}
