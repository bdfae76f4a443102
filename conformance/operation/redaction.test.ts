/** `audit.redact`: what was written into statements about labelled columns stands nowhere in the audit log; all else does. */
import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type MysqlStage, startMysqlStage } from "../support/mysql-stage.ts";
import { type Stage, startStage } from "../support/stage.ts";

const policy = `package redaction

label column as "pii.contact" if column.path in {"public.people.email", "shop.people.email"}
label column as "other" if column.path in {"public.people.note", "shop.people.note"}
deny sprintf("no such mail: %s", [query.text]) if contains(query.text, "forbidden")
`;
const setup = `create table people (id int primary key, email varchar(100), note varchar(100));
create table plain (id int primary key, note varchar(100));
create view mails as select id, email as mail from people;
insert into people values (1, 'a@example.com', 'n')`;
const redaction = { labels: ["pii"] };

interface Asked {
  readonly run: (text: string, values?: readonly unknown[]) => Promise<unknown>;
  readonly lines: () => readonly Record<string, unknown>[];
}

/** Records that one statement has left, as they stand in the file. */
async function recordsOf({ run, lines }: Asked, text: string, values?: readonly unknown[]): Promise<string[]> {
  const before = lines().length;
  await run(text, values).catch(() => undefined);
  for (let turn = 0; turn < 200; turn++) {
    const now = lines().slice(before);
    if (now.some(({ event }) => event === "result")) return now.map((line) => JSON.stringify(line));
    await new Promise((resolve) => {
      setTimeout(resolve, 5);
    });
  }
  throw new Error("nothing was recorded");
}

/** The number is too long to stand in a digest by chance. */
const secret = /hidden|1234504|HIDDEN/;
const textOf = (records: readonly string[]): unknown =>
  records.map((line) => JSON.parse(line)).find(({ event }) => event === "statement")?.text;

/** For both servers. */
const attacks = [
  ["a condition", "select id from people where email = 'hidden'"],
  [
    "a condition that names no column of the output",
    "select count(*) from people where email like 'hid%den' or email = 'hidden' limit 1234504711",
  ],
  ["an alias", "select id from people p where p.email in ('hidden', 'hidden2')"],
  ["a view", "select id from mails where mail = 'hidden'"],
  ["a subquery", "select id from plain where id in (select id from people where email = 'hidden')"],
  ["an insert with columns", "insert into people (id, email) values (1234504711, 'hidden')"],
  ["an insert without columns", "insert into people values (1234504711, 'hidden', 'hidden')"],
  [
    "an insert of many rows",
    `insert into people values ${Array.from({ length: 300 }, (_, n) => `(${n + 1_234_504_000}, 'hidden', 'x')`).join(", ")}`,
  ],
  ["an update", "update people set email = 'hidden' where id = 1"],
  ["a deletion", "delete from people where email = 'hidden'"],
  ["a comment", "select email /* hidden */ from people -- hidden"],
  ["a tag of a driver", "select id from people where email = 'x' /*key='hidden',route='%2Fhidden'*/"],
  ["a tag of one that is refused", "select id from people where email = 'forbidden' /*key='hidden'*/"],
  ["a default", "alter table people alter column email set default 'hidden'"],
  ["several statements", "select id from people where email = 'hidden'; select 1"],
  ["a syntax error", "select email from people where email = 'hidden' and and"],
  ["an unknown column", "select emial from people where emial = 'hidden'"],
  ["an unknown table", "select email from pepole where email = 'hidden'"],
  ["a rule that shows the text", "select id from people where email = 'hidden forbidden'"],
  ["the same again", "select id from people where email = 'hidden'"],
  ["another of its shape", "select id from people where email = 'hidden too'"],
] as const;

/** What must stand in the log as it was sent. */
const twins = [
  "select id from plain where note = 'shown'",
  "insert into plain values (1, 'shown')",
  "select note from people where id = 15",
  "update people /* shown */ set note = 'shown' where id = 1",
  "delete from plain where id = 15",
  "select 'shown'",
] as const;

function behave(asked: () => Asked, own: readonly (readonly [string, string])[]): void {
  test.each([...attacks, ...own])("nothing of %s is in the log", async (_name, text) => {
    const records = await recordsOf(asked(), text);
    expect(records.join("\n")).not.toMatch(secret);
    expect(records.join("\n")).toContain('"redacted":true');
  });

  test.each(twins)("%s stands there as it was sent", async (text) => {
    const records = await recordsOf(asked(), text);
    expect(textOf(records)).toBe(text);
    expect(records.join("\n")).not.toContain('"redacted":true');
  });

  test("what is left shows the statement", async () => {
    expect(
      textOf(
        await recordsOf(
          asked(),
          "select id /* hidden */ from people where email = 'hidden' and id < 1234504711 limit 3",
        ),
      ),
    ).toBe("select id from people where email = ? and id < ? limit ?");
  });

  test("of what cannot be read, the digest tells only whether it was the same", async () => {
    const [one, same, other] = [
      textOf(await recordsOf(asked(), "selec 'hidden'")),
      textOf(await recordsOf(asked(), "selec 'hidden'")),
      textOf(await recordsOf(asked(), "selec 'hidden 2'")),
    ];
    expect(one).toMatch(/^hmac-sha256:[0-9a-f]{64}$/);
    expect(same).toBe(one);
    expect(other).not.toBe(one);
    // Who guesses the text cannot find out whether it was that one.
    for (const form of ["hex", "base64", "base64url"] as const)
      expect(one).not.toContain(createHash("sha256").update("selec 'hidden'").digest(form));
  });
}

describe("PostgreSQL", () => {
  let stage: Stage;
  let asked: Asked;
  beforeAll(async () => {
    stage = await startStage({ setup, policy, redaction });
    const client = await stage.enter("dba");
    asked = {
      run: (text, values) => client.query(text, values === undefined ? undefined : [...values]),
      lines: stage.proxied.auditLines,
    };
  });
  afterAll(() => stage.stop());

  behave(
    () => asked,
    [
      ["an escape string", "select id from people where email = E'hid\\'hidden'"],
      ["a dollar quote", "select id from people where email = $a$hidden$a$"],
      ["a string in two parts", "select id from people where email = 'x'\n 'hidden'"],
      ["a prepared statement", "prepare p as select id from people where email = 'hidden'"],
      ["its arguments", "prepare q (text) as select id from people where email = $1; execute q ('hidden')"],
      ["a cursor", "begin; declare c cursor for select id from people where email = 'hidden'"],
      ["a setting", "rollback; set my.mail = 'hidden'"],
      ["a copy with a query", "copy (select id from people where email = 'hidden') to stdout"],
      ["a block of code", "do $$ begin perform 1 from people where email = 'hidden'; end $$"],
      ["an explained statement", "explain select id from people where email = 'hidden'"],
      ["an index", "create index on people (id) where email = 'hidden'"],
    ],
  );

  test("values of parameters stand in no record", async () => {
    const records = await recordsOf(asked, "select id from people where email = $1", ["hidden"]);
    expect(records.join("\n")).not.toMatch(secret);
    expect(textOf(records)).toBe("select id from people where email = $1");
  });
});

describe("MariaDB", () => {
  let stage: MysqlStage;
  let asked: Asked;
  beforeAll(async () => {
    stage = await startMysqlStage({ setup, policy, redaction });
    const client = await stage.enter("dba", { multipleStatements: true });
    asked = {
      run: (text, values) => (values === undefined ? client.query(text) : client.execute(text, values as string[])),
      lines: stage.proxied.auditLines,
    };
  });
  afterAll(() => stage.stop());

  behave(
    () => asked,
    [
      ["a string in double quotes", 'select id from people where email = "hidden"'],
      ["a string with an introducer", "select id from people where email = _utf8mb4'hidden'"],
      ["a national string", "select id from people where email = N'hidden'"],
      ["an escaped quote", "select id from people where email = 'x\\'hidden'"],
      ["a versioned comment", "select id from people /*!50000 where email = 'hidden' */"],
      ["a comment to the end of the line", "select email from people # hidden"],
      ["a prepared statement", "prepare p from 'select id from people where email = ''hidden'''"],
      ["an immediate statement", "execute immediate 'select id from people where email = ''hidden'''"],
      ["a variable", "set @mail = 'hidden'"],
      ["a replaced row", "replace into people values (1234504711, 'hidden', 'x')"],
      ["an explained statement", "explain select id from people where email = 'hidden'"],
    ],
  );

  test("values of parameters stand in no record", async () => {
    const records = await recordsOf(asked, "select id from people where email = ?", ["hidden"]);
    expect(records.join("\n")).not.toMatch(secret);
    expect(textOf(records)).toBe("select id from people where email = ?");
  });
});
