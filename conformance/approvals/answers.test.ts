/** Whose answer counts, for what, and for how long. Threat 63: self-approval, reuse, approval after expiry, races. */
import type { Client } from "pg";
import { expect, test } from "vitest";
import { until } from "./people.ts";
import { stage } from "./stage.ts";

const here = stage({
  approvalWaitMs: 3000,
  heldStatements: 3,
  heldStatementsPerPrincipal: 2,
  approvalRequestBytes: 1000,
});
const update = "update items set state = 'sold' where id = 1";
const truncate = "truncate items";

/** Sends a statement that will wait. */
function send(client: Client, sql: string, values?: unknown[]): Promise<unknown> {
  const answer = client.query(sql, values);
  // Looked at later.
  answer.catch(() => undefined);
  return answer;
}
const waits = async () => (await here.people.one()).id;

test.each([
  ["the asker", "ann", /own/],
  ["an agent, even of the group", "robot", /no human/],
  ["somebody who acts for the asker", "ann-again", /own/],
  ["somebody of no such group", "sue", /in no group that is asked: dba/],
  ["nobody", "eve", /no user "eve"/],
])("an answer of %s does not count, neither yes nor no", async (_, by, message) => {
  const client = await here.connect();
  const answer = send(client, update);
  const request = await here.people.one();
  for (const said of ["approve", "deny"] as const) {
    expect(await here.people.answer(request, by, said)).toEqual({
      isCounted: false,
      message: expect.stringMatching(message),
    });
  }
  expect(await waits()).toBe(request.id);
  await here.people.answer(request, "bob");
  await answer;
});

test.each([
  ["robot", "ann"],
  ["deputy", "bob"],
])("whoever %s acts for cannot approve what it sends", async (agent, principal) => {
  if (principal === "ann") here.proxied.setUser({ name: "ann", kind: "human", groups: ["dba"] });
  const client = await here.connect(agent);
  const answer = send(client, update);
  const request = await here.people.one();
  expect(await here.people.answer(request, principal)).toMatchObject({ isCounted: false });
  await here.people.answer(request, "dan");
  await answer;
});

test("two rules need somebody of each, in any order", async () => {
  for (const [first, second] of [
    ["bob", "sue"],
    ["sue", "bob"],
  ] as const) {
    const client = await here.connect();
    const answer = send(client, truncate);
    const request = await here.people.one();
    expect(await here.people.answer(request, first)).toMatchObject({
      isCounted: true,
      message: expect.stringContaining("still waits"),
    });
    const shown = await here.people.one();
    expect(shown.needs.map(({ met_by: by }) => by).filter(Boolean)).toEqual([`${first}@shop.example`]);
    expect(await here.people.answer(request, first)).toMatchObject({ isCounted: false });
    expect(await here.people.answer(request, second)).toMatchObject({ isCounted: true });
    await answer;
  }
});

test("of two people who answer at once, one is counted, and a no after a yes is too late", async () => {
  const client = await here.connect();
  const answer = send(client, update);
  const request = await here.people.one();
  const outcomes = await Promise.all([here.people.answer(request, "bob"), here.people.answer(request, "dan")]);
  expect(outcomes.filter(({ isCounted }) => isCounted)).toHaveLength(1);
  await answer;
  expect(await here.people.answer(request, "dan", "deny")).toMatchObject({ isCounted: false });
});

test("one no is enough, whoever has said yes to the rest", async () => {
  const client = await here.connect();
  const answer = send(client, truncate);
  const request = await here.people.one();
  await here.people.answer(request, "bob");
  await here.people.answer(request, "sue", "deny", "no");
  await expect(answer).rejects.toMatchObject({
    code: "42501",
    message: expect.stringContaining("sue@shop.example: no"),
  });
});

test("an approval without a time is for one run", async () => {
  const client = await here.connect();
  for (let round = 0; round < 2; round++) {
    const answer = send(client, update);
    expect(await here.people.answerOne("bob")).toMatchObject({ isCounted: true });
    await answer;
  }
});

test("an approval for a time holds for the same statement, values, person, and for nothing else", async () => {
  const client = await here.connect();
  const sql = "delete from items where id = $1";
  const first = send(client, sql, [1]);
  await here.people.answerOne("bob");
  await first;
  await client.query(sql, [1]);
  await (await here.connect()).query(sql, [1]);
  await client.query({ name: "again", text: sql, values: [1] });
  const others: readonly [string, string, unknown[]?][] = [
    ["ann", sql, [2]],
    ["ann", "delete from items where id = 1"],
    ["ann", `${sql} `, [1]],
    ["sue", sql, [1]],
    ["robot", sql, [1]],
  ];
  for (const [user, text, values] of others) {
    const answer = send(await here.connect(user), text, values);
    await here.people.answerOne("bob", "deny");
    await expect(answer, `${user}: ${text}`).rejects.toMatchObject({ code: "42501" });
  }
  await client.query("create table other.items (id int)").catch(() => client.query("create schema other"));
  await client.query("create table if not exists other.items (id int)");
  await client.query("set search_path = other, public");
  const elsewhere = send(client, sql, [1]);
  await here.people.answerOne("bob", "deny");
  await expect(elsewhere).rejects.toMatchObject({ code: "42501" });
  await client.query("drop schema other cascade");
});

test("a table that was made anew is another one", async () => {
  const client = await here.connect();
  await client.query("create table goods as select 1 as id");
  const sql = "delete from goods";
  const first = send(client, sql);
  await here.people.answerOne("bob");
  await first;
  await client.query("drop table goods");
  await client.query("create table goods as select 1 as id");
  const second = send(client, sql);
  await here.people.answerOne("bob", "deny");
  await expect(second).rejects.toMatchObject({ code: "42501" });
  await client.query("drop table goods");
});

test("who waits with the same statement in another session goes on with the same yes, if it is for a time", async () => {
  const sql = "delete from items where id = 3";
  const answers = [send(await here.connect(), sql), send(await here.connect(), sql)];
  const [request] = await here.people.waiting(2);
  if (request === undefined) throw new Error("nothing waits");
  await here.people.answer(request, "bob");
  await Promise.all(answers);
  expect(await here.people.requests()).toEqual([]);
});

test("an answer that was meant for another text does not count", async () => {
  const client = await here.connect();
  const first = send(client, update);
  const seen = await here.people.one();
  await here.people.answer(seen, "bob", "deny");
  await expect(first).rejects.toMatchObject({ code: "42501" });
  const second = send(client, "update items set state = 'stolen'");
  const now = await here.people.one();
  expect(await here.people.answer({ id: now.id, digest: seen.digest }, "bob")).toMatchObject({
    isCounted: false,
    message: expect.stringContaining("another statement"),
  });
  expect(await here.people.answer(seen, "bob")).toMatchObject({ isCounted: false });
  expect(await waits()).toBe(now.id);
  await here.people.answer(now, "bob", "deny");
  await expect(second).rejects.toMatchObject({ code: "42501" });
});

test("a statement that nobody answers is refused in the end, and an answer comes too late then", async () => {
  const client = await here.connect();
  const answer = send(client, update);
  const request = await here.people.one();
  await expect(answer).rejects.toMatchObject({
    code: "42501",
    message: `the statement was not approved in time (request ${request.id})`,
  });
  expect(await here.people.answer(request, "bob")).toMatchObject({ isCounted: false });
  expect((await here.direct.query("select state from items where id = 1")).rows).toEqual([{ state: "new" }]);
  await client.query("select 1");
});

test("the decision is made again: what is denied meanwhile does not run, approved or not", async () => {
  const client = await here.connect();
  const answer = send(client, update);
  await here.people.one();
  here.proxied.setPolicies('package next\ndeny "frozen" if query.kind == "update"');
  await expect(answer).rejects.toMatchObject({ code: "42501", message: "frozen" });
  expect(await here.people.requests()).toEqual([]);
});

test("what other people are to be asked about is asked again, and what needs nobody goes on", async () => {
  const client = await here.connect();
  const answer = send(client, update);
  const first = await here.people.one();
  here.proxied.setPolicies('package next\napprove by "security" if query.kind == "update"');
  await until(
    async () => (await here.people.requests()).some(({ id }) => id !== first.id),
    () => "nobody else was asked",
  );
  const second = await here.people.one();
  expect(second.needs).toEqual([{ groups: ["security"] }]);
  expect(await here.people.answer(first, "bob")).toMatchObject({ isCounted: false });
  here.proxied.setPolicies("package next\nallow if true");
  await answer;
  expect(await here.people.requests()).toEqual([]);
});

test("a bound portal is not run on by an approval that newer policies do not know", async () => {
  const client = await here.connect();
  await client.query("begin");
  await client.query("declare c cursor for select state from items order by id");
  await client.query("fetch 1 from c");
  here.proxied.setPolicies('package next\napprove by "dba" if query.kind == "select"');
  await expect(client.query("fetch 1 from c")).rejects.toMatchObject({ code: "42501" });
  await client.query("rollback");
});

test.each([
  ["is gone", "ann"],
  ["has other groups", { name: "ann", kind: "human", groups: ["temp"] } as const],
])("a statement of somebody who %s meanwhile does not run", async (_, user) => {
  const client = await here.connect();
  const answer = send(client, update);
  const request = await here.people.one();
  here.proxied.setUser(user);
  await here.people.answer(request, "bob");
  await expect(answer).rejects.toMatchObject({ code: "42501", message: expect.stringContaining("who you are") });
});

test("an approver who has left the group meanwhile does not count", async () => {
  const client = await here.connect();
  const answer = send(client, update);
  const request = await here.people.one();
  here.proxied.setUser({ name: "bob", kind: "human", groups: [] });
  expect(await here.people.answer(request, "bob")).toMatchObject({ isCounted: false });
  await here.people.answer(request, "dan");
  await answer;
});

test("as many statements wait as may, and a further one is refused at once", async () => {
  const clients = await Promise.all(["ann", "ann", "sue"].map((user) => here.connect(user)));
  const held = clients.map((client) => send(client, update));
  await here.people.waiting(3);
  await expect((await here.connect()).query(update)).rejects.toMatchObject({
    code: "53400",
    message: expect.stringContaining("2 of your statements"),
  });
  await expect((await here.connect("bob")).query(update)).rejects.toMatchObject({ code: "53400" });
  for (const request of await here.people.waiting(3)) await here.people.answer(request, "bob");
  await Promise.all(held);
});

test("what is too large to be shown whole is refused, values counted", async () => {
  const client = await here.connect();
  const large = client.query("update items set state = $1 where id = 1", ["x".repeat(1000)]);
  await expect(large).rejects.toMatchObject({ code: "54000" });
  expect(await here.people.requests()).toEqual([]);
});

test("the record tells who asked, who answered, how it ended, and what ran by whose word", async () => {
  const client = await here.connect();
  const before = here.proxied.auditLines().length;
  const answer = send(client, update);
  const request = await here.people.one();
  await here.people.answer(request, "ann");
  await here.people.answer(request, "bob", "approve", "ticket 7");
  await answer;
  const lines = here.proxied.auditLines().slice(before);
  const of = (event: string) => lines.filter((line) => line["event"] === event);
  const { id, digest } = request;
  expect(of("approval_request")).toMatchObject([
    { request: id, digest, texts: [update], needs: [{ groups: ["dba"] }] },
  ]);
  expect(of("approval_answer")).toMatchObject([
    { request: id, user: "ann", by: "ann@shop.example", counted: false },
    { request: id, user: "bob", by: "bob@shop.example", answer: "approve", because: "ticket 7", counted: true },
  ]);
  expect(of("approval_end")).toMatchObject([{ request: id, outcome: "approved" }]);
  expect(of("statement")).toMatchObject([
    { text: update, decision: "allow", approved: [{ request: id, by: "bob@shop.example", groups: ["dba"] }] },
  ]);
});
