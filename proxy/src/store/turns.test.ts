import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { storeLimits } from "./limits.ts";
import type { SqlTransaction } from "./sql.ts";
import { StoreError } from "./store.ts";
import { type RunTransaction, Turns } from "./turns.ts";

const tx: SqlTransaction = { engine: "sqlite", nowMs: 0, all: () => Promise.resolve([]), tellOthers: () => undefined };
const limits = { ...storeLimits, callMs: 100, burstMs: 2000, callsTogether: 1 };
const slowly: RunTransaction = async (work) => {
  await sleep(20);
  await work(tx);
};

test("who is last of a burst waits for longer than a call may, while the store works it off", async () => {
  const turns = new Turns("here", slowly, limits);
  const began = performance.now();
  const numbers = await Promise.all(Array.from({ length: 20 }, (_, n) => turns.take(() => Promise.resolve(n))));
  expect(numbers).toEqual(Array.from({ length: 20 }, (_, n) => n));
  expect(performance.now() - began).toBeGreaterThan(limits.callMs);
});

test("a store that is silent fails all calls in the time of one", async () => {
  const turns = new Turns("here", () => new Promise(() => undefined), limits);
  const began = performance.now();
  const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => turns.take(() => Promise.resolve(1))));
  expect(outcomes.every((outcome) => "reason" in outcome && outcome.reason instanceof StoreError)).toBe(true);
  expect(performance.now() - began).toBeLessThan(limits.burstMs / 2);
});

test("a store that falls silent in the midst of a burst fails the rest of it", async () => {
  let left = 5;
  const run: RunTransaction = (work) => (left-- > 0 ? slowly(work) : new Promise(() => undefined));
  const turns = new Turns("here", run, limits);
  const outcomes = await Promise.allSettled(Array.from({ length: 10 }, () => turns.take(() => Promise.resolve(1))));
  expect(outcomes.map(({ status }) => status)).toEqual([
    ...Array.from({ length: 5 }, () => "fulfilled"),
    ...Array.from({ length: 5 }, () => "rejected"),
  ]);
});

test("no burst is waited for for ever", async () => {
  const turns = new Turns("here", slowly, { ...limits, burstMs: 200 });
  const outcomes = await Promise.allSettled(Array.from({ length: 40 }, () => turns.take(() => Promise.resolve(1))));
  expect(new Set(outcomes.map(({ status }) => status))).toEqual(new Set(["fulfilled", "rejected"]));
});

test("a sign of life goes before a burst", async () => {
  const turns = new Turns("here", slowly, limits);
  const order: string[] = [];
  const note = (name: string) => () => Promise.resolve(order.push(name));
  const burst = Array.from({ length: 5 }, (_, n) => turns.take(note(`call ${n}`)));
  // The first of them is under way.
  await sleep(5);
  await turns.take(note("beat"), true);
  expect(order).toEqual(["call 0", "beat"]);
  await Promise.all(burst);
  expect(order).toEqual(["call 0", "beat", "call 1", "call 2", "call 3", "call 4"]);
});
