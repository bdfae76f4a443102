/** Whether files of the audit log are what the proxy has written: see `chain.ts` for what vouches for what. */
import type { KeyObject } from "node:crypto";
import { closeSync, openSync } from "node:fs";
import {
  isSignedBy,
  keyId,
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

export interface Verification {
  /** In the order of the chain. */
  readonly files: readonly CheckedFile[];
  readonly problems: readonly Finding[];
  /** What is no sign of tampering, and could hide it. */
  readonly notes: readonly Finding[];
}

/** Public keys, by their id. */
export type TrustedKeys = ReadonlyMap<string, KeyObject>;

/** @throws when one is no Ed25519 key */
export function trustedKeys(keys: readonly KeyObject[]): TrustedKeys {
  return new Map(keys.map((key) => [keyId(key), key]));
}

/**
 * @param files of one log, in any order
 * @param keys none, when signatures are not to be checked
 * @param witnesses lines of seals that were kept elsewhere: each must be in the files
 */
export function verifyAuditFiles(
  files: readonly string[],
  keys: TrustedKeys,
  witnesses: readonly string[] = [],
): Verification {
  const missing = new Set(witnesses);
  const checks = files.map((file) => new FileCheck(file, keys, missing)).toSorted((a, b) => a.number - b.number);
  const problems = checks.flatMap((check) => check.problems);
  const notes = checks.flatMap((check) => check.notes);
  for (const [index, check] of checks.entries()) {
    const before = checks[index - 1];
    const found = before === undefined ? undefined : linkProblem(before, check);
    if (found !== undefined) problems.push(found);
  }
  const [first] = checks;
  if (first?.segment !== undefined && first.number > 1) {
    notes.push({
      file: first.file,
      line: undefined,
      message: `it is segment ${first.number}: those before it are not here`,
    });
  }
  for (const line of missing) {
    const seal = parseSeal(line);
    const what =
      seal === undefined
        ? "what is no seal"
        : `the seal of segment ${seal.segment} behind line ${seal.lines}, of ${seal.time}`;
    problems.push({
      file: first?.file ?? "",
      line: undefined,
      message: `${what}, which was kept elsewhere, is not in the log: it was cut or written anew`,
    });
  }
  return { files: checks, problems, notes };
}

function linkProblem(before: FileCheck, after: FileCheck): Finding | undefined {
  const at = { file: after.file, line: 1 };
  if (after.segment === undefined || before.segment === undefined) return undefined;
  if (after.segment.chain !== before.segment.chain)
    return { ...at, message: `it is of another log than ${before.file}` };
  if (after.number === before.number) return { ...at, message: `${before.file} is segment ${before.number} as well` };
  if (after.number > before.number + 1) {
    const gap =
      after.number - 1 === before.number + 1
        ? `segment ${after.number - 1}`
        : `segments ${before.number + 1} to ${after.number - 1}`;
    return { ...at, message: `${gap}, between this file and ${before.file}, is missing` };
  }
  if (before.lastSeal?.last !== true)
    return { ...at, message: `${before.file} was cut: its last line is not the seal that a file ends with` };
  if (after.segment.previous !== before.lastSeal.hash)
    return { ...at, message: `it does not go on from the end of ${before.file}: one of both was replaced` };
  return undefined;
}

/** With time to spare for a machine that is busy. */
const unsealedMsMax = 10_000;
const lineTime = /^\{"event":"\w+","time":"([^"]+)"/;
const timeWithin = 80;

class FileCheck implements CheckedFile {
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
  /** The line of the last seal, or of the segment. */
  #from = 1;
  /** Times of the first and the last line since, as they stand in them. */
  #firstTime = "";
  #lastTime = "";

  constructor(file: string, keys: TrustedKeys, missing: Set<string>) {
    this.file = file;
    this.#keys = keys;
    const descriptor = openSync(file, "r");
    try {
      for (const line of fileLines(descriptor)) this.#line(line, missing);
    } finally {
      closeSync(descriptor);
    }
    this.#end();
  }

  get number(): number {
    return this.segment?.segment ?? 0;
  }

  #line(bytes: Buffer, missing: Set<string>): void {
    this.lines++;
    if (bytes.at(-1) !== lineBreak) {
      this.#note("it has no end: the proxy is writing it just now, or a crash has cut it");
    }
    if (startsWith(bytes, segmentStart) && this.#begin(bytes)) return;
    if (startsWith(bytes, sealStart)) this.#seal(bytes, missing);
    else this.#noteTime(bytes);
    if (this.segment === undefined) this.#before++;
    this.#bytes.add(bytes);
  }

  #begin(bytes: Buffer): boolean {
    const segment = parseSegment(bytes.toString("utf8"));
    if (segment === undefined || this.segment !== undefined) {
      this.#problem("a segment begins in the middle of a file: files were put together, or the line was put in");
      return false;
    }
    this.segment = segment;
    this.#from = this.lines;
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
      this.#problem("a seal that cannot be read");
      return;
    }
    missing.delete(line);
    this.seals++;
    const problem = this.#sealProblem(seal, line);
    if (problem === undefined) this.sealed += this.lines - this.#from;
    else this.#problem(problem);
    if (seal.found !== undefined) this.#found(seal.found);
    this.#bytes.goOnFrom(seal.hash);
    this.lastSeal = seal;
    this.#from = this.lines;
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
  }

  #sealProblem(seal: SealLine, line: string): string | undefined {
    const hash = this.#bytes.seal();
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

function startsWith(bytes: Buffer, text: string): boolean {
  // `{"event":"` is in front of all lines.
  return bytes[10] === text.charCodeAt(10) && bytes.toString("latin1", 0, text.length) === text;
}
