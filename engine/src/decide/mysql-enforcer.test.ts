import { compile } from "@penstock/language";
import { describe, expect, it } from "vitest";
import type { CatalogFixture } from "../catalog/fixture-form.ts";
import { parseCatalogFixture } from "../catalog/fixture.ts";
import { defaultSqlMode } from "../sql/mysql/dialect.ts";
import { createEnforcer } from "./enforcer.ts";
import { someone } from "./someone.ts";

const fixture: CatalogFixture = {
  engine: "mariadb",
  database: "shop",
  tables: {
    "shop.customers": { columns: { id: "int(11)", ssn: "char(11)", city: "varchar(20)" }, primary_key: ["id"] },
    "shop.Orders": { columns: { id: "int(11)", total: "decimal(10,2)" } },
    "archive.customers": { columns: { id: "int(11)", ssn: "char(11)" } },
  },
  views: {
    "shop.contacts":
      "select `shop`.`customers`.`id` AS `id`, `shop`.`customers`.`ssn` AS `number` from `shop`.`customers`",
  },
};
const catalog = parseCatalogFixture(fixture);

function enforcerFor(policy: string) {
  const { program, diagnostics } = compile({ sources: [{ path: "test.policy", text: `package test\n\n${policy}\n` }] });
  if (program === undefined) throw new Error(diagnostics.map(({ message }) => message).join("\n"));
  return createEnforcer(program);
}

const who = someone(["analyst"]);

describe("a statement of MariaDB is decided by the same policies", () => {
  const enforcer = enforcerFor(
    `deny "no deletes" if query.kind == "delete"

deny "not the archive" if {
    some table in query.tables
    table.schema == "archive"
}`,
  );
  const decide = (text: string, searchPath: readonly string[] = ["shop"]) => {
    const verdict = enforcer.decide(text, who, { searchPath }, catalog);
    return verdict.action === "deny" ? `${verdict.sqlstate} ${verdict.reason.message}` : verdict.action;
  };

  it.each([
    ["select id from customers", "forward"],
    ["select `id` from `shop`.`customers` # all of them", "forward"],
    ["delete from customers", "42501 no deletes"],
    ["explain delete from customers", "42501 no deletes"],
    ["select * from archive.customers", "42501 not the archive"],
    ["use archive; select * from customers", "42501 not the archive"],
    ["select * from nowhere", "42P01 Table 'shop.nowhere' doesn't exist"],
    ["select * from orders", "42P01 Table 'shop.orders' doesn't exist"],
    ["selec 1", "42000"],
    ["set sql_mode = 'ANSI_QUOTES'; select 1", "54000 sql_mode changes how"],
    ["set sql_mode = 'ANSI,ORACLE'", "54000 under sql_mode ANSI,ORACLE"],
    ["set @a = 1, @@session.sql_mode = mssql", "54000 under sql_mode mssql"],
    ["set global sql_mode = 'ORACLE'", "forward"],
    ["set names latin1; select 1", "54000 names changes how"],
    ["select 1; set sql_mode = 'ANSI_QUOTES'", "forward"],
    ["select 1 into outfile '/tmp/x'", "42501 the statement uses `INTO OUTFILE`"],
    ["create procedure p() select 1", "forward"],
    ["show processlist", "forward"],
    ["", "forward"],
  ])("%s: %s", (text, expected) => {
    expect(decide(text)).toMatch(expected);
  });

  it("in the session's database, or none", () => {
    expect(decide("select * from customers", ["archive"])).toMatch("not the archive");
    expect(decide("select * from customers", [])).toMatch("doesn't exist");
  });

  it("in the session's mode", () => {
    const text = 'select "ssn" from customers';
    const columns = (ansiQuotes: boolean) =>
      enforcer
        .decide(text, who, { searchPath: ["shop"], sqlMode: { ...defaultSqlMode, ansiQuotes } }, catalog)
        .statements.flatMap(({ facts }) => facts.columns.map(({ column }) => column.name));
    expect(columns(false)).toEqual([]);
    expect(columns(true)).toEqual(["ssn"]);
  });

  it("and names know no case where the server says so", () => {
    const folding = parseCatalogFixture({ ...fixture, lower_case_table_names: 1 });
    const verdict = enforcer.decide("select * from ORDERS, Shop.CUSTOMERS c", who, { searchPath: ["shop"] }, folding);
    expect(verdict.statements.flatMap(({ facts }) => facts.tables.map(({ relation }) => relation.path))).toEqual([
      "shop.Orders",
      "shop.customers",
    ]);
  });
});

describe("a limit of rows stands in the text where that is sure to be right", () => {
  const enforcer = enforcerFor("limit rows 10\n\nmask shop.customers.ssn with null()");
  it.each([
    ["select * from archive.customers", "select * from archive.customers limit 10"],
    ["select * from archive.customers limit 1000, 500", "select * from archive.customers limit 1000, 10"],
    ["select * from archive.customers limit 5", "select * from archive.customers limit 5"],
    ["select 1 from archive.customers union select 2;", "select 1 from archive.customers union select 2 limit 10;"],
    ["select * from archive.customers for update", "select * from archive.customers for update"],
    ["select id from archive.customers into @x", "select id from archive.customers into @x"],
    ["select city from customers", " as `customers` limit 10"],
  ])("%s", (text, sent) => {
    const verdict = enforcer.decide(text, who, { searchPath: ["shop"] }, catalog);
    if (verdict.action !== "forward") throw new Error(verdict.reason.message);
    expect(verdict.text.endsWith(sent)).toBe(true);
    expect(verdict.statements[0]?.limits.rows).toBe(10);
  });
});

describe("while something is hidden", () => {
  const enforcer = enforcerFor("mask shop.customers.ssn with null()");
  const decide = (text: string) => enforcer.decide(text, who, { searchPath: ["shop"] }, catalog);

  it.each([
    "select ssn from customers",
    "select number from contacts",
    "select count(*) from labels, shop.customers",
    "with x as (select * from customers) select * from x",
  ])("%s is masked where the table is read, or not run", (text) => {
    const verdict = decide(text);
    expect(verdict.action === "forward" ? verdict.rewritten : verdict.action).not.toBe(false);
  });

  it.each(["show processlist", "create procedure p() select 1", "call p()", "set global general_log = 1"])(
    "%s is refused",
    (text) => {
      expect(decide(text).action).toBe("deny");
    },
  );

  it.each(["select * from archive.customers", "show tables", "set autocommit = 1", "begin"])(
    "%s goes on as it is",
    (text) => {
      expect(decide(text)).toMatchObject({ action: "forward", rewritten: false });
    },
  );
});
