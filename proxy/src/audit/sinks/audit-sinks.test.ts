/** Sinks beside a real file: what they get, when they are slow, dead or come back, and what becomes of statements meanwhile. */
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { AuditLog } from "../audit-log.ts";
import { isOfChain } from "../chain.ts";
import { type AuditEvent, FileAuditLog } from "../file-audit-log.ts";
import { AuditSinks } from "./audit-sinks.ts";
import { type Sink, SinkError, type SinkRecord } from "./sink.ts";
import type { FeedEvent, FeedOptions } from "./sink-feed.ts";

let folder: string;
let path: string;
let events: (AuditEvent | FeedEvent)[];
let opened: Opened[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "penstock-sinks-"));
  path = join(folder, "audit.jsonl");
  events = [];
  opened = [];
});
afterEach(async () => {
  for (const each of opened) await each.close();
  rmSync(folder, { recursive: true });
});

/** A sink in this process that takes what it is told to. */
class Collector implements Sink {
  records: SinkRecord[] = [];
  sizes: number[] = [];
  /** Rejects as long as it is one. */
  failing: Error | undefined;
  recordsMax = Number.POSITIVE_INFINITY;
  /** Resolves when it may answer. */
  gate: Promise<void> = Promise.resolve();

  async send(records: readonly SinkRecord[], signal: AbortSignal): Promise<void> {
    await Promise.race([
      this.gate,
      new Promise<void>((_resolve, reject) => {
        signal.addEventListener("abort", () => reject(new Error("abandoned")));
      }),
    ]);
    if (this.failing !== undefined) throw this.failing;
    if (records.length > this.recordsMax) throw new SinkError("too many", { isTooLarge: true });
    this.sizes.push(records.length);
    this.records.push(...records);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** Of records alone. */
  get lines(): string[] {
    return this.records.map(({ line }) => line).filter((line) => !isOfChain(line));
  }

  async has(count: number): Promise<void> {
    await until(() => this.lines.length >= count);
  }
}

async function until(holds: () => boolean): Promise<void> {
  for (let waitedMs = 0; waitedMs < 10_000; waitedMs += 5) {
    if (holds()) return;
    await sleep(5);
  }
  throw new Error("it did not happen");
}

const collectorsMayDrainMs = 2000;

interface Opened {
  readonly log: AuditLog;
  readonly file: FileAuditLog;
  readonly sinks: AuditSinks;
  readonly close: () => Promise<void>;
}

function open(
  sinks: Readonly<Record<string, Sink>>,
  options: Partial<FeedOptions> & { readonly keepDays?: number; readonly segmentBytes?: number } = {},
): Opened {
  const { keepDays, segmentBytes, ...feed } = options;
  const set = new AuditSinks({
    path,
    sinks: Object.entries(sinks).map(([name, sink]) => ({
      feed: { name, whenBehind: "ignore", lagBytesMax: 1e9, waitMs: 10_000, begin: "now", gatherMs: 1, ...feed },
      make: () => sink,
    })),
    report: (event) => events.push(event),
  });
  const { wrote, wantedBy } = set;
  const report = (event: AuditEvent): unknown => events.push(event);
  const file = new FileAuditLog({ path, strict: false, keepDays, segmentBytes, wrote, wantedBy, report });
  set.start();
  let isClosed = false;
  const close = async () => {
    if (isClosed) return;
    isClosed = true;
    await file.close();
    await set.close(collectorsMayDrainMs);
  };
  const result = { log: set.behind(file), file, sinks: set, close };
  opened.push(result);
  return result;
}

const line = (n: number, pad = "") =>
  `{"event":"statement","time":"${new Date().toISOString()}","n":${n},"pad":"${pad}"}`;
const flushed = (log: AuditLog) => new Promise<Error | undefined>((resolve) => log.flushed(resolve));
async function write(log: AuditLog, ...numbers: number[]): Promise<(Error | undefined)[]> {
  return Promise.all(
    numbers.map((n) => {
      log.append(line(n));
      return flushed(log);
    }),
  );
}
const numbers = ({ lines }: Collector) => lines.map((each) => Number(/"n":(\d+)/.exec(each)?.[1]));
const kinds = () => events.map(({ kind }) => kind);
const failures = () => events.flatMap((event) => (event.kind === "failing" ? [event.reason] : []));
const upTo = (count: number, from = 1) => Array.from({ length: count }, (_, index) => index + from);

test("a sink gets every line once and in order, with seals, and an id of its own each", async () => {
  const collector = new Collector();
  const { log, close, sinks } = open({ collector });
  await write(log, ...upTo(3000));
  await close();
  expect(numbers(collector)).toEqual(upTo(3000));
  expect(collector.records.map((record) => record.line)).toEqual(readFileSync(path, "utf8").trimEnd().split("\n"));
  expect(new Set(collector.records.map(({ id }) => id)).size).toBe(collector.records.length);
  expect(collector.records[0]!.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  const text = readFileSync(path);
  for (const { start, line: own } of collector.records) {
    expect(text.subarray(start, start + Buffer.byteLength(own)).toString()).toBe(own);
  }
  expect(sinks.states).toMatchObject([{ name: "collector", lagBytes: 0, lagMs: 0, failing: undefined }]);
});

test("it goes on over files that end, and over restarts, where it was", async () => {
  const collector = new Collector();
  for (const from of [1, 201, 401]) {
    // So small that files end while the sink opens them.
    const { log, close } = open({ collector }, { segmentBytes: 1200 });
    for (const n of upTo(200, from)) await write(log, n);
    await close();
  }
  expect(readdirSync(folder).filter((name) => name.endsWith(".jsonl")).length).toBeGreaterThan(5);
  expect(numbers(collector)).toEqual(upTo(600));
  expect(kinds().filter((kind) => kind === "gap" || kind === "failing")).toEqual([]);
  expect(kinds().filter((kind) => kind === "begun")).toHaveLength(1);
});

test("what a sink was not there for comes when it is, with the same ids as before", async () => {
  const collector = new Collector();
  collector.failing = new SinkError("it answers 503");
  const first = open({ collector });
  await write(first.log, ...upTo(50));
  await until(() => kinds().includes("failing"));
  expect(first.sinks.states[0]!.failing).toBe("it answers 503");
  expect(first.sinks.states[0]!.lagBytes).toBeGreaterThan(1000);
  await first.close();
  expect(collector.lines).toEqual([]);
  collector.failing = undefined;
  const second = open({ collector });
  await write(second.log, 51);
  await collector.has(51);
  expect(numbers(collector)).toEqual(upTo(51));
  await second.close();
  const before = collector.records;
  // As after a crash between the sink's answer and the note of it.
  rmSync(`${path}.sink-collector`);
  collector.records = [];
  await open({ collector }, { begin: "oldest" }).close();
  expect(collector.records).toEqual(before);
});

test("trouble is told once, and its end", async () => {
  const collector = new Collector();
  collector.failing = new SinkError("nothing listens there");
  const { log } = open({ collector });
  await write(log, 1);
  await until(() => kinds().includes("failing"));
  await sleep(600);
  expect(failures()).toEqual(["nothing listens there"]);
  collector.failing = undefined;
  await collector.has(1);
  await until(() => kinds().includes("works again"));
  expect(kinds().filter((kind) => kind === "failing" || kind === "works again")).toEqual(["failing", "works again"]);
});

test("a sink that takes only few at once gets few at once", async () => {
  const collector = new Collector();
  collector.recordsMax = 10;
  const { log } = open({ collector });
  await write(log, ...upTo(40));
  await collector.has(40);
  expect(numbers(collector)).toEqual(upTo(40));
  expect(Math.max(...collector.sizes)).toBeLessThanOrEqual(10);
});

test("a new sink begins with what comes, or where asked for with the oldest", async () => {
  const before = open({});
  await write(before.log, 1, 2);
  await before.close();
  const [late, all] = [new Collector(), new Collector()];
  const { log, close } = open({ late });
  await write(log, 3);
  await close();
  await open({ all }, { begin: "oldest" }).close();
  expect(numbers(late)).toEqual([3]);
  expect(numbers(all)).toEqual([1, 2, 3]);
});

test("one dead sink holds up neither statements nor another sink", async () => {
  const [dead, living] = [new Collector(), new Collector()];
  dead.failing = new Error("dead");
  const { log } = open({ dead, living }, { whenBehind: "refuse" });
  expect((await write(log, ...upTo(20))).filter((error) => error !== undefined)).toEqual([]);
  await living.has(20);
  expect(dead.records).toEqual([]);
});

describe("a sink that is too far behind", () => {
  const options = { lagBytesMax: 5000, gatherMs: 1 };
  const stuck = () => {
    const collector = new Collector();
    let answer: () => void = () => undefined;
    collector.gate = new Promise((resolve) => {
      answer = resolve;
    });
    return { collector, answer };
  };

  test("is ignored where policy says so", async () => {
    const { collector, answer } = stuck();
    const { log } = open({ collector }, { ...options, whenBehind: "ignore" });
    expect((await write(log, ...upTo(200))).filter((error) => error !== undefined)).toEqual([]);
    answer();
    await collector.has(200);
  });

  test("has statements refused, which are recorded all the same, until it has caught up", async () => {
    const { collector, answer } = stuck();
    const { log } = open({ collector }, { ...options, whenBehind: "refuse" });
    expect(await write(log, ...upTo(10))).toEqual(Array.from({ length: 10 }));
    await write(log, ...upTo(200, 11));
    const [refused] = await write(log, 211);
    expect(refused?.message).toMatch(/^the audit sink "collector" is \d+ MB behind$/);
    answer();
    await collector.has(211);
    await until(() => kinds().includes("caught up"));
    expect(await write(log, 212)).toEqual([undefined]);
    await collector.has(212);
    expect(numbers(collector)).toEqual(upTo(212));
    expect(kinds().filter((kind) => kind === "too far behind" || kind === "caught up")).toEqual([
      "too far behind",
      "caught up",
    ]);
  });

  test("has statements wait, in their order, until it has caught up", async () => {
    const { collector, answer } = stuck();
    const { log } = open({ collector }, { ...options, whenBehind: "wait" });
    await write(log, ...upTo(10));
    for (const n of upTo(200, 11)) log.append(line(n));
    const order: number[] = [];
    for (const n of [1, 2, 3]) log.flushed((error) => order.push(error === undefined ? n : -n));
    await until(() => kinds().includes("too far behind"));
    await sleep(50);
    expect(order).toEqual([]);
    answer();
    await until(() => order.length === 3);
    expect(order).toEqual([1, 2, 3]);
  });

  test("is waited for no longer than said", async () => {
    const { collector } = stuck();
    const { log } = open({ collector }, { ...options, whenBehind: "wait", waitMs: 100 });
    for (const n of upTo(200)) log.append(line(n));
    const [first, second] = await Promise.all([flushed(log), flushed(log)]);
    expect([first?.message, second?.message]).toEqual(
      Array.from({ length: 2 }, () => expect.stringMatching(/"collector" is \d+ MB behind/)),
    );
  });
});

test("a file that a sink has not read stays, though it is old, and goes afterwards", async () => {
  const collector = new Collector();
  collector.failing = new Error("dead");
  const options = { segmentBytes: 5000, keepDays: 1 };
  const first = open({ collector }, options);
  for (const n of upTo(100)) await write(first.log, n);
  await first.close();
  const ended = () => readdirSync(folder).filter((name) => /^audit-.*\.jsonl$/.test(name));
  for (const name of ended()) utimesSync(join(folder, name), 1, 1);
  const count = ended().length;
  const second = open({ collector }, options);
  expect(ended()).toHaveLength(count);
  expect(kinds().filter((kind) => kind === "kept")).toHaveLength(count);
  collector.failing = undefined;
  await collector.has(100);
  await second.close();
  await open({ collector }, options).close();
  expect(ended()).toEqual([]);
});

test("files that are not there any more are told, and what is left is sent", async () => {
  const collector = new Collector();
  collector.failing = new Error("dead");
  const first = open({ collector }, { segmentBytes: 5000 });
  for (const n of upTo(100)) await write(first.log, n);
  await first.close();
  const [oldest = ""] = readdirSync(folder)
    .filter((name) => /^audit-.*\.jsonl$/.test(name))
    .toSorted();
  rmSync(join(folder, oldest));
  collector.failing = undefined;
  const { log } = open({ collector }, { segmentBytes: 5000 });
  await write(log, 101);
  await until(() => numbers(collector).includes(101));
  expect(events.find(({ kind }) => kind === "gap")).toMatchObject({
    reason: "the file of segment 1 is not there any more",
  });
  const got = numbers(collector);
  expect(got).toEqual(upTo(got.length, got[0]));
});

test("a file that was moved away while the proxy runs is read to its end", async () => {
  const collector = new Collector();
  const { log, file } = open({ collector });
  await write(log, 1, 2);
  await collector.has(2);
  renameSync(path, `${path}.1`);
  await write(log, 3);
  file.reopen();
  await write(log, 4);
  await collector.has(4);
  expect(numbers(collector)).toEqual([1, 2, 3, 4]);
});

test("a torn line reaches the sink as what could not be read", async () => {
  const collector = new Collector();
  const first = open({ collector });
  await write(first.log, 1);
  await first.close();
  appendFileSync(path, '{"event":"statement","principal":{"id":"a\0na"}');
  const { log } = open({ collector });
  await write(log, 2);
  await until(() => numbers(collector).includes(2));
  const torn = collector.records.find((record) => record.line.includes("unreadable"));
  expect(JSON.parse(torn!.line)).toEqual({
    event: "unreadable",
    text: '{"event":"statement","principal":{"id":"a\uFFFDna"}',
  });
});

test("lines that came to stand where a crash of the machine has cut others have other ids", async () => {
  const collector = new Collector();
  const first = open({ collector });
  await write(first.log, 1, 2);
  await first.close();
  const before = new Set(collector.records.map(({ id }) => id));
  const { length } = readFileSync(path, "utf8").split("\n").slice(0, 2).join("\n");
  truncateSync(path, length + 1);
  const second = open({ collector });
  await write(second.log, 7);
  await until(() => numbers(collector).includes(7));
  const again = collector.records.filter((record) => record.line.includes('"n":7'));
  expect(again).toHaveLength(1);
  expect(before.has(again[0]!.id)).toBe(false);
});

test("a place that cannot be read is no reason to begin elsewhere", () => {
  writeFileSync(`${path}.sink-collector`, "{");
  expect(() => open({ collector: new Collector() })).toThrow("JSON");
  expect(existsSync(path)).toBe(false);
});
