/** What every store promises, of both of them. Each test has statements of its own; two connections are two proxies. */
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { NewAnswer } from "../../proxy/src/store/answers.ts";
import type { Asked, NewRequest, StoredRequest } from "../../proxy/src/store/requests.ts";
import type { Store } from "../../proxy/src/store/store.ts";
import { type StoreMaker, storeMakers } from "./stores.ts";

const id = () => randomBytes(5).toString("hex");
const limits = { waiting: 10_000, waitingPerPrincipal: 10_000, denialMs: 60_000 };
const dba = { key: "dba", groups: ["dba"] };
const security = { key: "security", groups: ["security"] };
const hour = { key: "hour", groups: ["dba"], forMs: 3_600_000 };

function statement(change: Partial<NewRequest> & { readonly needs?: NewRequest["asked"]["needs"] } = {}): NewRequest {
  const { needs = [dba], ...rest } = change;
  return {
    id: id(),
    proxy: "one",
    session: "session",
    digest: id(),
    fingerprint: undefined,
    asked: {
      principal: { id: `ann-${id()}`, name: "ann", kind: "human", actsFor: [] },
      target: "shop",
      database: "shop",
      searchPath: ["public"],
      texts: ["delete from items where note = 'it''s'"],
      parameters: ["1", null, "\u0000 \\ \ud800"],
      needs,
    },
    isDeferred: false,
    waitMs: 60_000,
    ...rest,
  };
}

const yes = (
  { id: request, digest, asked }: NewRequest | StoredRequest,
  change: Partial<NewAnswer> = {},
): NewAnswer => ({
  request,
  digest,
  user: "bob",
  by: "bob@shop",
  proof: "password",
  says: "approve",
  needs: asked.needs.map(({ key }) => key),
  terms: { forMs: undefined, uses: undefined, isAlike: false },
  singleMs: 60_000,
  ...change,
});

const again = (request: NewRequest, change: Partial<NewRequest> = {}): NewRequest => ({
  ...request,
  id: id(),
  ...change,
});
const kinds = (asked: readonly Asked[]) => asked.map(({ kind }) => kind).sort();

describe.each(Object.entries(storeMakers))("a store in %s", (_, make) => {
  let maker: StoreMaker;
  let one: Store;
  let two: Store;
  beforeAll(async () => {
    maker = await make();
    // Both make the tables: one of them finds them made.
    [one, two] = await Promise.all([maker.open(), maker.open()]);
    await one.beat({ id: "one", name: "host:1" });
    await two.beat({ id: "two", name: "host:2" });
  });
  afterAll(async () => {
    await one.close();
    await two.close();
    await maker.stop();
  });
  const ended = async (store: Store, proxy: string, of: NewRequest) =>
    (await store.collect(proxy)).ended.find((request) => request.id === of.id);

  test("a request is shown to all as it was asked, and handed over once when it was approved", async () => {
    const request = statement();
    expect(await one.ask(request, limits)).toMatchObject({ kind: "waiting", isNew: true });
    expect(await two.request(request.id)).toMatchObject({
      id: request.id,
      asked: request.asked,
      digest: request.digest,
      state: "waiting",
      isHeld: true,
    });
    expect((await two.waiting()).map((waiting) => waiting.id)).toContain(request.id);
    expect(await two.answer(yes(request))).toMatchObject({ outcome: { kind: "approved", held: true } });
    expect(await ended(two, "two", request)).toBeUndefined();
    expect(await ended(one, "one", request)).toMatchObject({
      state: "approved",
      yes: [{ request: request.id, by: "bob@shop", groups: ["dba"] }],
    });
    expect(await ended(one, "one", request)).toBeUndefined();
    expect((await two.waiting()).map((waiting) => waiting.id)).not.toContain(request.id);
  });

  test("a yes for one run is used up by it", async () => {
    const request = statement();
    await one.ask(request, limits);
    await one.answer(yes(request));
    await one.collect("one");
    expect(await one.ask(again(request), limits)).toMatchObject({ kind: "waiting", isNew: true });
  });

  test("a yes for some time holds for the same statement and no other, whatever proxy is asked", async () => {
    const request = statement({ needs: [hour], fingerprint: id() });
    await one.ask(request, limits);
    await one.answer(yes(request));
    for (const store of [one, two, one])
      expect(await store.ask(again(request), limits)).toMatchObject({ kind: "granted" });
    expect(await two.ask(again(request, { digest: id() }), limits)).toMatchObject({ kind: "waiting" });
  });

  test("a yes for a number of uses is used that often, by whoever is first", async () => {
    const request = statement({ needs: [hour] });
    await one.ask(request, limits);
    await one.answer(yes(request, { terms: { forMs: undefined, uses: 5, isAlike: false } }));
    // The request itself is the first.
    const asked = await Promise.all(
      Array.from({ length: 10 }, (__, n) => (n % 2 ? one : two).ask(again(request), limits)),
    );
    expect(kinds(asked)).toEqual([...Array<string>(4).fill("granted"), ...Array<string>(6).fill("waiting")]);
    expect((await one.grants()).filter(({ grant }) => grant.request === request.id)).toEqual([]);
  });

  test("a yes may hold for less time than the rule says, and not for more", async () => {
    const [short, long] = [statement({ needs: [hour] }), statement({ needs: [hour] })];
    const beganMs = Date.now();
    for (const [request, forMs] of [
      [short, 50],
      [long, 1e12],
    ] as const) {
      await one.ask(request, limits);
      await one.answer(yes(request, { terms: { forMs, uses: undefined, isAlike: false } }));
    }
    const listed = (await one.grants()).find(({ grant }) => grant.request === long.id);
    expect(listed?.grant.untilMs).toBeLessThan(beganMs + hour.forMs + 60_000);
    await sleep(60);
    expect(await one.ask(again(short), limits)).toMatchObject({ kind: "waiting" });
    expect(await one.ask(again(long), limits)).toMatchObject({ kind: "granted" });
  });

  test("a yes for statements that are alike holds for those of the same fingerprint", async () => {
    const request = statement({ needs: [hour], fingerprint: id() });
    await one.ask(request, limits);
    await one.answer(yes(request, { terms: { forMs: undefined, uses: undefined, isAlike: true } }));
    expect(await two.ask(again(request, { digest: id() }), limits)).toMatchObject({ kind: "granted" });
    for (const fingerprint of [undefined, id()]) {
      expect(await two.ask(again(request, { digest: id(), fingerprint }), limits)).toMatchObject({ kind: "waiting" });
    }
  });

  test("each need is met by somebody, and one person may meet several", async () => {
    const request = statement({ needs: [dba, security] });
    await one.ask(request, limits);
    const first = yes(request, { needs: ["dba"] });
    expect((await one.answer(first)).outcome).toEqual({ kind: "partly", open: [["security"]] });
    expect((await two.answer(first)).outcome).toEqual({ kind: "met_already" });
    expect([...((await two.request(request.id))?.metBy ?? [])]).toEqual([["dba", "bob@shop"]]);
    expect((await two.answer(yes(request, { by: "sue@shop", needs: ["security"] }))).outcome).toMatchObject({
      kind: "approved",
    });
    expect((await ended(one, "one", request))?.yes.map(({ by }) => by)).toEqual(["bob@shop", "sue@shop"]);
    const other = statement({ needs: [dba, security] });
    await one.ask(other, limits);
    expect((await one.answer(yes(other))).outcome).toMatchObject({ kind: "approved" });
  });

  test("a yes for one run is its request's own while that waits", async () => {
    const request = statement({ needs: [dba, security] });
    const same = again(request);
    await one.ask(request, limits);
    await two.ask(same, limits);
    await one.answer(yes(request, { needs: ["dba"] }));
    expect((await two.answer(yes(same, { needs: ["security"] }))).outcome).toEqual({ kind: "partly", open: [["dba"]] });
  });

  test("of answers at once one is counted, and the others are told", async () => {
    const request = statement();
    await one.ask(request, limits);
    const answers = await Promise.all(
      ["bob", "dan", "eve", "joe"].map((by, n) =>
        (n % 2 ? one : two).answer(yes(request, { by, says: n < 2 ? "approve" : "deny" })),
      ),
    );
    const outcomes = answers.map(({ outcome }) => outcome.kind);
    expect(outcomes.filter((kind) => kind !== "gone")).toHaveLength(1);
    const winner = answers.find(({ outcome }) => outcome.kind !== "gone");
    expect((await ended(one, "one", request))?.state).toBe(winner?.answer.says === "approve" ? "approved" : "denied");
  });

  test("an answer and the end of a request: whichever comes first stands", async () => {
    for (let round = 0; round < 10; round++) {
      const request = statement();
      await one.ask(request, limits);
      const [said] = await Promise.all([two.answer(yes(request)), one.giveUp(request.id, "cancelled")]);
      const state = (await ended(one, "one", request))?.state;
      expect([said.outcome.kind, state]).toEqual(
        said.outcome.kind === "approved" ? ["approved", "approved"] : ["gone", "cancelled"],
      );
    }
  });

  test.each([
    ["for another statement", { digest: "another" }, "other_statement"],
    ["for no request", { request: "nothing" }, "gone"],
    ["by somebody whom the caller refuses", { needs: { refused: "no" } }, "refused"],
  ])("an answer %s changes nothing, and is recorded", async (__, change, kind) => {
    const request = statement();
    await one.ask(request, limits);
    const said = await two.answer(yes(request, change));
    expect(said.outcome.kind).toBe(kind);
    expect((await one.request(request.id))?.state).toBe("waiting");
    const { answers } = await one.collect("one");
    expect(answers.filter((answer) => answer.id === said.id)).toEqual([said]);
    await one.recorded([said.id]);
    expect((await one.collect("one")).answers.map((answer) => answer.id)).not.toContain(said.id);
    // The harmless twin.
    expect((await two.answer(yes(request))).outcome.kind).toBe("approved");
  });

  test("an answer is recorded by the proxy that has asked, while it lives", async () => {
    const request = statement();
    await one.ask(request, limits);
    const said = await two.answer(yes(request));
    expect((await two.collect("two")).answers.map((answer) => answer.id)).not.toContain(said.id);
    expect((await one.collect("one")).answers.map((answer) => answer.id)).toContain(said.id);
    // Not recorded yet, so it is given again.
    expect((await one.collect("one")).answers.map((answer) => answer.id)).toContain(said.id);
  });

  test("an answer after the time counts no more", async () => {
    const request = statement({ waitMs: 30 });
    await one.ask(request, limits);
    await sleep(40);
    expect((await two.answer(yes(request))).outcome).toEqual({ kind: "gone", state: "expired" });
    expect((await ended(one, "one", request))?.state).toBe("expired");
  });

  test("as many wait as may, of one principal and of one proxy", async () => {
    const request = statement({ proxy: "crowded" });
    const ask = (change: Partial<NewRequest>, most: number) =>
      one.ask(again(request, { digest: id(), ...change }), { ...limits, waiting: most, waitingPerPrincipal: 2 });
    for (let n = 0; n < 2; n++) expect((await ask({}, 3)).kind).toBe("waiting");
    expect(await ask({}, 3)).toEqual({ kind: "full", isOwn: true, waiting: 2 });
    const { asked } = statement();
    expect((await ask({ asked }, 3)).kind).toBe("waiting");
    expect(await ask({ asked }, 3)).toEqual({ kind: "full", isOwn: false, waiting: 3 });
    expect((await ask({ asked, proxy: "two" }, 3)).kind).toBe("waiting");
  });

  test("a deferred request is joined by the same statement, and passes it once when it was approved", async () => {
    const request = statement({ isDeferred: true });
    await one.ask(request, limits);
    expect(await two.ask(again(request), limits)).toMatchObject({
      kind: "waiting",
      isNew: false,
      request: { id: request.id },
    });
    expect((await two.answer(yes(request))).outcome).toEqual({ kind: "approved", held: false });
    const asked = await Promise.all([one, two, one].map((store) => store.ask(again(request), limits)));
    expect(kinds(asked)).toEqual(["granted", "waiting", "waiting"]);
  });

  test("a deferred request that was denied is not asked again at once", async () => {
    const request = statement({ isDeferred: true });
    await one.ask(request, limits);
    await two.answer(yes(request, { says: "deny", because: "not today" }));
    const denied = { kind: "denied", request: { denial: { by: "bob@shop", because: "not today" } } };
    expect(await one.ask(again(request), limits)).toMatchObject(denied);
    expect(await one.ask(again(request), { ...limits, denialMs: 0 })).toMatchObject({ kind: "waiting" });
  });

  test("a session that was told of a denial may ask again", async () => {
    const request = statement();
    await one.ask(request, limits);
    await two.answer(yes(request, { says: "deny" }));
    await one.collect("one");
    expect(await one.ask(again(request), limits)).toMatchObject({ kind: "waiting", isNew: true });
  });

  test("what a proxy leaves waits on, and is joined by the same statement at another one", async () => {
    await one.beat({ id: "leaver", name: "host:3" });
    const request = statement({ proxy: "leaver", needs: [dba, security] });
    await one.ask(request, limits);
    await two.answer(yes(request, { needs: ["dba"] }));
    await one.leave("leaver");
    expect(await two.request(request.id)).toMatchObject({ state: "waiting", isHeld: false });
    const joined = await two.ask(again(request, { proxy: "two" }), limits);
    expect(joined).toMatchObject({
      kind: "waiting",
      isNew: false,
      request: { id: request.id, proxy: "two", isHeld: true },
    });
    await two.answer(yes(request, { needs: ["security"] }));
    expect((await ended(two, "two", request))?.yes.map(({ need }) => need)).toEqual(["dba", "security"]);
  });

  test("what was approved and not handed over when its proxy ended passes the same statement once", async () => {
    await one.beat({ id: "leaver", name: "host:3" });
    const request = statement({ proxy: "leaver" });
    await one.ask(request, limits);
    await two.answer(yes(request));
    // Granted to that session: nobody else may use it.
    const early = again(request, { proxy: "two" });
    expect((await two.ask(early, limits)).kind).toBe("waiting");
    await two.giveUp(early.id, "withdrawn");
    await one.leave("leaver");
    const asked = await Promise.all([one, two].map((store) => store.ask(again(request), limits)));
    expect(kinds(asked)).toEqual(["granted", "waiting"]);
  });

  test("what was granted and not used is given back, once", async () => {
    const request = statement();
    await one.ask(request, limits);
    await two.answer(yes(request));
    expect((await ended(one, "one", request))?.state).toBe("approved");
    await one.giveUp(request.id, "withdrawn");
    await one.giveUp(request.id, "withdrawn");
    expect(kinds([await one.ask(again(request), limits), await one.ask(again(request), limits)])).toEqual([
      "granted",
      "waiting",
    ]);
  });

  test("a grant that was revoked is used no more", async () => {
    const request = statement({ needs: [hour] });
    await one.ask(request, limits);
    await two.answer(yes(request));
    const grant = (await two.grants()).find((each) => each.grant.request === request.id)?.grant;
    const revoker = { user: "dan", by: "dan@shop", proof: "token", because: "enough" };
    expect(await two.revoke(grant?.grant ?? "", revoker)).toBe(true);
    expect(await two.revoke(grant?.grant ?? "", revoker)).toBe(false);
    expect(await one.ask(again(request), limits)).toMatchObject({ kind: "waiting" });
    // For the record of the proxy that has asked and lives, until it has written it.
    await one.beat({ id: "one", name: "host:1" });
    const mine = async (proxy: string) =>
      (await one.collect(proxy)).revocations.filter((each) => each.request === request.id);
    expect(await mine("two")).toEqual([]);
    const told = await mine("one");
    expect(told).toMatchObject([{ session: "session", grant: grant?.grant, grantedBy: "bob@shop", used: 1, revoker }]);
    expect(await mine("one")).toEqual(told);
    await one.recorded(told.map((each) => each.id));
    expect(await mine("one")).toEqual([]);
  });

  test("an end that was handed over, and lost on its way, is so again, to whom it was meant for", async () => {
    const [approved, denied, waits] = [statement(), statement(), statement()];
    for (const request of [approved, denied, waits]) await one.ask(request, limits);
    await two.answer(yes(approved));
    await two.answer(yes(denied, { says: "deny" }));
    const ids = [approved, denied, waits].map((request) => request.id);
    const { ended: first } = await one.collect("one");
    expect((await one.collect("one")).ended).toEqual([]);
    expect(await one.collect("one", ids)).toMatchObject({ ended: first, lost: [] });
    expect(first.map(({ state }) => state).sort()).toEqual(["approved", "denied"]);
    // Another proxy has no part in it.
    expect(await two.collect("two", ids)).toMatchObject({ ended: [], lost: ids });
    // What was given back is for whoever sends the statement next, and no longer for who waited for it.
    await one.giveUp(approved.id, "withdrawn");
    expect(await one.collect("one", ids)).toMatchObject({ ended: [{ state: "denied" }], lost: [approved.id] });
  });

  test("what another proxy has joined while one was taken for dead is no longer the one's", async () => {
    const request = statement();
    await one.ask(request, limits);
    await one.leave("one");
    await one.beat({ id: "one", name: "host:1" });
    expect(await one.collect("one", [request.id])).toMatchObject({ ended: [], lost: [request.id] });
    expect((await two.ask(again(request, { proxy: "two" }), limits)).kind).toBe("waiting");
    await two.answer(yes(request));
    expect(await one.collect("one", [request.id])).toMatchObject({ ended: [], lost: [request.id] });
    expect(await ended(two, "two", request)).toMatchObject({ state: "approved" });
    expect(await one.collect("one", [request.id])).toMatchObject({ ended: [], lost: [request.id] });
  });

  test("others hear of a change in well under a second", async () => {
    const request = statement();
    await one.ask(request, limits);
    const { promise, resolve } = Promise.withResolvers<number>();
    const stop = one.onChange(() => resolve(Date.now()));
    const beganMs = Date.now();
    await two.answer(yes(request));
    expect((await promise) - beganMs).toBeLessThan(1000);
    stop();
  });

  test("a proxy that was silent for long holds nothing any more, and hears so", async () => {
    expect(await one.beat({ id: "one", name: "host:1" })).toBe(true);
    await one.leave("one");
    expect(await one.beat({ id: "one", name: "host:1" })).toBe(false);
  });

  test("a call of a store that was closed fails at once, and says which", async () => {
    const three = await maker.open();
    await three.close();
    await expect(three.waiting()).rejects.toThrow(`the store ${three.place} is closed`);
  });

  test("a thousand requests are kept and listed, and released by one yes each", { timeout: 60_000 }, async () => {
    const requests = Array.from({ length: 1000 }, () => statement());
    // Transactions come one after the other, and the last of all must have its answer in time on a machine that is busy.
    for (const some of piecesOf(requests))
      await Promise.all(some.map((request, n) => (n % 2 ? one : two).ask(request, limits)));
    const waiting = new Set((await two.waiting()).map((each) => each.id));
    expect(requests.every((each) => waiting.has(each.id))).toBe(true);
    for (const some of piecesOf(requests)) await Promise.all(some.map((request) => two.answer(yes(request))));
    const { ended: all } = await one.collect("one");
    const mine = new Set(requests.map((request) => request.id));
    expect(all.filter((request) => mine.has(request.id) && request.state === "approved")).toHaveLength(1000);
  });
});

function piecesOf<T>(all: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(all.length / 100) }, (_, n) => all.slice(n * 100, n * 100 + 100));
}
