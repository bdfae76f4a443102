/** Statements of MySQL's protocol that wait for people, and those that cannot be recorded. */
import type { Connection } from "mysql2/promise";
import { afterAll, beforeAll, expect, test } from "vitest";
import { MysqlWireClient } from "../../support/mysql-wire-client.ts";
import { type MysqlStage, startMysqlStage } from "../../support/mysql-stage.ts";
import { PeopleAsked } from "../../approvals/people.ts";

const setup =
  "create table items (id int primary key, state varchar(20)); insert into items values (1, 'new'), (2, 'new');";
const policy = `package guard
approve by "dba" because "an update" if query.kind == "update"
`;

let stage: MysqlStage;
let people: PeopleAsked;
let ann: Connection;
beforeAll(async () => {
  stage = await startMysqlStage({
    setup,
    policy,
    approvals: true,
    audit: "strict",
    users: [
      { name: "ann", kind: "human" },
      { name: "dana", kind: "human", groups: ["dba"] },
    ],
  });
  people = new PeopleAsked(stage.proxied.asking);
  ann = await stage.enter("ann");
});
afterAll(() => stage.stop());

const stateOf = async (id: number) => (await ann.query(`select state from items where id = ${id}`))[0];

test("a text waits until somebody has said yes, and then runs", async () => {
  const held = ann.query("update items set state = 'approved' where id = 1");
  await people.answerOne("dana");
  await held;
  expect(await stateOf(1)).toEqual([{ state: "approved" }]);
});

test("a prepared statement waits with its values, and is refused when somebody says no", async () => {
  const held = ann.execute("update items set state = ? where id = ?", ["denied", 2]);
  const request = await people.one();
  expect(request.parameters).toEqual(["denied", "2"]);
  await Promise.all([
    expect(held).rejects.toMatchObject({ errno: 1142, message: expect.stringContaining("not approved by dana") }),
    people.answer(request, "dana", "deny"),
  ]);
  expect(await stateOf(2)).toEqual([{ state: "new" }]);
});

test("values that were sent in parts are not approved unseen, and the session goes on", async () => {
  const client = new MysqlWireClient(await stage.enter("ann"));
  client.command(0x16, "update items set state = ? where id = 2");
  const id = (await client.packet()).payload.subarray(1, 5);
  for (let packet = 0; packet < 2; packet++) await client.packet();
  client.command(0x18, Buffer.concat([id, Buffer.from([0, 0]), Buffer.from("unseen")]));
  client.command(0x17, Buffer.concat([id, Buffer.from([0, 1, 0, 0, 0, 0, 1, 0xfc, 0])]));
  const { payload } = await client.packet();
  expect(payload[0]).toBe(0xff);
  expect(payload.toString()).toContain("values that were sent in parts");
  client.command(0x0e);
  expect((await client.packet()).payload[0]).toBe(0x00);
  expect(await people.waiting(0)).toEqual([]);
  expect(await stateOf(2)).toEqual([{ state: "new" }]);
});

test("KILL QUERY from another connection gives up, and the session goes on", async () => {
  const held = ann.query("update items set state = 'killed' where id = 2");
  await people.one();
  const other = await stage.enter("ann");
  await Promise.all([
    expect(held).rejects.toMatchObject({ errno: 1317, sqlState: "70100" }),
    other.query(`kill query ${ann.threadId}`),
  ]);
  expect(await stateOf(2)).toEqual([{ state: "new" }]);
});

test("a client that leaves takes its question along", async () => {
  const other = await stage.enter("ann");
  other.query("update items set state = 'left' where id = 2").catch(() => undefined);
  await people.one();
  other.destroy();
  expect(await people.waiting(0)).toEqual([]);
});
