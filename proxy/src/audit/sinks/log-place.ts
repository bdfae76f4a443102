/** Places in the audit log, over all its files, and finding the files by what is in them: their names change. */
import { createHash } from "node:crypto";
import { closeSync, existsSync, fstatSync, openSync } from "node:fs";
import { endedFiles } from "../ended-files.ts";
import { parseSegment, segmentStart } from "../chain.ts";
import { fileLines, lineBreak } from "../file-lines.ts";

/** Up to where a sink has read. */
export interface LogPlace {
  /** `undefined` where the log has not begun yet. */
  readonly chain: string | undefined;
  readonly segment: number;
  /** Bytes from the beginning of the file. */
  readonly offset: number;
}

/** A file that has a chain. */
export interface LogFile {
  readonly path: string;
  readonly chain: string;
  readonly segment: number;
  /** Where its chain begins: what is before is older than chains. */
  readonly start: number;
  readonly size: number;
  /** Which it is, whatever it is called by the time that it is opened. */
  readonly inode: number;
}

/** The files of one log. */
export class LogFiles {
  readonly path: string;
  /** Of those that have ended nothing changes any more. */
  #ended = new Map<string, LogFile | undefined>();

  constructor(path: string) {
    this.path = path;
  }

  /** Those with a chain, the oldest first. @throws what the system says */
  all(): LogFile[] {
    const before = this.#ended;
    this.#ended = new Map(
      endedFiles(this.path).map((each) => [each, before.has(each) ? before.get(each) : logFile(each)]),
    );
    const current = this.current();
    return [...this.#ended.values(), current].filter((each) => each !== undefined);
  }

  current(): LogFile | undefined {
    return existsSync(this.path) ? logFile(this.path) : undefined;
  }

  /** One that has ended. */
  ended(path: string): LogFile | undefined {
    if (!this.#ended.has(path)) this.#ended.set(path, logFile(path));
    return this.#ended.get(path);
  }

  /** Behind all that is in the log now. */
  end(): LogPlace {
    const newest = this.all().at(-1);
    if (newest === undefined) return { chain: undefined, segment: 1, offset: 0 };
    const { chain, segment, size } = newest;
    // One that was moved away has ended, and what comes is in the next one.
    return newest.path === this.path ? { chain, segment, offset: size } : { chain, segment: segment + 1, offset: 0 };
  }

  /** In front of all that is in the log. */
  beginning(): LogPlace {
    const [oldest] = this.all();
    if (oldest === undefined) return { chain: undefined, segment: 1, offset: 0 };
    return { chain: oldest.chain, segment: oldest.segment, offset: oldest.start };
  }

  /** How much of the log is behind a place. */
  bytesBehind(place: LogPlace): number {
    let bytes = 0;
    for (const file of this.all()) {
      if (file.chain !== place.chain || file.segment > place.segment) bytes += file.size - file.start;
      else if (file.segment === place.segment) bytes += Math.max(0, file.size - Math.max(place.offset, file.start));
    }
    return bytes;
  }
}

function logFile(path: string): LogFile | undefined {
  const descriptor = openSync(path, "r");
  try {
    let start = 0;
    for (const line of fileLines(descriptor)) {
      if (line.at(-1) === lineBreak && line.toString("latin1", 0, segmentStart.length) === segmentStart) {
        const found = parseSegment(line.toString("utf8"));
        if (found !== undefined) {
          const { size, ino: inode } = fstatSync(descriptor);
          return { path, chain: found.chain, segment: found.segment, start, size, inode };
        }
      }
      start += line.length;
    }
    return undefined;
  } finally {
    closeSync(descriptor);
  }
}

const version = 0x80;
const variant = 0x80;

/** The id of a record; see `SinkRecord`. */
export function recordId(chain: string, segment: number, start: number, line: Uint8Array): string {
  const hash = createHash("sha256").update(`${chain} ${segment} ${start}\n`).update(line).digest();
  hash[6] = (hash[6]! & 0x0f) | version;
  hash[8] = (hash[8]! & 0x3f) | variant;
  const hex = hash.toString("hex", 0, 16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
