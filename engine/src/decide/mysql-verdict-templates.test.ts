import { compile } from "@penstock/language";
import * as fc from "fast-check";
import { expect, it } from "vitest";
import { parseCatalogFixture } from "../catalog/fixture.ts";
import type { Enforcer, Verdict } from "../enforcer.ts";
import { createEnforcer } from "./enforcer.ts";
import { someone } from "./someone.ts";

const catalog = parseCatalogFixture({
  engine: "mariadb",
  database: "shop",
  tables: {
    "shop.orders": { columns: { id: "bigint(20)", status: "text", total: "decimal(10,2)" }, primary_key: ["id"] },
    "shop.customers": { columns: { id: "bigint(20)", ssn: "text", city: "text" }, primary_key: ["id"] },
  },
});

const policies = `package test
mask shop.customers.ssn with null()
deny "too many" if query.limit > 100
deny "every row" if { query.kind in {"update", "delete"}; query.where_is_constant }
deny "session" if query.kind == "set"`;

function newEnforcer(): Enforcer {
  const { program, diagnostics } = compile({ sources: [{ path: "test.policy", text: policies }] });
  if (program === undefined) throw new Error(diagnostics.map(({ message }) => message).join("\n"));
  return createEnforcer(program);
}

const who = someone();
const decide = (enforcer: Enforcer, text: string): Verdict =>
  enforcer.decide(text, who, { searchPath: ["shop"] }, catalog);

/** `?` stands for a number, `~` for what stands between the quotes of a string. */
const shapes = [
  "select total from orders where id = ?",
  " SELECT total, '~' FROM `orders` WHERE status = '~' and id in (?, ?, ?); ",
  "select `it's` from orders where status = '~' and `it's` = ?",
  "select total from orders where id = ? # it's '~'\n and status = '~'",
  "select total from orders where id = ? -- it's\n and status = '~'",
  "select total from orders where id = ?--?",
  "select total from orders where id = ? /*!50000 and status = '~' */",
  'select total from orders where status = "~" and id = ?',
  "select total from orders where status = _utf8mb4'~' and id = ?",
  "select total from orders where status = n'~' or status = x'~' or id = ?",
  "select total from orders where status = '~' '~' and id = ?",
  "select total from orders where status like '~%' escape '~'",
  "select total from orders where id = ? limit ?",
  "select total from orders where id = ? order by ? limit ?, ?",
  "select total from orders where id = ?a or id = 0x? or id = ?e? or id = ?.?",
  "select total from orders where id between ? and ? or id = -?",
  "select total from orders where date '~' < now() and id = ?",
  "select total from orders where id = (select id from customers where city = '~' limit ?)",
  "select total from orders where upper('~') = status and id + ? = ?",
  "select count(*) from orders group by status having count(*) > ?",
  "select city from customers where city = '~' and id = ?",
  "insert into orders (id, status) values (?, '~'), (?, '~')",
  "insert into orders set id = ?, status = '~' on duplicate key update status = '~'",
  "replace into orders values (?, '~', ?)",
  "update orders set status = '~', total = ? where id = ?",
  "update orders set status = '~' where ? = ?",
  "delete from orders where id = ? and status = '~' limit ?",
  "select '~' from orders where id = ?",
  "select @a := ? from orders where id = @`~` or id = @'~'",
  "set @x = ?",
  "select ? from orders; select ? from orders where id = ?",
  "explain select * from orders where id = ?",
];

const number = fc.oneof(
  fc.integer({ min: 0, max: 200 }).map(String),
  fc.constantFrom("0", "00", "1", "2147483648", "123456789", "1234567890123", "99999999999999999999"),
);
const content = fc.oneof(
  fc.constantFrom("", "secret", "customers", "''", "it''s", "a--b", "-- ", "#", "/*", "*/", ";", '"', "`", "a\nb"),
  fc.constantFrom("\\", "\\''", "\\'", "é", "2020-01-01", "1", "' or '1'='1", "a'b", "%"),
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
      return shape.replaceAll(/[?~]/g, (mark) => (mark === "?" ? numbers[numbered++] : contents[quoted++]) ?? "");
    }),
  );

it("verdicts for texts of one shape are those that a fresh decision gives", () => {
  const shared = newEnforcer();
  fc.assert(
    fc.property(texts, (variants) => {
      for (const text of variants) {
        expect(comparable(decide(shared, text))).toEqual(comparable(decide(newEnforcer(), text)));
      }
    }),
    { numRuns: 400 },
  );
});

it.each([
  ["select total from orders where id = 1", "select total from orders where id = 22", true],
  ["select total from orders where status = 'a'", "select total from orders where status = 'it''s; --'", true],
  ["insert into orders (id, status) values (1, 'a')", "insert into orders (id, status) values (2, '')", true],
  ["select total from orders where id = 1 limit 5", "select total from orders where id = 1 limit 500", false],
  ["select total from orders order by 1", "select total from orders order by 2", false],
  ["select 'a' from orders", "select 'b' from orders", false],
])("%s, then %s: decided by the first: %s", (first, second, isShared) => {
  const enforcer = newEnforcer();
  const before = decide(enforcer, first).statements[0];
  const after = decide(enforcer, second).statements[0];
  expect(before?.decision === after?.decision).toBe(isShared);
});

/** Without functions, which `toEqual` compares by identity, and without where the verdict comes from. */
function comparable(verdict: Verdict): unknown {
  return verdict.action === "forward" ? { ...verdict, mapPosition: undefined, template: undefined } : verdict;
}
