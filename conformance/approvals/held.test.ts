/** A statement that needs approval waits, in its place, and does nothing meanwhile: to itself, to its transaction, to others. */
import { once } from "node:events";
import { connect } from "node:net";
import type { Client } from "pg";
import { expect, test } from "vitest";
import {
  bind,
  copyData,
  copyDone,
  describeStatement,
  execute,
  flush,
  parse,
  query,
  type RawClient,
  sync,
  transcript,
} from "../protocol/raw-client.ts";
import { runTool } from "../protocol/run-tool.ts";
import { stage } from "./stage.ts";

const here = stage();
const states = async () =>
  (await here.direct.query<{ state: string }>("select state from items order by id")).rows.map(({ state }) => state);
const untouched = ["new", "new", "new", "new", "new"];
const touched = ["sold", "new", "new", "new", "new"];

const ways: readonly [name: string, run: (client: Client) => Promise<unknown>][] = [
  ["a simple query", (client) => client.query("update items set state = 'sold' where id = 1")],
  ["an extended one", (client) => client.query("update items set state = $1 where id = 1", ["sold"])],
  [
    "a prepared one",
    (client) => client.query({ name: "sell", text: "update items set state = $1 where id = 1", values: ["sold"] }),
  ],
];

test.each(ways)("%s waits and then runs, and others notice nothing", async (_, run) => {
  const client = await here.connect();
  const notices: unknown[] = [];
  client.on("notice", ({ message, detail, hint }) => notices.push([message, detail, hint]));
  const answer = run(client);
  const request = await here.people.one();
  expect(request).toMatchObject({
    principal: { id: "ann@shop.example", kind: "human", acts_for: [] },
    target: "shop",
    statement: expect.stringContaining("update items set state"),
    needs: [{ groups: ["dba"], because: "an update" }],
  });
  const other = await here.connect();
  await other.query("select 1");
  await here.direct.query("alter table items add column extra int; alter table items drop column extra");
  expect(await states()).toEqual(untouched);
  expect(await here.people.answer(request, "bob")).toMatchObject({ isCounted: true });
  expect(await answer).toMatchObject({ rowCount: 1 });
  expect(await states()).toEqual(touched);
  expect(notices).toEqual([
    [
      "the statement waits for approval of dba; an update",
      expect.stringContaining(`request ${request.id}, until `),
      `to approve it: policy-proxy approvals approve ${request.id} --as PERSON; to give up, cancel the statement`,
    ],
  ]);
  expect(await here.people.requests()).toEqual([]);
});

test.each(ways)("%s that is denied fails as any statement does, in a transaction and outside", async (_, run) => {
  const client = await here.connect();
  const refused = failureOf(run(client));
  await here.people.answerOne("bob", "deny", "not today");
  expect(await refused).toMatchObject({
    code: "42501",
    message: "the statement was not approved by bob@shop.example: not today",
  });
  await client.query("begin");
  await client.query("insert into items values (6, 'mine')");
  const again = failureOf(run(client));
  await here.people.answerOne("bob", "deny", "not today");
  expect(await again).toMatchObject({ code: "42501" });
  await expect(client.query("select 1")).rejects.toMatchObject({ code: "25P02" });
  await client.query("rollback");
  expect(await states()).toEqual(untouched);
});

test.each(ways)("%s in a transaction sees and keeps what the transaction has done", async (_, run) => {
  const client = await here.connect();
  await client.query("begin");
  await client.query("insert into items values (6, 'mine')");
  const answer = run(client);
  await here.people.answerOne("bob");
  await answer;
  await client.query("commit");
  expect(await states()).toEqual([...touched, "mine"]);
});

const failureOf = (answer: Promise<unknown>): Promise<unknown> =>
  answer.then(
    () => "it ran",
    (error: unknown) => error,
  );

/** What libpq's PQcancel sends: a connection of its own with length, code and the key. */
const cancel = (client: Client): Promise<unknown> => {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- fields that pg has and its types leave out
  const { processID, secretKey } = client as unknown as { readonly processID: number; readonly secretKey: number };
  const request = Buffer.alloc(16);
  for (const [index, value] of [16, 80_877_102, processID, secretKey].entries()) request.writeInt32BE(value, index * 4);
  const socket = connect(here.proxied.port, here.proxied.host, () => socket.end(request));
  return once(socket.resume(), "close");
};

test.each(ways)("%s is cancelled as if it ran", async (_, run) => {
  const client = await here.connect();
  const cancelled = { code: "57014", message: "canceling statement due to user request" };
  const outside = failureOf(run(client));
  await here.people.one();
  await cancel(client);
  expect(await outside).toMatchObject(cancelled);
  expect(await here.people.requests()).toEqual([]);
  await client.query("begin");
  const inside = failureOf(run(client));
  await here.people.one();
  await cancel(client);
  expect(await inside).toMatchObject(cancelled);
  await expect(client.query("select 1")).rejects.toMatchObject({ code: "25P02" });
  await client.query("rollback");
  await client.query("select 1");
});

test("nobody is asked any more when the client has left, even with work sent ahead", async () => {
  const client = await here.connectRaw();
  client.send(query("update items set state = 'sold'"));
  await here.people.one();
  client.send(query("select 1"), query("select 2"));
  client.end();
  await here.people.waiting(0);
  expect(await states()).toEqual(untouched);
});

const run = (sql: string, ...values: string[]) => [parse("", sql), bind("", "", values), execute("")];
const pipeline = [
  ...run("insert into items values (6, 'mine')"),
  ...run("update items set state = 'sold' where id = 1"),
  ...run("select 2"),
  sync,
];
const untilReady = (client: RawClient) => client.until(({ type }) => type === "Z");

test("in a pipeline what came before is answered, and what comes after waits", async () => {
  const client = await here.connectRaw();
  client.send(...pipeline);
  const request = await here.people.one();
  const heard = await client.until(({ type }) => type === "N");
  expect(transcript(heard)).toEqual(["1", "2", "C:INSERT 0 1", "1", "N:00000"]);
  await here.people.answer(request, "bob");
  expect(transcript(await untilReady(client))).toEqual(["2", "C:UPDATE 1", "1", "2", "D:2", "C:SELECT 1", "Z:I"]);
  expect(await states()).toEqual([...touched, "mine"]);
});

test("a pipeline with a denied statement leaves nothing behind", async () => {
  const client = await here.connectRaw();
  client.send(...pipeline);
  await here.people.answerOne("bob", "deny");
  expect(transcript(await untilReady(client)).slice(-2)).toEqual(["E:42501", "Z:I"]);
  expect(await states()).toEqual(untouched);
  expect(await client.exchange([query("select 1")])).toEqual(["T", "D:1", "C:SELECT 1", "Z:I"]);
});

test("a client that asks for descriptions first holds no lock while it waits", async () => {
  const client = await here.connectRaw();
  client.send(parse("s", "update items set state = $1"), describeStatement("s"), flush);
  await client.until(({ type }) => type === "n");
  client.send(bind("", "s", ["sold"]), execute(""), sync);
  const request = await here.people.one();
  expect(request.parameters).toEqual(["sold"]);
  await here.direct.query("alter table items add column extra int; alter table items drop column extra");
  await here.people.answer(request, "bob");
  expect(transcript(await untilReady(client))).toEqual(["N:00000", "2", "C:UPDATE 5", "Z:I"]);
});

test("a statement whose values are asked about waits with the values, and others run", async () => {
  const client = await here.connect();
  await client.query("insert into items values (6, $1)", ["plain"]);
  const answer = client.query("insert into items values (7, $1)", ["secret"]);
  const request = await here.people.one();
  expect(request.parameters).toEqual(["secret"]);
  await here.people.answer(request, "bob");
  await answer;
  expect(await states()).toEqual([...untouched, "plain", "secret"]);
});

test("PREPARE asks nobody, and each EXECUTE does, for its values", async () => {
  const client = await here.connect();
  await client.query("prepare sell(int) as update items set state = 'sold' where id = $1");
  for (const [id, sql] of [
    [1, "execute sell(1)"],
    [2, "execute sell(2)"],
  ] as const) {
    const answer = id === 1 ? client.query(sql) : client.query(sql, []);
    const request = await here.people.one();
    expect([request.statement, request.runs]).toEqual([
      sql,
      ["prepare sell(int) as update items set state = 'sold' where id = $1"],
    ]);
    await here.people.answer(request, "bob");
    await answer;
  }
  expect(await states()).toEqual(["sold", "sold", "new", "new", "new"]);
});

test("what SQL has prepared and a message binds waits too", async () => {
  const client = await here.connectRaw();
  await client.exchange([query("prepare sell(int) as update items set state = 'sold' where id = $1")]);
  client.send(bind("", "sell", ["1"]), execute(""), sync);
  await here.people.answerOne("bob");
  expect(transcript(await untilReady(client)).slice(-2)).toEqual(["C:UPDATE 1", "Z:I"]);
});

test("a cursor is asked for once, when it is declared", async () => {
  const client = await here.connect();
  await client.query("begin");
  const declared = client.query("declare c cursor for select id from costly");
  await here.people.answerOne("bob");
  await declared;
  expect((await client.query("fetch 1 from c")).rows).toEqual([{ id: 1 }]);
  expect((await client.query("fetch 1 from c")).rows).toEqual([]);
  await client.query("rollback");
});

test("COPY FROM waits before it takes data", async () => {
  const client = await here.connectRaw();
  client.send(query("copy items from stdin"));
  const request = await here.people.one();
  await here.people.answer(request, "bob");
  await client.until(({ type }) => type === "G");
  client.send(copyData("6\tcopied\n"), copyDone);
  expect(transcript(await untilReady(client))).toEqual(["C:COPY 1", "Z:I"]);
  expect(await states()).toEqual([...untouched, "copied"]);
});

test("one statement of a text that needs approval holds all of it", async () => {
  const client = await here.connect();
  const answer = client.query("insert into items values (6, 'mine'); update items set state = 'sold' where id = 1");
  const request = await here.people.one();
  expect(await states()).toEqual(untouched);
  await here.people.answer(request, "bob");
  await answer;
  expect(await states()).toEqual([...touched, "mine"]);
});

test("in a failed transaction nobody is asked, and the server has the word", async () => {
  const client = await here.connect();
  await client.query("begin");
  await expect(client.query("select 1/0")).rejects.toMatchObject({ code: "22012" });
  await expect(client.query("update items set state = 'sold'")).rejects.toMatchObject({ code: "25P02" });
  await expect(client.query("update items set state = $1", ["sold"])).rejects.toMatchObject({ code: "25P02" });
  await client.query("rollback");
  expect(await here.people.requests()).toEqual([]);
});

test("psql shows what it waits for, and goes on", async () => {
  const { host, port, user, password, database } = here.proxied.as("ann");
  const psql = runTool("psql", ["-X", "-h", host, "-p", String(port), "-U", user, database], {
    env: { PGPASSWORD: password },
    input: "update items set state = 'sold' where id = 1;\nselect 'after';\n",
  });
  const request = await here.people.one();
  await here.people.answer(request, "bob");
  const { code, stdout, stderr } = await psql;
  expect([code, stdout]).toEqual([0, expect.stringContaining("UPDATE 1")]);
  expect(stdout).toContain("after");
  expect(stderr).toContain(`NOTICE:  the statement waits for approval of dba; an update`);
  expect(stderr).toContain(`HINT:  to approve it: policy-proxy approvals approve ${request.id} --as PERSON`);
});

test("what needs no approval never waits, while others do", async () => {
  const client = await here.connect();
  const waiting = client.query("update items set state = 'sold'").catch((error: unknown) => error);
  await here.people.one();
  const other = await here.connect();
  for (const sql of ["select count(*) from items", "insert into items values (9, 'x')", "begin", "commit"]) {
    await other.query(sql);
  }
  expect(await here.people.requests()).toHaveLength(1);
  await here.people.answerOne("bob", "deny");
  await waiting;
});

test("what the target tells by itself comes through while a statement waits, and does not let it run", async () => {
  const client = await here.connectRaw();
  await client.exchange([query("listen news")]);
  client.send(query("update items set state = 'sold' where id = 1"));
  const request = await here.people.one();
  await here.direct.query("notify news");
  await client.until(({ type }) => type === "A");
  expect((await here.people.requests()).map(({ id }) => id)).toEqual([request.id]);
  expect(await states()).toEqual(untouched);
  await here.people.answer(request, "bob");
  expect(transcript(await untilReady(client))).toEqual(["C:UPDATE 1", "Z:I"]);
});
