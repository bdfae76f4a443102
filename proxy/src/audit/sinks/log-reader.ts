/** Reads the audit log on from a place, over all its files, while it is written. */
import { type FileHandle, open, stat } from "node:fs/promises";
import { parseSeal, sealStart } from "../chain.ts";
import { LineCutter } from "../file-lines.ts";
import { type LogFile, type LogFiles, type LogPlace, recordId } from "./log-place.ts";
import type { SinkRecord } from "./sink.ts";

export interface LogBatch {
  readonly records: readonly SinkRecord[];
  /** Behind it. */
  readonly next: LogPlace;
  /** From the place before to `next`, where both are in one file. */
  readonly bytes: number;
  /** Between the place before and the first record files are missing, or were cut. */
  readonly gap: string | undefined;
}

export class LogReader {
  readonly #files: LogFiles;
  #place: LogPlace;
  #handle: FileHandle | undefined;

  constructor(files: LogFiles, place: LogPlace) {
    this.#files = files;
    this.#place = place;
  }

  get place(): LogPlace {
    return this.#place;
  }

  /** The next ones are read behind this batch; until then the same ones are. */
  async taken({ next }: LogBatch): Promise<void> {
    if (next.segment !== this.#place.segment || next.chain !== this.#place.chain) await this.close();
    this.#place = next;
  }

  async close(): Promise<void> {
    await this.#handle?.close();
    this.#handle = undefined;
  }

  /** `undefined` at the end of what is written. Rejects with what the system says. */
  async read(recordsMax: number, bytesMax: number): Promise<LogBatch | undefined> {
    let gap: string | undefined;
    if (this.#handle === undefined) {
      const found = this.#find();
      if (found === undefined) return undefined;
      const handle = await open(found.file.path, "r");
      if ((await handle.stat()).ino !== found.file.inode) {
        // The log has gone on meanwhile, and its new file has the name: the one that was found has another.
        await handle.close();
        return this.read(recordsMax, bytesMax);
      }
      ({ gap } = found);
      this.#place = found.place;
      this.#handle = handle;
    }
    const batch = await this.#readHere(recordsMax, bytesMax);
    if (batch !== undefined) return { ...batch, gap };
    // A file that somebody has moved away while the proxy did not run does not say that it has ended.
    return (await this.#isLeft()) ? this.read(recordsMax, bytesMax) : undefined;
  }

  /** The file of the place, or the first one behind it. */
  #find(): { readonly file: LogFile; readonly place: LogPlace; readonly gap: string | undefined } | undefined {
    const files = this.#files.all();
    const { chain, segment, offset } = this.#place;
    const own = files.filter((file) => chain === undefined || file.chain === chain);
    const file = own.find((each) => each.segment >= segment) ?? (own.length === 0 ? files[0] : undefined);
    if (file === undefined) return undefined;
    const isExact = file.segment === segment && (chain === undefined || file.chain === chain);
    const isCut = isExact && offset > file.size;
    const from = isExact ? Math.min(Math.max(offset, file.start), file.size) : file.start;
    const place = { chain: file.chain, segment: file.segment, offset: from };
    return { file, place, gap: isExact && !isCut ? undefined : gapBefore(this.#place, file, isCut) };
  }

  async #readHere(recordsMax: number, bytesMax: number): Promise<Omit<LogBatch, "gap"> | undefined> {
    const { chain = "", segment, offset } = this.#place;
    const records: SinkRecord[] = [];
    let start = offset;
    for await (const line of this.#lines(offset)) {
      if (records.length === recordsMax || (records.length > 0 && start + line.length - offset > bytesMax)) break;
      const record = recordOf(line, chain, segment, start);
      start += line.length;
      if (record === undefined) continue;
      records.push(record);
      if (record.line.startsWith(sealStart) && parseSeal(record.line)?.last === true) {
        return { records, next: { chain, segment: segment + 1, offset: 0 }, bytes: start - offset };
      }
    }
    if (start === offset) return undefined;
    return { records, next: { chain, segment, offset: start }, bytes: start - offset };
  }

  /** Whole lines with their line breaks, each good until the next one is asked for. */
  async *#lines(from: number): AsyncGenerator<Buffer> {
    const handle = this.#handle;
    if (handle === undefined) return;
    const cutter = new LineCutter();
    for (let position = from; ; ) {
      const { room } = cutter;
      const { bytesRead } = await handle.read(room, 0, room.length, position);
      if (bytesRead === 0) return;
      position += bytesRead;
      yield* cutter.take(bytesRead);
    }
  }

  /** Whether the log goes on in another file, though this one does not say so. Then that one is next. */
  async #isLeft(): Promise<boolean> {
    const { chain, segment } = this.#place;
    const [own, present] = await Promise.all([this.#handle?.stat(), stat(this.#files.path).catch(() => undefined)]);
    if (present === undefined || own?.ino === present.ino) return false;
    const current = this.#files.current();
    if (current === undefined || (current.chain === chain && current.segment <= segment)) return false;
    // Its last lines may have been written since it was read.
    if ((await this.#readHere(1, 1)) !== undefined) return true;
    await this.close();
    this.#place = current.chain === chain ? { chain, segment: segment + 1, offset: 0 } : beginOf(current);
    return true;
  }
}

function beginOf({ chain, segment, start }: LogFile): LogPlace {
  return { chain, segment, offset: start };
}

function gapBefore(place: LogPlace, file: LogFile, isCut: boolean): string | undefined {
  if (isCut) return `the file of segment ${file.segment} is shorter than when it was last read`;
  if (place.chain !== undefined && file.chain !== place.chain)
    return "the log that was read before is not there any more: another one has begun";
  if (place.segment === file.segment) return undefined;
  const last = file.segment - 1;
  return last === place.segment
    ? `the file of segment ${last} is not there any more`
    : `the files of segments ${place.segment} to ${last} are not there any more`;
}

/** `undefined` for an empty line. */
function recordOf(line: Buffer, chain: string, segment: number, start: number): SinkRecord | undefined {
  const bytes = line.subarray(0, -1);
  if (bytes.length === 0) return undefined;
  const text = bytes.toString("utf8");
  const id = recordId(chain, segment, start, bytes);
  return { id, chain, segment, start, line: isWhole(text) ? text : unreadable(text) };
}

function isWhole(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null;
  } catch {
    return false;
  }
}

function unreadable(text: string): string {
  return JSON.stringify({ event: "unreadable", text: text.replaceAll("\0", "\uFFFD") });
}
