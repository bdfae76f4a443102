import { type ChildProcess, fork } from "node:child_process";
import { getCompileCacheDir } from "node:module";
import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import { fileURLToPath } from "node:url";
import type { AuditLog } from "../audit/audit-log.ts";
import { Meters, type MeterReadings } from "../metrics/meters.ts";
import { encodeAnswer, linesReader } from "./audit-frames.ts";
import { Channel } from "./channel.ts";
import type { ConnectionWay, FirstMethods, WorkerMethods } from "./methods.ts";

const command = fileURLToPath(new URL("../../bin/policy-proxy-worker.ts", import.meta.url));

/** File descriptor of the pipe for audit lines in the worker. */
export const auditDescriptor = 4;

/** The audit log of the first process. */
export interface WrittenLog extends Pick<AuditLog, "flushed"> {
  /** As of `FileAuditLog`. */
  appendLines(text: string, lines: number): void;
}

/** One worker, as the first process sees it. Its log is the first process's standard error. */
export class WorkerProcess {
  readonly channel: Channel<WorkerMethods>;
  readonly #child: ChildProcess;
  readonly #ended: Promise<string>;
  #connections = 0;
  #readings: MeterReadings = new Meters().read();

  /**
   * @param audit where its lines are written
   * @param own what it may ask
   */
  constructor(audit: WrittenLog, own: Omit<FirstMethods, "closed">) {
    const cache = getCompileCacheDir();
    const child = fork(command, [], {
      // Keeps texts of many lines from being written as JSON.
      serialization: "advanced",
      stdio: ["ignore", "ignore", "inherit", "ipc", "pipe"],
      env: { ...process.env, ...(cache === undefined ? {} : { NODE_COMPILE_CACHE: cache }) },
    });
    this.#child = child;
    const pipe = child.stdio[auditDescriptor];
    if (pipe instanceof Duplex) writeLines(pipe, audit);
    this.channel = new Channel(child, {
      ...own,
      closed: () => {
        this.#connections--;
      },
    });
    this.#ended = new Promise((resolve) => {
      child.once("exit", (code, signal) => resolve(signal ?? `exit code ${code}`));
      child.once("error", (error) => resolve(error.message));
    });
  }

  /** Connections that it has, those that log in included. */
  get connections(): number {
    return this.#connections;
  }

  /** What it had counted when it was asked last. */
  get lastReadings(): MeterReadings {
    // Its sessions are gone with it, and so are the shadow's counts, which begin with each of its policies.
    return { ...this.#readings, counts: { ...this.#readings.counts, sessionsOpen: 0 }, shadow: [] };
  }

  onEnd(ended: (how: string) => void): void {
    void this.#ended.then(ended);
  }

  give(connection: Socket, way: ConnectionWay): void {
    this.#connections++;
    this.channel.tell("connection", way, connection);
  }

  async read(): Promise<MeterReadings> {
    this.#readings = await this.channel.ask("readings", undefined);
    return this.#readings;
  }

  /** Lets its statements end, and ends it. Never rejects. */
  async stop(): Promise<void> {
    try {
      await this.channel.ask("stop", undefined);
      await this.read();
    } catch {
      // It has ended by itself.
    }
    this.kill();
    await this.#ended;
  }

  /** At once. */
  kill(): void {
    this.#child.kill("SIGKILL");
  }
}

function writeLines(pipe: Duplex, audit: WrittenLog): void {
  // A worker that has ended is told of by its process.
  pipe.on("error", () => undefined);
  const read = linesReader(({ text, lines, batch }) => {
    if (lines > 0) audit.appendLines(text, lines);
    if (batch === 0) return;
    audit.flushed((error) => {
      const why = error === undefined ? "" : error.message || "it cannot be written";
      if (pipe.writable) pipe.write(encodeAnswer({ batch, error: why }));
    });
  });
  pipe.on("data", read);
}
