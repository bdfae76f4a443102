/** COM_CHANGE_USER, as pools and kept connections of PHP send it: a login as thorough as the first one, and nothing left of the session before. */
import type { RowDataPacket } from "mysql2";
import type { Connection } from "mysql2/promise";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type MysqlStage, startMysqlStage } from "../../support/mysql-stage.ts";
import { MysqlWireClient } from "../../support/mysql-wire-client.ts";
import { selfSigned } from "../certificate.ts";

const setup = `
  create table users (id int primary key, email varchar(40));
  insert into users values (1, 'ann@example.com');
`;
const policy = `package guard
mask shop.users.email with redact() if not "dba" in principal.groups
`;

let stage: MysqlStage;
beforeAll(async () => {
  stage = await startMysqlStage({ setup, policy, tls: selfSigned() });
});
afterAll(() => stage.stop());

const login = (name: string) => {
  const { user, password } = stage.proxied.as(name);
  return { user, password, database: "shop" };
};
const rowOf = async (client: Connection, sql: string) => (await client.query<RowDataPacket[]>(sql))[0][0];
const email = async (client: Connection) => (await rowOf(client, "select email from users"))?.["email"] as string;

describe.each([
  ["without TLS", {}],
  ["with TLS", { ssl: { rejectUnauthorized: false } }],
])("%s", (_how, options) => {
  test("who is somebody else sees what that one sees, and back", async () => {
    const client = await stage.enter("ann", options);
    expect(await email(client)).toBe("***");
    await client.changeUser(login("dba"));
    expect(await email(client)).toBe("ann@example.com");
    await client.changeUser(login("ann"));
    expect(await email(client)).toBe("***");
  });

  test("a wrong password ends the connection, and opens nothing", async () => {
    const client = await stage.enter("ann", options);
    const failed = client.changeUser({ ...login("dba"), password: "of nobody" });
    await expect(failed).rejects.toMatchObject({ errno: 1045 });
    await expect(client.query("select email from users")).rejects.toThrow("closed");
  });
});

test("nothing is left of the session before: transaction, variables, statements, modes", async () => {
  const client = await stage.enter("dba");
  await client.query("set @word = 'left behind', sql_mode = 'ANSI_QUOTES'");
  await client.query("start transaction");
  await client.query("update users set email = 'changed' where id = 1");
  await client.changeUser(login("dba"));
  expect(await rowOf(client, "select @word as word, @@sql_mode like '%ANSI%' as mode, email from users")).toEqual({
    word: null,
    mode: 0,
    email: "ann@example.com",
  });
});

test("commands sent behind it are not answered before the login is over", async () => {
  const client = new MysqlWireClient(await stage.enter("ann"));
  client.command(0x11, Buffer.concat([Buffer.from("dba\0\0shop\0"), Buffer.from([45, 0]), Buffer.from("nothing\0")]));
  // AuthSwitchRequest, whatever the client says it begins with.
  expect((await client.packet()).payload[0]).toBe(0xfe);
  client.command(0x03, "select email from users");
  expect((await client.packet()).payload[0]).toBe(0xff);
  await expect(client.packet()).rejects.toThrow("closed");
});

test("is in the audit log as the end of a session and the beginning of another", async () => {
  const client = await stage.enter("ann");
  await client.query("select 1");
  await client.changeUser(login("dba"));
  await client.query("select 2");
  const lines = stage.proxied.auditLines();
  const connected = lines.findLast(({ event }) => event === "connect");
  const ended = lines.findLast(({ event }) => event === "disconnect");
  expect(connected).toMatchObject({ user: "dba" });
  expect(ended).toMatchObject({ reason: "user changed" });
  expect(connected?.["session"]).not.toBe(ended?.["session"]);
});

test("a pool gives each connection to whoever asks, many times", async () => {
  const client = await stage.enter("ann");
  for (let turn = 0; turn < 20; turn++) {
    const name = turn % 2 === 0 ? "dba" : "ann";
    await client.changeUser(login(name));
    expect(await email(client)).toBe(name === "dba" ? "ann@example.com" : "***");
  }
  expect(stage.proxied.proxy.meters.faults).toBe(0);
});
