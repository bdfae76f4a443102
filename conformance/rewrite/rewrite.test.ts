/**
 * Rewriting on the real server. The specification is a database in which the masks have already replaced the values: the rewritten
 * statement on the real values must answer as the original does there.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startPostgres, type PostgresServer } from "../support/postgres-server.ts";
import { createDatabases, type Databases, type Outcome, run } from "./databases.ts";
import { denied } from "./denied.ts";
import { hidden } from "./schema.ts";
import { answered } from "./statements.ts";
import { answeredThroughViews, deniedThroughViews } from "./view-statements.ts";

let server: PostgresServer;
let databases: Databases;
beforeAll(async () => {
  server = await startPostgres();
  databases = await createDatabases(server);
});
afterAll(async () => {
  await databases?.end();
  await server?.stop();
});

function rewritten(text: string, searchPath?: readonly string[], rowLimit?: number): string {
  const result = databases.rewrite(text, searchPath, rowLimit);
  if (result.kind === "denied") throw new Error(`denied: ${result.reason}`);
  return result.kind === "rewritten" ? result.text : text;
}

/** An error's position differs; `mapPosition` has its own test. */
function comparable(outcome: Outcome): unknown {
  return outcome.kind === "error" ? { ...outcome, position: undefined } : outcome;
}

describe("a rewritten statement answers as the original does where the masks have replaced the values", () => {
  test.each([...answered, ...answeredThroughViews])("%s", async (text) => {
    const answer = comparable(await run(databases.raw, rewritten(text)));
    expect(answer).toEqual(comparable(await run(databases.masked, text)));
    expect(JSON.stringify(answer)).not.toMatch(hidden);
  });

  test("and the comparison is able to see a difference", async () => {
    const text = "select email from customers";
    const answer = comparable(await run(databases.raw, text));
    expect(answer).not.toEqual(comparable(await run(databases.masked, text)));
    expect(JSON.stringify(answer)).toMatch(hidden);
  });
});

describe("what cannot be done while masks apply is denied with its reason", () => {
  test.each([...denied, ...deniedThroughViews])("%s", (text, reason) => {
    const result = databases.rewrite(text);
    if (result.kind !== "denied") throw new Error(result.kind);
    expect(`${result.reason}; ${result.hint}`).toMatch(reason);
    expect(result.reason).not.toMatch(hidden);
  });

  test("and says which of several statements it is", () => {
    expect(databases.rewrite("select 1; select email from customers; update customers set ssn = ''")).toMatchObject({
      kind: "denied",
      statement: 2,
    });
  });
});

describe("objects of the principal's own cannot capture what the masks call", () => {
  const evil = `
    create schema evil;
    create function evil.left(text, integer) returns text language sql as $$ select $1 $$;
    create function evil.char_length(text) returns integer language sql as $$ select 0 $$;
    create function evil.repeat(text, integer) returns text language sql as $$ select 'caught' $$;
    create function evil.date_trunc(text, timestamptz, text) returns timestamptz language sql as $$ select $2 $$;
    create function evil.yes(text, text) returns boolean language sql as $$ select true $$;
    create operator evil.~ (leftarg = text, rightarg = text, function = evil.yes);
    create function evil.glue(text, text) returns text language sql as $$ select $2 $$;
    create operator evil.|| (leftarg = text, rightarg = text, function = evil.glue);
    create function evil.no(integer, integer) returns boolean language sql as $$ select false $$;
    create operator evil.> (leftarg = integer, rightarg = integer, function = evil.no);
    create domain evil.text as pg_catalog.text check (value = 'caught');
    create type evil.varchar as enum ('caught');
    create table evil.penstock_base (id integer, email text);`;

  test.each(["evil, public, pg_catalog", "evil, public"])("with search_path = %s", async (path) => {
    const text = rewritten(
      "select id, email, ssn, born, seen, salary, phone, tags, customers from customers",
      path.split(", "),
    );
    const answer = await run(databases.raw, `${evil}; set local search_path = ${path}; ${text}`);
    const expected = await run(
      databases.masked,
      `select id, email, ssn, born, seen, salary, phone, tags, customers from customers`,
    );
    expect({ ...answer, columns: [] }).toEqual({ ...expected, columns: [] });
  });

  test("nor can a temporary table take the place of a table that is named without schema", async () => {
    const text = rewritten("select email from customers");
    const answer = await run(databases.raw, `create temp table customers (email text); ${text}`);
    expect(comparable(answer)).toEqual(comparable(await run(databases.masked, "select email from customers")));
  });
});

describe("a limit on rows", () => {
  test.each([
    ["select id from customers", 2],
    ["select id, email from customers order by email -- the end", 2],
    ["select id from orders /* nothing masked */;", 2],
    ["select id from customers limit 3", 2],
    ["select id from customers limit 1", 1],
    ["select id from customers order by id limit 10 offset 4", 1],
    ["select id from customers for update", 2],
    ["select id from customers limit all for share", undefined],
    ["table orders", 2],
    ["values (1), (2), (3)", 2],
    ["select id from customers union all select id from orders", 2],
    ["(select id from customers) union (select id from orders limit 3)", 2],
    ["(select id from customers)", 2],
    ["(select id from customers limit 5)", 2],
    ["with c as (select * from customers) select id from c", 2],
    ["select id from customers fetch first 3 rows only", 2],
    ["copy (select id from customers) to stdout with (format csv)", 2],
    ["declare c cursor for select id from customers; fetch all from c", 2],
    ["prepare p as select id from customers; execute p", 2],
    // These the proxy counts
    ["select id from orders offset 1", undefined],
    ["select id from orders limit 2 + 2", undefined],
    ["select id from orders order by id fetch first 3 rows with ties", undefined],
    ["insert into sink select id from customers returning id", undefined],
  ])("%s gives %s rows at most", async (text, rows) => {
    const answer = await run(databases.raw, rewritten(text, ["public"], 2));
    const full = await run(databases.masked, text);
    if (answer.kind !== "rows" || full.kind !== "rows") throw new Error("an error in place of rows");
    expect(answer.columns).toEqual(full.columns);
    expect(answer.rows.length).toBe(rows ?? full.rows.length);
  });
});

describe("an error's position", () => {
  test.each([
    "select no_such, email from customers",
    "select email from customers c where nothing > 1",
    "select 'ä€\u{1F600}', email from customers where no_such = 1",
    "select c.email from customers",
    "select a.id from customers a, customers b where a.id = b.id and wrong(a.id)",
    "select email from only (customers) where missing is null",
    "table customers order by missing",
    "select public.customers.id, missing from public.customers",
    "select c, missing from customers c",
  ])("points into the text that the user wrote: %s", async (text) => {
    const result = databases.rewrite(text);
    if (result.kind !== "rewritten") throw new Error(result.kind);
    const answer = await run(databases.raw, result.text);
    const expected = await run(databases.masked, text);
    if (answer.kind !== "error" || expected.kind !== "error") throw new Error("no error");
    expect(answer.message).toBe(expected.message);
    expect(result.mapPosition(Number(answer.position))).toBe(Number(expected.position));
  });
});

test("a text without masked relations is left as it is", () => {
  for (const text of [
    "select * from orders",
    "begin",
    "select email from crm.customers",
    "",
    "copy orders to stdout",
  ]) {
    expect(databases.rewrite(text)).toEqual({ kind: "unchanged" });
  }
});
