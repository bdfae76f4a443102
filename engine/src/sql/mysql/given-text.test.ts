import { expect, test } from "vitest";
import { parseCatalogFixture } from "../../catalog/fixture.ts";
import { analyzeMysql } from "./analyze.ts";
import { defaultSqlMode, type SqlMode } from "./dialect.ts";
import { readGivenTexts } from "./given-texts.ts";
import { parseMysql } from "./parse.ts";
import { quoteMysqlText } from "./quote.ts";

const catalog = parseCatalogFixture({
  engine: "mariadb",
  database: "shop",
  tables: {
    "shop.orders": { columns: { id: "int(11)", total: "int(11)" } },
    "shop.customers": { columns: { id: "int(11)", email: "varchar(40)" } },
    "audit.customers": { columns: { id: "int(11)" } },
  },
});

function factsOf(sql: string, sqlMode: SqlMode = defaultSqlMode) {
  const analyzed = analyzeMysql(sql, catalog, { searchPath: ["shop"], sqlMode });
  return analyzed.kind === "statements" ? analyzed.statements.map(({ facts }) => facts) : analyzed;
}

test.each([
  ["prepare s from 'select email from customers'", "prepare", "select", ["shop.customers"]],
  ["execute immediate 'delete from orders where id = ?' using 1", "execute", "delete", ["shop.orders"]],
  ["use audit; prepare s from 'select id from customers'", "prepare", "select", ["audit.customers"]],
  ["prepare s from 'sel' 'ect 1'", "prepare", "select", []],
])("%s has the facts of what it gives", (sql, kind, inner, tables) => {
  const facts = factsOf(sql);
  const last = Array.isArray(facts) ? facts.at(-1) : undefined;
  expect(last).toMatchObject({ kind, category: "session", inner, opaque: [] });
  expect(last?.tables.map(({ relation }) => relation.path)).toEqual(tables);
});

test("what a given text would change of names is not changed for the statements behind it", () => {
  const facts = factsOf("prepare s from 'create temporary table customers (a int)'; select email from customers");
  expect(Array.isArray(facts) && facts[1]?.tables[0]?.relation.isTemporary).toBeFalsy();
});

test.each([
  ["prepare s from 'selec 1'", "in the text of PREPARE"],
  ["prepare s from 'select 1; select 2'", "must be one statement, and holds several"],
  ["execute immediate ' '", "must be one statement, and holds none"],
])("%s is a syntax error", (sql, message) => {
  expect(factsOf(sql)).toMatchObject({ kind: "syntax_error", message: expect.stringContaining(message) });
});

test.each([
  ["prepare s from 'prepare t from ''select 1'''", "prepare as a given text"],
  ["prepare s from 'execute t'", "execute as a given text"],
  ["prepare s from 'drop prepare t'", "deallocate as a given text"],
  ["prepare s from _latin1'select 1'", "PREPARE of a computed text"],
])("%s is opaque", (sql, construct) => {
  const facts = factsOf(sql);
  expect(Array.isArray(facts) ? facts[0]?.opaque.map((each) => each.construct) : facts).toContain(construct);
});

test.each([
  ["prepare s from 'select 1'", [{ kind: "string", name: "s", text: "select 1" }]],
  ["execute immediate @q", [{ kind: "computed", name: undefined, start: 18, end: 20, isVariable: true }]],
  ["select 1; prepare s from concat(@q, '')", [undefined, { kind: "computed", name: "s", isVariable: false }]],
  ["execute s; deallocate prepare s", [undefined, undefined]],
  ["prepare s from", []],
])("the texts of %s", (sql, expected) => {
  expect(readGivenTexts(sql, catalog, { searchPath: ["shop"] })).toMatchObject(expected);
});

test.each(["", "it's", "a\\", "\\'", "''", '"', "\\\\'\\", "\n\t\0é😀", "-- '", "/* ' */"])(
  "%j as a string is read back under every mode",
  (text) => {
    for (const noBackslashEscapes of [false, true]) {
      for (const ansiQuotes of [false, true]) {
        const mode = { ...defaultSqlMode, noBackslashEscapes, ansiQuotes };
        const parsed = parseMysql(`select ${quoteMysqlText(text, mode)}`, {
          product: "mariadb",
          version: 101100,
          mode,
        });
        const [statement] = parsed.kind === "statements" ? parsed.statements : [];
        expect(JSON.stringify(statement)).toContain(`"text":${JSON.stringify(text)}`);
      }
    }
  },
);
