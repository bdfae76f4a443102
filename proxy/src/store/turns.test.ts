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

test("what would hold the store for too long is divided, for others to have their turn", async () => {
  let transactions = 0;
  const run: RunTransaction = (work) => {
    transactions++;
    return work(tx);
  };
  const turns = new Turns("here", run, { ...limits, callsTogether: 20, togetherMs: 30 });
  const order: number[] = [];
  const work = (n: number) => () => sleep(20).then(() => order.push(n));
  await Promise.all(Array.from({ length: 10 }, (_, n) => turns.take(work(n))));
  expect(order).toEqual(Array.from({ length: 10 }, (_, n) => n));
  expect(transactions).toBeGreaterThan(3);
});

test("one long transaction is waited for while the store answers call after call", async () => {
  const turns = new Turns("here", slowly, { ...limits, callsTogether: 20 });
  const began = performance.now();
  await Promise.all(Array.from({ length: 20 }, () => turns.take(() => sleep(20))));
  expect(performance.now() - began).toBeGreaterThan(2 * limits.callMs);
});

test("what changed nothing is done again, in its order, and what may have been done is not", async () => {
  const fates = ["undone", "undone", "unknown"] as const;
  let attempt = 0;
  const run: RunTransaction = async (work) => {
    const fate = fates[attempt++];
    if (fate !== "undone") await work(tx);
    if (fate !== undefined) throw new StoreError("here", "failed", undefined, fate);
  };
  const turns = new Turns("here", run, { ...limits, reconnectMs: 1 });
  const order: number[] = [];
  const first = turns.take(() => Promise.resolve(order.push(1)));
  const second = turns.take(() => Promise.resolve(order.push(2)));
  await expect(first).rejects.toMatchObject({ fate: "unknown" });
  await second;
  expect(order).toEqual([1, 2]);
});

test("what is at fault by itself fails alone, and once", async () => {
  const turns = new Turns("here", slowly, { ...limits, callsTogether: 3 });
  let attempts = 0;
  const good = () => Promise.resolve("good");
  const bad = () => {
    attempts++;
    return Promise.reject(new Error("bad"));
  };
  const outcomes = await Promise.allSettled([good, bad, good].map((work) => turns.take(work)));
  expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  // With the others, and for itself.
  expect(attempts).toBe(2);
});

test("a store that stays away is told of by its own reason, and in the time of one call", async () => {
  const away = new StoreError("here", "cannot be reached", undefined, "undone");
  const turns = new Turns("here", () => Promise.reject(away), { ...limits, reconnectMs: 5 });
  const began = performance.now();
  await expect(turns.take(() => Promise.resolve(1))).rejects.toBe(away);
  expect(performance.now() - began).toBeLessThan(limits.burstMs / 2);
});
