import { compile } from "@penstock/language";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseCatalogFixture } from "../catalog/fixture.ts";
import type { Enforcer, Verdict } from "../enforcer.ts";
import { createEnforcer } from "./enforcer.ts";
import { someone } from "./someone.ts";

const catalog = parseCatalogFixture({
  tables: {
    "public.orders": { columns: { id: "int8", status: "text", total: "numeric", data: "jsonb" }, primary_key: ["id"] },
    "public.customers": { columns: { id: "int8", ssn: "text", city: "text" }, primary_key: ["id"] },
    "secret.orders": { columns: { id: "int8", status: "text" } },
  },
});

const policies = `package test
mask public.customers.ssn with null()
deny "too many" if query.limit > 100
deny "every row" if { query.kind in {"update", "delete"}; query.where_is_constant }
deny "session" if query.kind == "set"`;

/** A new one knows nothing, and so decides afresh. */
function newEnforcer(policy = policies): Enforcer {
  const { program, diagnostics } = compile({ sources: [{ path: "test.policy", text: policy }] });
  if (program === undefined) throw new Error(diagnostics.map(({ message }) => message).join("\n"));
  return createEnforcer(program);
}

const who = someone();

const names = { searchPath: ["public"] };
const decide = (enforcer: Enforcer, text: string): Verdict => enforcer.decide(text, who, names, catalog);

/** `#` stands for a number, `~` for what stands between the quotes of a string. */
const shapes = [
  "select total from orders where id = #",
  "SELECT total FROM orders WHERE id = #;",
  " select total, '~' from orders where status = '~' and id in (#, #, #) ",
  "select * from orders where id between # and # and total > #.5 or total < .#",
  "select total from orders where total = #e# or id = #_# or id = 0x#",
  "select total from orders where id = # limit #",
  "select total from orders where id = # order by # offset #",
  "select status, count(*) from orders where # = # group by # having count(*) > #",
  "select total from orders where id = -# or id=#-#",
  "select total from orders where status = E'~' or id = #",
  "select total from orders where status = '~' '~'",
  "select total from orders where status = '~'\n'~' and id = #",
  "select total from orders where id = # -- '~'",
  "select total from orders where id = # /* '~' # */",
  "select total from orders where status = $$~$$ and id = #",
  "select total from orders where id = $1 and status = '~'",
  "select total from orders where id = #a",
  'select total as "a#~" from orders o1 where o1.id = #',
  "select total from orders where status like '~%' and data ->> '~' = '~'",
  "select total from orders where status = '~'::text and id = '#'::int8 and total > date '~'",
  "select total from orders where id = (select id from customers where city = '~' limit #)",
  "select city from customers where city = '~' and id = #",
  "select ssn from customers where id = #",
  "select count(*) from customers where ssn = '~'",
  "insert into orders (id, status) values (#, '~'), (#, '~')",
  "insert into orders (id, status) values (#, '~') on conflict (id) do update set status = '~' where orders.id > # returning total",
  "insert into orders select #, '~'",
  "update orders set status = '~', total = # where id = #",
  "update orders set status = '~' where # = #",
  "update orders set status = '~' where true or id = #",
  "delete from orders where id = # and status = '~'",
  "delete from orders where #",
  "with o as (select * from orders where id > #) select * from o where total > #",
  "select total from orders where id = # for update",
  "select a.id from orders a join customers c on a.id = c.id + # where c.city = '~' and a.id <> #",
  "select case when id = # then '~' else '~' end from orders where id = #",
  "select set_config('search_path', '~', false) where # = #",
  "select nextval('~') from orders where id = #",
  "select '~'::regclass, total from orders where id = #",
  "set statement_timeout = #",
  "set search_path = '~'",
  "select # from orders; select # from orders where id = #",
  "select total from orders where id = # fetch first # rows only",
  "select total from orders where status in ('~', '~') and not exists (select # from customers where id = #)",
  "values (#, '~')",
  "explain select * from orders where id = #",
  "select total from no_such_table where id = #",
  "select no_such_column from orders where id = #",
];

const number = fc.oneof(
  fc.integer({ min: 0, max: 200 }).map(String),
  fc.constantFrom("0", "00", "1", "2147483648", "123456789", "1234567890123", "99999999999999999999"),
);
const content = fc.oneof(
  fc.constantFrom("", "secret", "public", "customers", "''", "it''s", "a--b", "/*", "*/", ";", '"', "$$", "$1", "a\nb"),
  fc.constantFrom("\\", "\\''", "é", "2020-01-01", "1", "' or '1'='1", "a'b", "%"),
  fc.string({ unit: fc.constantFrom("a", "'", "-", "1", " ", "é"), maxLength: 4 }),
);

const texts = fc
  .record({
    shape: fc.constantFrom(...shapes),
    fillings: fc.array(
      fc.record({
        numbers: fc.array(number, { minLength: 8, maxLength: 8 }),
        contents: fc.array(content, { minLength: 8, maxLength: 8 }),
      }),
      { minLength: 2, maxLength: 5 },
    ),
  })
  .map(({ shape, fillings }) =>
    fillings.map(({ numbers, contents }) => {
      let numbered = 0;
      let quoted = 0;
      return shape.replaceAll(/[#~]/g, (mark) => (mark === "#" ? numbers[numbered++] : contents[quoted++]) ?? "");
    }),
  );

describe("verdicts for texts of one shape", () => {
  it("are those that a fresh decision gives", () => {
    const shared = newEnforcer();
    fc.assert(
      fc.property(texts, (variants) => {
        for (const text of variants) {
          const verdict = decide(shared, text);
          expect(comparable(verdict)).toEqual(comparable(decide(newEnforcer(), text)));
        }
      }),
      { numRuns: 400 },
    );
  });

  it.each([
    ["select total from orders where id = 1", "select total from orders where id = 22", true],
    ["select total from orders where status = 'a'", "select total from orders where status = 'it''s; --'", true],
    ["insert into orders (id, status) values (1, 'a')", "insert into orders (id, status) values (2, '')", true],
    ["select total from orders where id = 1 limit 5", "select total from orders where id = 7 limit 5", true],
    ["select total from orders where id = 1 limit 5", "select total from orders where id = 1 limit 500", false],
    ["select total from orders order by 1", "select total from orders order by 2", false],
    ["select set_config('a.b', 'x', false)", "select set_config('search_path', 'x', false)", false],
    ["select id from customers where id = 1", "select id from customers where id = 2", false],
  ])("%s, then %s: decided by the first: %s", (first, second, isShared) => {
    const enforcer = newEnforcer();
    const before = decide(enforcer, first).statements[0];
    const after = decide(enforcer, second).statements[0];
    expect(before?.decision === after?.decision).toBe(isShared);
  });

  it("are not shared where a rule reads the text", () => {
    const enforcer = newEnforcer('package test\ndeny "seven" if contains(query.text, "7")');
    expect(decide(enforcer, "select total from orders where id = 1").action).toBe("forward");
    expect(decide(enforcer, "select total from orders where id = 7").action).toBe("deny");
  });
});

/** `@` stands for many rows. */
const inserts = [
  "insert into orders (id, status, total) values @",
  ' INSERT INTO public."orders" (id, status, total) VALUES\n@;',
  "insert into orders (id, status, total) values @ returning id, total",
  "insert into orders (id, status, total) values @ on conflict (id) do update set status = excluded.status where orders.id > 7",
  "insert into orders (id, status, total) values @, (1, lower('A'), 2)",
  "insert into orders (id, status, total) values @ union select id, status, total from orders order by 1 limit 500",
  "insert into orders (id, status, total) values @; delete from orders",
  "insert into orders values @",
  "insert into orders (id, no_such_column) values @",
  "insert into no_such_table values @",
  "insert into customers (id, ssn, city) values @",
  "insert into customers (id, city) values @ returning ssn",
  "insert into customers (id, ssn) values @ on conflict (id) do update set city = customers.ssn",
];

const items = fc.oneof(
  number,
  content.map((text) => `'${text}'`),
  fc.constantFrom(
    "null",
    "NULL",
    "default",
    "true",
    "-5",
    "1.5",
    "1e5",
    "E'a'",
    "$1",
    "now()",
    "(select 1)",
    "'a'::text",
    "/* a */ 1",
    "'a' 'b'",
  ),
);

const largeInserts = fc
  .record({
    shape: fc.constantFrom(...inserts),
    kinds: fc.array(fc.array(items, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 4 }),
    // Most imports are of one width.
    width: fc.option(fc.integer({ min: 1, max: 4 }), { freq: 1 }),
    rows: fc.integer({ min: 0, max: 1500 }),
  })
  .map(({ shape, kinds, width, rows }) => {
    const printed = kinds.map((row) => `(${row.slice(0, width ?? 4).join(", ")})`);
    return shape.replace("@", () =>
      Array.from({ length: rows + 1 }, (_, row) => printed[row % printed.length]).join(","),
    );
  });

/** The parameters, though no rule reads them, keep all templates out. */
const decideAlone = (text: string): Verdict => newEnforcer().decide(text, who, names, catalog, []);

describe("verdicts for large INSERTs", () => {
  it("are those that a fresh decision gives", () => {
    const shared = newEnforcer();
    fc.assert(
      fc.property(fc.array(largeInserts, { minLength: 1, maxLength: 2 }), (variants) => {
        for (const text of variants) expect(comparable(decide(shared, text))).toEqual(comparable(decideAlone(text)));
      }),
      { numRuns: 150 },
    );
  });

  it("come from few rows where these are plain, characters of several bytes among them", () => {
    const enforcer = newEnforcer();
    const rows = (count: number, status: string) =>
      Array.from({ length: count }, (_, id) => `(${id}, '${status}')`).join(",");
    const insert = (status: string) => `insert into orders (id, status) values ${rows(1000, status)} returning id;`;
    const first = decide(enforcer, insert("paid"));
    const second = decide(enforcer, insert("zurückgegeben"));
    expect(second.statements[0]?.decision).toBe(first.statements[0]?.decision);
    expect(comparable(second)).toEqual(comparable(decideAlone(insert("zurückgegeben"))));
  });

  it("are made afresh where a rule reads the text", () => {
    const enforcer = newEnforcer('package test\ndeny "seven" if contains(query.text, "777")');
    const insert = (last: number) =>
      `insert into orders (id) values ${Array.from({ length: 1000 }, () => "(1)").join(",")}, (${last})`;
    expect(decide(enforcer, insert(1)).action).toBe("forward");
    expect(decide(enforcer, insert(777)).action).toBe("deny");
  });
});

/** Without functions, which `toEqual` compares by identity, and without where the verdict comes from. */
function comparable(verdict: Verdict): unknown {
  return verdict.action === "forward" ? { ...verdict, mapPosition: undefined, template: undefined } : verdict;
}
