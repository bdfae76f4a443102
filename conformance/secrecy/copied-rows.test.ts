/** COPY … FROM STDIN into a table of which rows are hidden: a row that its maker would not see is refused in whatever form it comes; others arrive. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { bind, copyDone, errorField, execute, parse, query, raw, RawClient, sync } from "../protocol/raw-client.ts";
import { type Stage, startStage } from "../support/stage.ts";

const policies = `package test
filter public.orders as row where {
    row.region != "hidden"
    row.total < 100
}
filter public.parts as row where row.region != "hidden"
filter public.marked as row where row.region != "hidden"
filter public.touched as row where row.region != "hidden"
filter public.stamped as row where row.region != "hidden"
filter public.computed as row where row.region != "hidden"
filter public.closed as row where principal.name == "somebody else"
mask public.orders.ssn with null()
`;

const setup = `
create table orders (id int primary key, region text default 'north', total numeric(8, 2) default 1, note text, ssn text);
create table parts (id int, region text) partition by list (region);
create table parts_north partition of parts for values in ('north');
create table parts_other partition of parts default;
create table marked (id int, region text default 'hidden');
create table touched (id int, region text);
create function hide() returns trigger language plpgsql as $$ begin new.region := 'hidden'; return new; end $$;
create trigger hide before insert on touched for each row execute function hide();
create table stamped (id int, region text, at timestamptz);
create function stamp() returns trigger language plpgsql as $$ begin new.at := now(); return new; end $$;
create trigger stamp before insert on stamped for each row execute function stamp();
create table computed (id int, given text, region text generated always as (lower(given)) stored);
create table closed (id int);
create table open (id int, region text);
`;

const tables = ["orders", "parts", "marked", "touched", "stamped", "computed", "closed", "open"];

let stage: Stage;
let client: RawClient;

beforeAll(async () => {
  stage = await startStage({ database: "copies", setup, policy: policies });
});
beforeEach(async () => {
  client = await RawClient.connect(stage.proxied.url("ann"));
});
afterEach(() => client.end());
afterAll(() => stage?.stop());

/** Sends the data as soon as the server asks for it. */
async function copy(data: string | Buffer, ...messages: readonly Buffer[]) {
  client.send(...messages);
  const isExtended = messages.length > 1;
  const begun = await client.until(({ type }) => type === "G" || type === "Z");
  if (begun.at(-1)?.type === "G") client.send(raw("d", data), copyDone, ...(isExtended ? [sync] : []));
  const answer = begun.at(-1)?.type === "Z" ? begun : await client.until(({ type }) => type === "Z");
  const error = answer.find(({ type }) => type === "E")?.body;
  const fields = (code: string) => (error === undefined ? undefined : errorField(error, code));
  const tag = answer
    .find(({ type }) => type === "C")
    ?.body.toString("latin1")
    .replace("\0", "");
  return { tag, sqlstate: fields("C"), message: fields("M"), detail: fields("D"), hint: fields("H") };
}

async function stored(): Promise<string> {
  const asOwner = await RawClient.connect(stage.server.url("copies"));
  const counts = tables.map((table) => `(select count(*) from ${table})`).join(" + ");
  const [, row] = await asOwner.exchange([query(`select ${counts}`)]);
  asOwner.end();
  return row ?? "";
}

const signature = Buffer.from("PGCOPY\n\xff\r\n\0", "latin1");

function binary(...rows: readonly (readonly (Buffer | null)[])[]): Buffer {
  const int = (value: number, bytes: number) => {
    const buffer = Buffer.alloc(bytes);
    buffer.writeIntBE(value, 0, bytes);
    return buffer;
  };
  const field = (value: Buffer | null) => (value === null ? [int(-1, 4)] : [int(value.length, 4), value]);
  const body = rows.flatMap((row) => [int(row.length, 2), ...row.flatMap(field)]);
  return Buffer.concat([signature, Buffer.alloc(8), ...body, int(-1, 2)]);
}

const one = Buffer.from([0, 0, 0, 1]);
const manyGood = Array.from({ length: 2_000 }, (_, index) => `${index + 10}\tsouth\t5\n`).join("");

test.each<readonly [sql: string, data: string | Buffer, line: number]>([
  ["copy orders (id, region) from stdin", "1\tnorth\n2\thidden\n", 2],
  ["copy orders (region, id) from stdin", "hidden\t1\n", 1],
  ["copy orders (id, region, total) from stdin", `${manyGood}1\thidden\t1\n`, 2_001],
  ["copy orders (id, total) from stdin", "1\t99.99\n2\t100\n", 2],
  ["copy orders (id, total) from stdin", "1\t99.996\n", 1],
  ["copy orders (id, region) from stdin", "1\t\\x68idden\n", 1],
  ["copy orders (id, region) from stdin", "1\t\\N\n", 1],
  ["copy orders (id, region) from stdin with (format csv)", '1,"hid""den"\n2,"hidden"\n', 2],
  ["copy orders (id, region) from stdin with (format csv, header, delimiter ';', quote '|')", "a;b\n1;|hidden|\n", 2],
  ["copy orders (id, region) from stdin with (format csv, null 'hidden')", "1,hidden\n", 1],
  ["copy orders (id, region, total) from stdin with (default '\\D')", "1\t\\D\t\\D\n2\t\\D\t200\n", 2],
  ["copy orders (id, region) from stdin with (format binary)", binary([one, Buffer.from("hidden")]), 1],
  ["copy binary orders (id, region) from stdin", binary([one, null]), 1],
  ["copy orders (id, region) from stdin delimiter ',' csv", "1,hidden\n", 1],
  ["copy orders (id, region) from stdin with (encoding 'latin1')", Buffer.from("1\th\xe9\n2\thidden\n", "latin1"), 2],
  ["copy orders (id, region) from stdin with (on_error ignore)", "1\tnorth\nx\tnorth\n2\thidden\n", 3],
  ["copy orders (id, region) from stdin where id > 0", "1\thidden\n", 1],
  ["copy orders (id, region) from stdin where id > 5 or true", "1\thidden\n", 1],
  ["copy orders (id, region) from stdin where (region = 'hidden')", "0\tnorth\n1\thidden\n", 2],
  ["copy orders (id, region) from stdin where case when id > 0 then true else false end", "1\thidden\n", 1],
  ['copy "public"."orders" ("id", "region") from stdin /* where true */ ; -- where true', "1\thidden\n", 1],
  ["select 1; copy orders (id, region) from stdin; select 2", "1\thidden\n", 1],
  ["copy parts from stdin", "1\tnorth\n2\thidden\n", 2],
  ["copy parts_other from stdin", "2\thidden\n", 1],
  ["copy marked (id) from stdin", "1\n", 1],
  ["copy stamped (id, region) from stdin", "1\thidden\n", 1],
])("%s is refused for a row that would be hidden", async (sql, data, line) => {
  for (const messages of [[query(sql)], [parse("", sql), bind("", ""), execute(""), sync]]) {
    if (messages.length > 1 && sql.includes(";") && !sql.endsWith("true")) continue;
    const refused = await copy(data, ...messages);
    expect(refused).toMatchObject({
      sqlstate: "42501",
      message: expect.stringMatching(/^the new row would be hidden from you by the filter of public\.\w+$/),
      detail: `it is line ${line} of what was copied`,
      hint: "give it values that you would see, or ask for a role without filters",
    });
    expect(await stored()).toBe("D:0");
  }
});

test.each<readonly [sql: string, reason: RegExp]>([
  ["copy touched from stdin", /trigger "hide" may change a row after it was checked/],
  ["copy computed (id, given) from stdin", /which the server computes: new rows cannot be checked/],
  ["copy closed from stdin", /you would see no row that you insert/],
  ["copy orders from stdin", /column "ssn" of public.orders is masked for you, so you may not write it/],
  ["copy orders (id) from stdin where ssn is null", /column "ssn" of public.orders is masked/],
  ["copy parts_other from '/etc/passwd'", /COPY from or to a file/],
])("%s is refused before any data is sent", async (sql, reason) => {
  expect(await copy("", query(sql))).toMatchObject({ sqlstate: "42501", message: expect.stringMatching(reason) });
  expect(await stored()).toBe("D:0");
});

test.each<readonly [sql: string, data: string | Buffer, rows: number]>([
  ["copy orders (id, region, total) from stdin", manyGood, 2_000],
  ["copy orders (id) from stdin", "1\n2\n", 2],
  ["copy orders (id, region, note) from stdin with (format csv, header)", 'a,b,c\n1,north,"it, ""is"""\n', 1],
  ["copy orders (id, region) from stdin with (format binary)", binary([one, Buffer.from("north")]), 1],
  ["copy orders (id, region) from stdin where region <> 'hidden'", "1\thidden\n2\tsouth\n", 1],
  ["copy orders (id, region) from stdin where false;", "1\thidden\n", 0],
  ["copy orders (id, region) from stdin with (on_error ignore)", "x\tnorth\n2\tsouth\n", 1],
  ["copy parts from stdin", "1\tnorth\n2\teast\n", 2],
  ["copy marked from stdin", "1\tnorth\n", 1],
  ["copy stamped (id, region) from stdin", "1\tnorth\n", 1],
  ["copy open from stdin", "1\thidden\n", 1],
  ["copy orders (id, region) from stdin", "", 0],
])("%s brings what stays visible", async (sql, data, rows) => {
  for (const messages of [[query(sql)], [parse("", sql), bind("", ""), execute(""), sync]]) {
    expect(await copy(data, ...messages)).toMatchObject({ tag: `COPY ${rows}`, sqlstate: undefined });
    expect(await stored()).toBe(`D:${rows}`);
    const asOwner = await RawClient.connect(stage.server.url("copies"));
    await asOwner.exchange([query(`truncate ${tables.join(", ")}`)]);
    asOwner.end();
  }
});

test("an error of the server's own stays what it is", async () => {
  expect(await copy("1\tx\n", query("copy orders (id, total) from stdin"))).toMatchObject({
    sqlstate: "22P02",
    message: 'invalid input syntax for type numeric: "x"',
  });
  expect(await copy("1\n1\n", query("copy orders (id) from stdin"))).toMatchObject({
    sqlstate: "23505",
    detail: undefined,
  });
});
