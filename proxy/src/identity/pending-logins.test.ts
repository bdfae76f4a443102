import { expect, test } from "vitest";
import { PendingLogins } from "./pending-logins.ts";

interface Fake {
  readonly remoteAddress: string;
  ended: boolean;
  destroy(): void;
}

function connection(remoteAddress: string): Fake {
  const fake: Fake = { remoteAddress, ended: false, destroy: () => (fake.ended = true) };
  return fake;
}

test("one more than there may be ends the oldest of the address that has the most", () => {
  const pending = new PendingLogins<Fake>(() => 4);
  const [early, first, second, late] = ["10.0.0.1", "10.0.0.2", "10.0.0.2", "10.0.0.3"].map(connection);
  for (const each of [early, first, second, late]) pending.add(each!);
  const next = connection("10.0.0.4");
  pending.add(next);
  expect([early, first, second, late, next].map((each) => each?.ended)).toEqual([false, true, false, false, false]);
  expect(pending.size).toBe(4);
});

test("where each comes from another address, the oldest of all ends", () => {
  const pending = new PendingLogins<Fake>(() => 2);
  const [one, two, three] = ["a", "b", "c"].map(connection);
  for (const each of [one, two, three]) pending.add(each!);
  expect([one, two, three].map((each) => each?.ended)).toEqual([true, false, false]);
});

test("who has logged in, or left, takes no place", () => {
  const pending = new PendingLogins<Fake>(() => 1);
  const [one, two] = ["a", "a"].map(connection);
  pending.add(one!);
  pending.add(one!);
  pending.delete(one!);
  pending.delete(one!);
  pending.add(two!);
  expect([one?.ended, pending.size, pending.has(two!), [...pending]]).toEqual([false, 1, true, [two]]);
});
