/**
 * Rewriting on a real MariaDB. The specification is a server on which the masks have already replaced the values and hidden rows are gone: the
 * rewritten statement on the real one must answer as the original does there.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createDatabases, type Databases, run } from "./databases.ts";
import { denied, disguised } from "./denied.ts";
import { hidden } from "./schema.ts";
import { answered, answeredOfFiltered } from "./statements.ts";

let databases: Databases;
beforeAll(async () => {
  databases = await createDatabases();
});
afterAll(async () => {
  await databases?.end();
});

function rewritten(text: string): string {
  const verdict = databases.decide(text);
  if (verdict.action !== "forward") throw new Error(`${verdict.action}: ${verdict.reason.message}`);
  return verdict.text;
}

describe("a rewritten statement answers as the original does where nothing is hidden because it is not there", () => {
  test.each([...answered, ...answeredOfFiltered])("%s", async (text) => {
    const answer = await run(databases.raw, rewritten(text));
    expect(answer).toEqual(await run(databases.masked, text));
    expect(JSON.stringify(answer)).not.toMatch(hidden);
  });

  test("and the comparison is able to see a difference", async () => {
    const text = "select email, ssn from customers";
    const answer = await run(databases.raw, text);
    expect(answer).not.toEqual(await run(databases.masked, text));
    expect(JSON.stringify(answer)).toMatch(hidden);
  });
});

describe("what cannot be done while masks and filters apply is denied with its reason, and a harmless twin is not", () => {
  test.each(denied)("%s", (text, reason, twin) => {
    const verdict = databases.decide(text);
    if (verdict.action !== "deny") throw new Error(`${verdict.action}: ${JSON.stringify(verdict)}`);
    expect(verdict.reason.message).toMatch(reason);
    expect(verdict.reason.message).not.toMatch(hidden);
    expect(rewritten(twin)).not.toBe("");
  });
});

describe("a protected table is found however it is named", () => {
  test.each(disguised)("%s", async (text) => {
    const sent = rewritten(text);
    await databases.raw.query("use shop");
    await databases.masked.query("use shop");
    for (const part of sent.split(";").slice(0, -1)) if (part.startsWith("use")) await databases.raw.query(part);
    const answer = await run(databases.raw, sent.split(";").at(-1) ?? "");
    await databases.raw.query("use shop");
    expect(answer.kind).not.toBe("error");
    expect(JSON.stringify(answer)).not.toMatch(hidden);
    const [[variables]] = (await databases.raw.query("select @a, @b, @c")) as unknown as [[unknown]];
    expect(JSON.stringify(variables)).not.toMatch(hidden);
  });
});

describe("copies hold what the principal sees", () => {
  test.each([
    "create table copied as select * from customers",
    "create table copied (id int primary key) select id, ssn, email from customers",
    "create or replace view copied as select id, ssn, email from customers where ssn like '%1%' or ssn = '***'",
    "create temporary table copied select ssn, (select max(note) from orders) as note from customers",
  ])("%s", async (text) => {
    const kind = text.includes("view") ? "view" : "table";
    try {
      await databases.raw.query(rewritten(text));
      await databases.masked.query(text);
      const answer = await run(databases.raw, "select * from copied");
      expect(answer).toEqual(await run(databases.masked, "select * from copied"));
      expect(JSON.stringify(answer)).not.toMatch(hidden);
    } finally {
      for (const each of [databases.raw, databases.masked]) await each.query(`drop ${kind} if exists shop.copied`);
    }
  });
});

describe("the server's own databases tell nothing of what is hidden", () => {
  test.each([
    ["select info from information_schema.processlist", "info"],
    ["select table_rows, auto_increment from information_schema.tables where table_schema = 'shop'", "table_rows"],
    ["select cardinality from INFORMATION_SCHEMA.STATISTICS where table_schema = 'shop'", "cardinality"],
    ["select min_value from mysql.column_stats", "min_value"],
    ["select trace from information_schema.optimizer_trace", "trace"],
    ["select password, authentication_string from mysql.user", "password"],
    ["select priv from mysql.global_priv", "priv"],
  ])("%s", async (text) => {
    const answer = await run(databases.raw, rewritten(text));
    if (answer.kind !== "rows") throw new Error(JSON.stringify(answer));
    expect(answer.rows.filter((row) => row.replace(/null|,|\[|\]/g, "") !== "")).toEqual([]);
  });

  test("and who there is stays", async () => {
    const text = "select User, Host, Select_priv from mysql.user order by User, Host";
    expect(await run(databases.raw, rewritten(text))).toEqual(await run(databases.masked, text));
  });

  test("and what is about the schema alone stays", async () => {
    const text =
      "select table_name, table_type, table_comment from information_schema.tables where table_schema = 'shop'";
    const answer = await run(databases.raw, rewritten(text));
    expect(answer).toEqual(await run(databases.masked, text));
  });
});

describe("conditions are kept from hidden rows", () => {
  test("by a derived table that is neither merged nor gets them pushed into it", async () => {
    const sent = rewritten("select id from orders where cast(note as signed) > 0");
    const plan = JSON.stringify(await run(databases.raw, `explain format=json ${sent}`));
    expect(plan).toContain("materialized");
    expect((await run(databases.raw, sent)).kind).toBe("rows");
    await databases.raw.query(sent);
    expect(JSON.stringify(await run(databases.raw, "show warnings"))).not.toMatch(hidden);
  });

  test("but not from an index, where they tell nothing", async () => {
    const sent = rewritten("select id from orders where id = 3");
    expect(sent).not.toContain("limit");
    expect(JSON.stringify(await run(databases.raw, `explain ${sent}`))).toContain("const");
  });
});
