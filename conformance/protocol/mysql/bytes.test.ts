/** Bytes that are no UTF-8, as drivers send blobs in texts: they arrive as they are, and hide nothing from who decides. */
import { randomBytes } from "node:crypto";
import type { RowDataPacket } from "mysql2";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type MysqlStage, startMysqlStage } from "../../support/mysql-stage.ts";
import { errorNumber, MysqlWireClient } from "../../support/mysql-wire-client.ts";

const setup = `
  create table blobs (id int primary key, body longblob);
  create table secrets (id int primary key, word varchar(40));
  insert into secrets values (1, 'one');
  create table users (id int primary key, email varchar(40));
  insert into users values (1, 'ann@example.com');
`;
const policy = `package guard
deny "nobody reads the secrets" if {
  some t in query.tables
  t.name == "secrets"
}
mask shop.users.email with redact() if not "dba" in principal.groups
`;

let stage: MysqlStage;
beforeAll(async () => {
  stage = await startMysqlStage({ setup, policy });
});
afterAll(() => stage.stop());

const all = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));

/** As drivers quote: what the lexer takes for something else gets a backslash. */
function quoted(value: Buffer): Buffer {
  const parts = Array.from(value, (byte) =>
    byte === 0x27 || byte === 0x5c ? [0x5c, byte] : byte === 0 ? [0x5c, 0x30] : [byte],
  );
  return Buffer.concat([Buffer.from("_binary'"), Buffer.from(parts.flat()), Buffer.from("'")]);
}

/** The text's own bytes, with a driver's between them. */
function bytes(strings: TemplateStringsArray, ...values: readonly Buffer[]): Buffer {
  return Buffer.concat(strings.flatMap((text, index) => [Buffer.from(text), values[index] ?? Buffer.alloc(0)]));
}

async function answer(text: Buffer, user = "dba"): Promise<number | undefined> {
  const client = new MysqlWireClient(await stage.enter(user));
  client.command(0x03, text);
  return errorNumber(await client.packet());
}

describe("a blob in a text", () => {
  test.each([
    ["each byte there is", all],
    ["cut characters before the quote", Buffer.from([0xe2, 0x82])],
    ["cut characters before a backslash", Buffer.from([0xc3, 0x5c, 0x27, 0xf0, 0x9f])],
    ["many", randomBytes(100_000)],
  ])("is stored as it is: %s", async (_what, body) => {
    expect(await answer(bytes`replace into blobs values (1, ${quoted(body)})`)).toBeUndefined();
    const owner = await stage.direct();
    const [rows] = await owner.query<RowDataPacket[]>("select body from blobs where id = 1");
    expect(body.equals(rows[0]?.["body"] as Buffer)).toBe(true);
  });

  test("may stand beside others, in a statement that is prepared too", async () => {
    const client = new MysqlWireClient(await stage.enter("ann"));
    client.command(0x16, bytes`select ?, ${quoted(Buffer.from([0xff]))}, 'Żofia'`);
    expect((await client.packet()).payload[0]).toBe(0x00);
  });
});

test("NUL needs no backslash in a string, and is refused elsewhere", async () => {
  const nul = Buffer.from([0]);
  expect(await answer(bytes`replace into blobs values (1, _binary'a${nul}b')`)).toBeUndefined();
  const owner = await stage.direct();
  const [rows] = await owner.query<RowDataPacket[]>("select hex(body) as body from blobs where id = 1");
  expect(rows).toEqual([{ body: "610062" }]);
  // To the server it ends the comment, and what follows runs.
  for (const text of [
    bytes`select 1 -- ${nul} , word from secrets`,
    bytes`select 1 ${nul}`,
    bytes`select 1 as \`${nul}\``,
  ]) {
    expect(await answer(text)).toBeDefined();
  }
});

describe("elsewhere", () => {
  const ff = Buffer.from([0xff]);
  test.each([
    ["in a name", bytes`select ${ff} from blobs`],
    ["in a quoted name", bytes`select 1 as \`${ff}\``],
    ["in a string that a cut character would end otherwise", bytes`select '${Buffer.from([0xbf, 0x5c])}' or secrets`],
  ])("bytes are an error of syntax: %s", async (_where, text) => {
    expect(await answer(text)).toBe(1064);
  });

  test.each([
    ["behind a blob", bytes`select ${quoted(all)} from secrets`],
    ["behind a cut character", bytes`select '${Buffer.from([0xe2, 0x82])}', word from secrets -- '`],
    ["behind a comment", bytes`select /* ${ff} */ word from secrets`],
  ])("a table is seen all the same: %s", async (_where, text) => {
    expect(await answer(text)).toBe(1142);
  });

  test("the server reads the quotes where the proxy does", async () => {
    const owner = new MysqlWireClient(await stage.direct());
    owner.command(0x03, bytes`select '${Buffer.from([0xe2, 0x82])}', (select count(*) from secrets) -- '`);
    const direct = await owner.packet();
    expect(direct.payload[0]).toBe(0x02);
  });
});

test("where data is hidden the statement would have to be rewritten, and is refused with advice", async () => {
  const client = await stage.enter("ann");
  const wire = new MysqlWireClient(client);
  wire.command(0x03, bytes`select email from users where email <> ${quoted(Buffer.from([0xff]))}`);
  const { payload } = await wire.packet();
  expect(errorNumber({ sequence: 1, payload })).toBe(1142);
  expect(payload.toString()).toContain("prepare the statement");
  // What hides nothing goes on.
  wire.command(0x03, bytes`select id from blobs where body <> ${quoted(Buffer.from([0xff]))}`);
  expect(errorNumber(await wire.packet())).toBeUndefined();
});
