/** Rewriting with row filters on the real server. The specification is a database that lacks the hidden rows. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { comparisonsBetween } from "../../engine/src/sql/postgres/rewrite/leakproof.ts";
import { refusedRow } from "../../engine/src/sql/postgres/rewrite/new-rows.ts";
import { startPostgres, type PostgresServer } from "../support/postgres-server.ts";
import { createDatabases, type Databases, type Outcome, run } from "./databases.ts";
import { answeredWithFilters, deniedWithFilters, refusedRows } from "./filtered-statements.ts";
import { hidden } from "./schema.ts";
import { answered } from "./statements.ts";
import {
  answeredThroughViews,
  answeredThroughViewsWithFilters,
  deniedThroughViews,
  deniedThroughViewsWithFilters,
} from "./view-statements.ts";

let server: PostgresServer;
let databases: Databases;
beforeAll(async () => {
  server = await startPostgres();
  databases = await createDatabases(server, true);
});
afterAll(async () => {
  await databases?.end();
  await server?.stop();
});

function rewritten(text: string): string {
  const result = databases.rewrite(text);
  if (result.kind === "denied") throw new Error(`denied: ${result.reason}`);
  return result.kind === "rewritten" ? result.text : text;
}

/** An error's position differs; `mapPosition` has its own test. */
function comparable(outcome: Outcome): unknown {
  return outcome.kind === "error" ? { ...outcome, position: undefined } : outcome;
}

/** What would tell of hidden rows: denied, see `deniedWithFilters`. */
const tellsOfHiddenRows =
  /tablesample|\b(?:ctid|xmin)\b|^explain .*orders|^truncate|^(?:alter|drop) table customers .*(?:drop column|cascade)|^alter table customers alter column name set default|^create table .* references customers|^create unique index on customers|^create index on customers .* where|^alter table .* add (?:check|foreign)/;

describe("a rewritten statement answers as the original does where the hidden rows never were", () => {
  test.each([
    ...answered.filter((text) => !tellsOfHiddenRows.test(text)),
    ...answeredWithFilters,
    ...answeredThroughViews,
    ...answeredThroughViewsWithFilters,
  ])("%s", async (text) => {
    const answer = comparable(await run(databases.raw, rewritten(text)));
    expect(answer).toEqual(comparable(await run(databases.masked, text)));
    expect(JSON.stringify(answer)).not.toMatch(hidden);
  });

  test("and the comparison is able to see a difference", async () => {
    for (const text of ["select id from orders", "select id from customers where 1 / (id - 2) < 5"]) {
      expect(comparable(await run(databases.raw, text))).not.toEqual(comparable(await run(databases.masked, text)));
    }
  });
});

describe("a row that the filter would hide from its maker does not come about", () => {
  test.each(refusedRows)("%s", async (text) => {
    const answer = await run(databases.raw, rewritten(text));
    expect(answer).toMatchObject({ kind: "error", sqlstate: "22P02" });
    expect(answer.kind === "error" && refusedRow(answer.message)).toMatch(
      /^the new row would be hidden from you by the filter of (public\.|"Odd)/,
    );
    expect(JSON.stringify(answer)).not.toMatch(/lost/i);
    const allowed = await run(databases.masked, text);
    expect(allowed.kind).toBe("rows");
  });
});

describe("what would tell of hidden rows is denied with its reason", () => {
  test.each([...deniedWithFilters, ...deniedThroughViews, ...deniedThroughViewsWithFilters])("%s", (text, reason) => {
    const result = databases.rewrite(text);
    if (result.kind !== "denied") throw new Error(result.kind);
    expect(`${result.reason}; ${result.hint}`).toMatch(reason);
  });
});

test("the planner tries conditions on no value of hidden rows that it knows from statistics", async () => {
  const setup = `
    create function peek(text, text) returns boolean language plpgsql as $$ begin raise notice '%', $1; return true; end $$;
    create operator <<< (leftarg = text, rightarg = text, function = peek, restrict = scalarltsel);
    insert into orders select i, 1, 1, 'lost' from generate_series(100, 200) i;
    analyze orders;`;
  const text = "select id from orders where status <<< 'x'";
  const noticesOf = async (sql: string): Promise<string> => {
    const notices: (string | undefined)[] = [];
    const listen = ({ message }: { message: string | undefined }) => notices.push(message);
    databases.raw.on("notice", listen);
    await run(databases.raw, `${setup} ${sql}`);
    databases.raw.off("notice", listen);
    return notices.join();
  };
  expect(await noticesOf(rewritten(text))).not.toContain("lost");
  // Without being hidden from it, it does, through the barrier.
  expect(await noticesOf(rewritten(text).replace(/greatest\(([^)]*)\)/u, "$1"))).toContain("lost");
});

test("every comparison that may stand beside a filter is leakproof to the server, and not all are", async () => {
  const found = await databases.raw.query<{ left: string; right: string; name: string; leakproof: string }>(`
    select format_type(o.oprleft, null) as left, format_type(o.oprright, null) as right, o.oprname as name, p.proleakproof as leakproof
    from pg_operator o join pg_proc p on p.oid = o.oprcode
    where o.oprnamespace = 'pg_catalog'::regnamespace and o.oprname in ('=', '<>', '<', '<=', '>', '>=') and o.oprleft <> 0`);
  const trusted = found.rows.filter(({ left, right }) => comparisonsBetween(left, right));
  expect(trusted.length).toBeGreaterThan(100);
  expect(trusted.filter(({ leakproof }) => leakproof !== "t")).toEqual([]);
  expect(found.rows.filter(({ leakproof }) => leakproof !== "t").length).toBeGreaterThan(50);
});
