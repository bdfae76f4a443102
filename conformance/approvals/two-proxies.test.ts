/** Two proxies on one PostgreSQL store: what is said at one holds at the other, by NOTIFY and without, and a store that is away harms nobody else. */
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Store } from "../../proxy/src/store/store.ts";
import { postgresStore } from "../store/stores.ts";
import { type LossyRelay, startLossyRelay } from "../support/lossy-relay.ts";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import { type Proxied, type ProxiedUser, startProxied } from "../support/proxied.ts";
import { PeopleAsked } from "./people.ts";

const users: readonly ProxiedUser[] = [
  { name: "ann", kind: "human" },
  { name: "bob", kind: "human", groups: ["dba"] },
  { name: "dan", kind: "human", groups: ["dba"] },
];
const policy =
  'package test\napprove by "dba" if query.kind == "update"\napprove by "dba" for "1h" if query.kind == "delete"';
const update = "update items set state = 'sold'";

let target: PostgresServer;
beforeAll(async () => {
  target = await startPostgres();
  await target.createDatabase("shop");
  const direct = new Client(target.url("shop"));
  await direct.connect();
  await direct.query("create table items (id int primary key, state text); insert into items values (1, 'new')");
  await direct.end();
});
afterAll(() => target.stop());

interface One {
  readonly store: Store;
  readonly proxied: Proxied;
  readonly people: PeopleAsked;
}

async function start(server: PostgresServer, listens: boolean): Promise<One> {
  const store = postgresStore(server, { listens });
  await store.open();
  const { host, port, user, password } = target;
  const proxied = await startProxied({
    databases: [{ host, port, user, password, database: "shop" }],
    users,
    policies: [{ path: "test.policy", text: policy }],
    approvals: { store },
  });
  return { store, proxied, people: new PeopleAsked(proxied.asking) };
}

async function stop({ store, proxied }: One): Promise<void> {
  await proxied.stop();
  await store.close();
}

async function connect({ proxied }: One): Promise<Client> {
  const client = new Client(proxied.as("ann"));
  client.on("error", () => undefined);
  await client.connect();
  return client;
}

describe.each([
  ["that listen to each other", true],
  ["that only look", false],
])("two proxies %s", (_, listens) => {
  let server: PostgresServer;
  let here: One;
  let there: One;
  let client: Client;
  beforeAll(async () => {
    server = await startPostgres();
    [here, there] = await Promise.all([start(server, listens), start(server, listens)]);
    client = await connect(here);
  });
  afterAll(async () => {
    await client.end();
    await Promise.all([stop(here), stop(there)]);
    await server.stop();
  });

  test("a yes at one releases a statement at the other in under a second", async () => {
    const answer = client.query(update);
    const request = await there.people.one();
    const beganMs = Date.now();
    expect(await there.people.answer(request, "bob")).toMatchObject({ isCounted: true });
    expect(await answer).toMatchObject({ rowCount: 1 });
    expect(Date.now() - beganMs).toBeLessThan(1000);
  });

  test("of two people who answer at two proxies at once, one is counted", async () => {
    const answer = client.query(update);
    const request = await there.people.one();
    const outcomes = await Promise.all([here.people.answer(request, "bob"), there.people.answer(request, "dan")]);
    expect(outcomes.filter(({ isCounted }) => isCounted)).toHaveLength(1);
    await answer;
  });

  test("a yes for a number of runs is used that often, whichever proxy they come to", async () => {
    const other = await connect(there);
    const first = client.query("delete from items where id = 7");
    await there.people.answerOne("bob", "approve", undefined, { uses: 3 });
    await first;
    const sql = "delete from items where id = 7";
    const runs = [other.query(sql), client.query(sql), (await connect(there)).query(sql)];
    const [left] = await here.people.waiting(1);
    if (left === undefined) throw new Error("all of them ran");
    await here.people.answer(left, "bob", "deny");
    const outcomes = await Promise.allSettled(runs);
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(2);
    await other.end();
  });
});

describe("an answer of the store that is lost on its way", () => {
  let server: PostgresServer;
  let relay: LossyRelay;
  let here: One;
  let there: One;
  let client: Client;
  beforeAll(async () => {
    server = await startPostgres();
    relay = await startLossyRelay(server.port);
    here = await start({ ...server, port: relay.port }, true);
    there = await start(server, true);
    client = await connect(here);
  });
  afterAll(async () => {
    await client.end();
    await Promise.all([stop(here), stop(there)]);
    await relay.stop();
    await server.stop();
  });

  test("that people are asked: the statement waits all the same, in one request", async () => {
    // The server keeps statements by name: the text comes once for each connection.
    const lost = relay.loseCommitAfter("insert into requests");
    const answer = client.query(update);
    await lost;
    const request = await there.people.one();
    await there.people.answer(request, "bob");
    expect(await answer).toMatchObject({ rowCount: 1 });
    expect(await there.people.requests()).toEqual([]);
  });

  test("that they have said yes: the statement runs, once", async () => {
    const answer = client.query(update);
    const request = await there.people.one();
    const lost = relay.loseCommitAfter(request.id);
    await there.people.answer(request, "bob");
    await lost;
    expect(await answer).toMatchObject({ rowCount: 1 });
    const other = client.query(update);
    await there.people.answerOne("bob", "deny");
    await expect(other).rejects.toMatchObject({ code: "42501" });
  });
});

test("without its store a proxy refuses what needs approval, in bounded time, and runs everything else", async () => {
  const server = await startPostgres();
  const here = await start(server, true);
  const client = await connect(here);
  await server.stop();
  const beganMs = Date.now();
  await expect(client.query(update)).rejects.toMatchObject({
    code: "58030",
    message: "nobody can be asked for approval at the moment, so the statement was not run",
  });
  expect(Date.now() - beganMs).toBeLessThan(8000);
  expect((await client.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
  await client.end();
  await stop(here);
});
