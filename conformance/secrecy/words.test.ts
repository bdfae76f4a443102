/** What triggers and functions say, to somebody from whom data is hidden and to somebody from whom nothing is. */
import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type GuardedUser, type ShopUnderGuard, startShopUnderGuard } from "../support/shop-under-guard.ts";
import { errorFields, type Message, queryMessage, type WireClient } from "../support/wire-client.ts";

const setup = `
  create function limits() returns trigger language plpgsql as $$ begin
    if new.credit_limit = 1 then raise exception '100%% of it is spent'; end if;
    if new.credit_limit = 2 then raise exception 'spent by %', new.name using errcode = 'P0777'; end if;
    raise notice 'a new limit';
    perform pg_notify('limits', new.id::text);
    return new;
  end $$;
  create trigger limiting before update on customers for each row execute function limits();
  create function loud() returns integer language plpgsql as $$ begin raise notice 'loud'; return 1; end $$`;

let shop: ShopUnderGuard;
let analyst: WireClient;
let dba: WireClient;

beforeAll(async () => {
  shop = await startShopUnderGuard();
  const owner = new Client(shop.twins.shop);
  await owner.connect();
  await owner.query(setup);
  await owner.end();
  await shop.proxied.refreshCatalogs();
  [analyst, dba] = await Promise.all([shop.open("analyst"), shop.open("dba")]);
});

afterAll(async () => {
  analyst?.close();
  dba?.close();
  await shop?.stop();
});

const fieldsOf = (messages: readonly Message[], type: "E" | "N") =>
  messages.filter((each) => each.type === type).map((each) => Object.fromEntries(errorFields(each)));
const as = (user: GuardedUser) => (user === "dba" ? dba : analyst);
const setLimit = (user: GuardedUser, limit: number) =>
  as(user).exchange(queryMessage(`update customers set credit_limit = ${limit} where id = 2`));

test("an error that says the same of every row comes through, and no more of it", async () => {
  const [error] = fieldsOf(await setLimit("analyst", 1), "E");
  expect(error).toEqual({ S: "ERROR", V: "ERROR", C: "P0001", M: "100% of it is spent" });
});

test("an error with values in it is withheld, but for its SQLSTATE", async () => {
  const [error] = fieldsOf(await setLimit("analyst", 2), "E");
  expect(error).toMatchObject({ C: "P0777", M: expect.stringContaining("withheld: data is hidden from you") });
});

test("whoever sees everything is told everything", async () => {
  expect(fieldsOf(await setLimit("dba", 2), "E")).toMatchObject([
    { C: "P0777", M: "spent by Chen Mbeki", W: expect.stringContaining("limits()") },
  ]);
  expect(fieldsOf(await setLimit("dba", 300), "N")).toMatchObject([{ M: "a new limit" }]);
});

test("notices of triggers do not pass, those of functions in a query and of the server do", async () => {
  expect(fieldsOf(await setLimit("analyst", 300), "N")).toEqual([]);
  expect(fieldsOf(await analyst.query("select loud()"), "N")).toMatchObject([{ M: "loud" }]);
  await analyst.query("create temp table mine (id integer)");
  const answer = await analyst.query("create temp table if not exists mine (id integer)");
  expect(fieldsOf(answer, "N")).toMatchObject([{ C: "42P07" }]);
});

test.each([
  ["analyst", ""],
  ["dba", "2"],
] as const)("somebody who listens is told that something happened (%s)", async (user, payload) => {
  await as(user).query("listen limits");
  await setLimit(user, 400);
  const answers = [...(await as(user).query("select 1")), ...(await setLimit(user, 401))];
  const told = answers.find(({ type }) => type === "A");
  expect(told?.body.toString("latin1", 4)).toBe(`limits\0${payload}\0`);
});
