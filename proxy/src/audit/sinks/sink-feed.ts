/**
 * Brings one sink what is written into the log: reads on from where it was, sends, keeps the place. What the sink does not take is sent
 * again, later and later, until it does; nothing is left out. All of it happens beside the statements.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { errorMessage } from "../../config/system-error.ts";
import type { LogFiles, LogPlace } from "./log-place.ts";
import { type LogBatch, LogReader } from "./log-reader.ts";
import { type BehindRule, type Sink, SinkError } from "./sink.ts";
import { cursorFile, readCursor, writeCursor } from "./sink-cursor.ts";

export interface FeedOptions {
  /** Distinct in a log, and good as a part of a file's name. */
  readonly name: string;
  /** In place of the name, in the name of the file with its place; as distinct, and as good. */
  readonly keptAs?: string;
  readonly whenBehind: BehindRule;
  /** It is too far behind when more than this is written and not there. */
  readonly lagBytesMax: number;
  /** How long a statement may wait for it, where that is its rule. */
  readonly waitMs: number;
  /** Where a sink that was never there begins. */
  readonly begin: "now" | "oldest";
  /** How long records may be gathered before they are sent. */
  readonly gatherMs: number;
}

export type FeedEvent =
  | { readonly kind: "begun"; readonly sink: string; readonly from: "now" | "oldest" }
  | { readonly kind: "failing"; readonly sink: string; readonly reason: string }
  | { readonly kind: "works again"; readonly sink: string; readonly afterMs: number }
  | { readonly kind: "gap"; readonly sink: string; readonly reason: string }
  | { readonly kind: "too far behind"; readonly sink: string; readonly lagBytes: number; readonly rule: BehindRule }
  | { readonly kind: "caught up"; readonly sink: string }
  | { readonly kind: "place not kept"; readonly sink: string; readonly error: Error };

export interface FeedState {
  readonly name: string;
  /** Written and not there yet. */
  readonly lagBytes: number;
  /** How old the oldest record is that is not there yet; 0 where there is none. */
  readonly lagMs: number;
  /** Why it takes nothing; `undefined` where it does. */
  readonly failing: string | undefined;
  readonly isBehind: boolean;
  /** Records that are there, since the proxy was started. */
  readonly sent: number;
}

const feedLimits = {
  batchRecords: 1000,
  batchBytes: 2 * 1024 * 1024,
  retryFirstMs: 250,
  retryMaxMs: 30_000,
} as const;

export class SinkFeed {
  readonly options: FeedOptions;
  readonly #sink: Sink;
  readonly #files: LogFiles;
  readonly #cursorFile: string;
  readonly #report: (event: FeedEvent) => void;
  readonly #changed: () => void;
  readonly #stop = new AbortController();
  /** Of the place that is kept on disk, which is what the files are kept for. */
  #kept: LogPlace | undefined;
  #isKeptFailing = false;
  #reader: LogReader | undefined;
  #lagBytes = 0;
  /** Of what the file got since the proxy was started. */
  #written = 0;
  #oldestMs: number | undefined;
  #failing: { readonly reason: string; readonly sinceMs: number } | undefined;
  #isBehind = false;
  #sent = 0;
  #recordsMax: number = feedLimits.batchRecords;
  #wake: (() => void) | undefined;
  #running: Promise<void> | undefined;
  /** It is to send what is left, and to wait for nothing else. */
  readonly #ending = new AbortController();

  /**
   * @param changed told when it may not be too far behind any more
   * @throws where the place that was kept cannot be read
   */
  constructor(
    options: FeedOptions,
    sink: Sink,
    files: LogFiles,
    report: (event: FeedEvent) => void,
    changed: () => void,
  ) {
    this.options = options;
    this.#sink = sink;
    this.#files = files;
    this.#report = report;
    this.#changed = changed;
    this.#cursorFile = cursorFile(files.path, options.keptAs ?? options.name);
    this.#kept = readCursor(this.#cursorFile);
  }

  /** When the log's file is open, and before anything is written into it. */
  start(): void {
    const { name, begin } = this.options;
    let place = this.#kept;
    if (place === undefined) {
      place = begin === "now" ? this.#files.end() : this.#files.beginning();
      this.#report({ kind: "begun", sink: name, from: begin });
    }
    this.#reader = new LogReader(this.#files, place);
    this.wrote(this.#files.bytesBehind(place));
    this.#running = this.#run(this.#reader, this.#kept === undefined);
  }

  get state(): FeedState {
    const { name } = this.options;
    const lagMs = this.#oldestMs === undefined ? 0 : Math.max(0, Date.now() - this.#oldestMs);
    return {
      name,
      lagBytes: this.#lagBytes,
      lagMs,
      failing: this.#failing?.reason,
      isBehind: this.#isBehind,
      sent: this.#sent,
    };
  }

  /** Whether a file of the log has something that the sink may not have yet. */
  needs(chain: string, segment: number): boolean {
    const kept = this.#kept;
    // Before it is started, nothing is known of where it begins.
    if (kept === undefined) return this.#reader === undefined ? this.options.begin === "oldest" : true;
    return (kept.chain === undefined || kept.chain === chain) && segment >= kept.segment;
  }

  /** Hot. */
  wrote(bytes: number): void {
    this.#written += bytes;
    this.#setLag(this.#lagBytes + bytes);
    this.#wake?.();
  }

  /** Sends what is left, for at most `drainMs`; one that takes nothing is asked once more. */
  async close(drainMs: number): Promise<void> {
    this.#ending.abort();
    this.#wake?.();
    const cutOff = setTimeout(() => this.#stop.abort(), drainMs);
    await this.#running;
    clearTimeout(cutOff);
    this.#stop.abort();
    await this.#reader?.close();
    await this.#sink.close();
  }

  async #run(reader: LogReader, isNew: boolean): Promise<void> {
    // Where it has begun must be known also when the proxy ends before anything was sent.
    if (isNew) await this.#keep(reader.place);
    const { signal } = this.#stop;
    for (let failures = 0; !signal.aborted; ) {
      try {
        const hadMore = await this.#turn(reader);
        failures = 0;
        if (!hadMore && (this.#isEnding || !(await this.#more()))) return;
      } catch (error) {
        if (signal.aborted) return;
        this.#failed(error);
        if (this.#isEnding) return;
        await this.#pause(error, failures++);
      }
    }
  }

  get #isEnding(): boolean {
    return this.#ending.signal.aborted;
  }

  /** @returns whether there was something to send */
  async #turn(reader: LogReader): Promise<boolean> {
    const written = this.#written;
    const batch = await reader.read(this.#recordsMax, feedLimits.batchBytes);
    if (batch === undefined) {
      this.#setLag(this.#written - written);
      return this.#written > written;
    }
    if (batch.gap !== undefined) this.#report({ kind: "gap", sink: this.options.name, reason: batch.gap });
    if (!(await this.#send(batch))) return true;
    await reader.taken(batch);
    await this.#keep(batch.next);
    this.#setLag(Math.max(0, this.#lagBytes - batch.bytes));
    return true;
  }

  /** @returns whether it is there; not, where it has to come in parts */
  async #send({ records }: LogBatch): Promise<boolean> {
    const [first] = records;
    if (first === undefined) return true;
    this.#oldestMs = timeOf(first.line) ?? this.#oldestMs;
    try {
      await this.#sink.send(records, this.#stop.signal);
    } catch (error) {
      if (error instanceof SinkError && error.isTooLarge && records.length > 1) {
        this.#recordsMax = Math.ceil(records.length / 2);
        return false;
      }
      throw error;
    }
    // Back by and by: what was too large may have been one record.
    this.#recordsMax = Math.min(Math.ceil(this.#recordsMax * 1.1), feedLimits.batchRecords);
    this.#sent += records.length;
    this.#works();
    return true;
  }

  #works(): void {
    const failing = this.#failing;
    if (failing === undefined) return;
    this.#failing = undefined;
    this.#report({ kind: "works again", sink: this.options.name, afterMs: Date.now() - failing.sinceMs });
  }

  #failed(error: unknown): void {
    const reason = errorMessage(error);
    if (this.#failing !== undefined) {
      this.#failing = { ...this.#failing, reason };
      return;
    }
    this.#failing = { reason, sinceMs: Date.now() };
    this.#report({ kind: "failing", sink: this.options.name, reason });
  }

  async #pause(error: unknown, failures: number): Promise<void> {
    const { retryFirstMs, retryMaxMs } = feedLimits;
    const backoffMs = Math.min(retryMaxMs, retryFirstMs * 2 ** Math.min(failures, 20));
    const asked = error instanceof SinkError ? (error.retryAfterMs ?? 0) : 0;
    const ms = Math.min(retryMaxMs, Math.max(asked, backoffMs * (0.5 + Math.random() / 2)));
    await sleep(ms, undefined, { signal: this.#ending.signal }).catch(() => undefined);
  }

  /** Waits until something is written, and for what comes right behind it. @returns whether there may be something */
  async #more(): Promise<boolean> {
    if (this.#lagBytes === 0 && !this.#isEnding) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
    if (this.#isEnding) return this.#lagBytes > 0;
    if (this.#lagBytes < feedLimits.batchBytes) {
      await sleep(this.options.gatherMs, undefined, { signal: this.#ending.signal }).catch(() => undefined);
    }
    return true;
  }

  async #keep(place: LogPlace): Promise<void> {
    try {
      await writeCursor(this.#cursorFile, place);
      this.#kept = place;
      this.#isKeptFailing = false;
    } catch (cause) {
      // What was sent since is sent again when the proxy is started anew.
      if (this.#isKeptFailing) return;
      this.#isKeptFailing = true;
      const error = cause instanceof Error ? cause : new Error(String(cause));
      this.#report({ kind: "place not kept", sink: this.options.name, error });
    }
  }

  #setLag(bytes: number): void {
    this.#lagBytes = bytes;
    if (bytes === 0) this.#oldestMs = undefined;
    else this.#oldestMs ??= Date.now();
    const { lagBytesMax, name, whenBehind } = this.options;
    const isBehind = bytes > lagBytesMax;
    if (isBehind === this.#isBehind) return;
    this.#isBehind = isBehind;
    this.#report(
      isBehind
        ? { kind: "too far behind", sink: name, lagBytes: bytes, rule: whenBehind }
        : { kind: "caught up", sink: name },
    );
    if (!isBehind) this.#changed();
  }
}

const lineTime = /"time":"([^"]+)"/;

function timeOf(line: string): number | undefined {
  const ms = Date.parse(lineTime.exec(line.slice(0, 100))?.[1] ?? "");
  return Number.isNaN(ms) ? undefined : ms;
}
