/** The audit log with its sinks: statements wait for the file, and for a sink only where it is too far behind and policy says so. */
import type { AuditLog } from "../audit-log.ts";
import { LogFiles } from "./log-place.ts";
import { type Sink, SinkBehindError } from "./sink.ts";
import { type FeedEvent, type FeedOptions, type FeedState, SinkFeed } from "./sink-feed.ts";

export interface ConfiguredSink {
  readonly feed: FeedOptions;
  readonly make: () => Sink;
}

interface Waiting {
  readonly callback: (error?: Error) => void;
  readonly untilMs: number;
}

export interface AuditSinksOptions {
  /** Of the log's file. */
  readonly path: string;
  readonly sinks: readonly ConfiguredSink[];
  /** Told of what an operator should know; must not throw. */
  readonly report: (event: FeedEvent) => void;
}

export class AuditSinks {
  readonly #feeds: readonly SinkFeed[];
  readonly #files: LogFiles;
  readonly #waitMs: number;
  /** In the order in which they came: a session's batches must not overtake each other. */
  readonly #waiting: Waiting[] = [];
  #timer: NodeJS.Timeout | undefined;

  /** @throws where the place that a sink had reached cannot be read */
  constructor({ path, sinks, report }: AuditSinksOptions) {
    this.#files = new LogFiles(path);
    this.#waitMs = Math.max(0, ...sinks.map(({ feed }) => feed.waitMs));
    this.#feeds = sinks.map(({ feed, make }) => new SinkFeed(feed, make(), this.#files, report, () => this.#release()));
  }

  /** For metrics. */
  get states(): readonly FeedState[] {
    return this.#feeds.map(({ state }) => state);
  }

  /** When the log's file is open, and before anything is written into it. */
  start(): void {
    for (const feed of this.#feeds) feed.start();
  }

  /** Hot. */
  readonly wrote = (bytes: number): void => {
    for (const feed of this.#feeds) feed.wrote(bytes);
  };

  /** The sink that has not read a file of the log yet; `undefined` where all have. */
  readonly wantedBy = (file: string): string | undefined => {
    const found = this.#files.ended(file);
    if (found === undefined) return undefined;
    return this.#feeds.find((feed) => feed.needs(found.chain, found.segment))?.options.name;
  };

  /** The log as sessions see it. */
  behind(log: AuditLog): AuditLog {
    return {
      append: (line) => log.append(line),
      flushed: (callback) =>
        log.flushed((error) => {
          if (error === undefined) this.#admit(callback);
          else if (this.#waiting.length === 0) callback(error);
          else this.#waiting.push({ callback: () => callback(error), untilMs: Number.POSITIVE_INFINITY });
        }),
      close: () => log.close(),
    };
  }

  /** Sends what is left for at most `drainMs`. */
  async close(drainMs: number): Promise<void> {
    clearTimeout(this.#timer);
    await Promise.all(this.#feeds.map((feed) => feed.close(drainMs)));
    for (const { callback } of this.#waiting.splice(0)) callback(new Error("the proxy is shutting down"));
  }

  #admit(callback: Waiting["callback"]): void {
    const blocking = this.#blocking();
    if (this.#waiting.length === 0 && blocking === undefined) callback();
    else if (this.#waiting.length === 0 && blocking?.options.whenBehind === "refuse") callback(behindError(blocking));
    else {
      this.#waiting.push({ callback, untilMs: performance.now() + this.#waitMs });
      this.#wait();
    }
  }

  /** What refuses goes before what lets wait. */
  #blocking(): SinkFeed | undefined {
    const behind = this.#feeds.filter(({ state, options }) => state.isBehind && options.whenBehind !== "ignore");
    return behind.find(({ options }) => options.whenBehind === "refuse") ?? behind[0];
  }

  #wait(): void {
    const [first] = this.#waiting;
    if (this.#timer !== undefined || first === undefined) return;
    const ms = Math.max(0, first.untilMs - performance.now());
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#release();
    }, ms + 1);
  }

  #release(): void {
    for (let [next] = this.#waiting; next !== undefined; [next] = this.#waiting) {
      const blocking = this.#blocking();
      const isOver = performance.now() >= next.untilMs || next.untilMs === Number.POSITIVE_INFINITY;
      if (blocking?.options.whenBehind === "wait" && !isOver) break;
      this.#waiting.shift();
      next.callback(blocking === undefined ? undefined : behindError(blocking));
    }
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#wait();
  }
}

function behindError({ options, state }: SinkFeed): SinkBehindError {
  return new SinkBehindError(options.name, state.lagBytes);
}
