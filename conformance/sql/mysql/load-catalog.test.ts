import type { Catalog } from "@penstock/engine";
import { dumpCatalogFixture, loadMysqlCatalog, parseCatalogFixture } from "@penstock/engine";
import { type Connection, createConnection } from "mysql2/promise";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type MariadbServer, startMariadb } from "../../support/mariadb-server.ts";
import { textRows } from "../../support/text-rows.ts";

let server: MariadbServer;
let connection: Connection;
let catalog: Catalog;

const schema = [
  "create table customers (id int unsigned not null auto_increment primary key, email varchar(120) comment 'how to reach them', born date, total decimal(10,2) default 0, upper_email varchar(120) generated always as (upper(email)) stored, note text character set latin1) character set utf8mb4",
  "create table orders (id int primary key, customer_id int unsigned, foreign key (customer_id) references customers (id) on delete cascade)",
  "create view contacts as select id, email as contact from customers where born is not null",
  "create function twice(n int) returns int deterministic return n * 2",
  "create trigger orders_added before insert on orders for each row set new.id = new.id + 1",
  "create table merged_1 (id int) engine = myisam",
  "create table merged (id int) engine = merge union = (merged_1)",
];

beforeAll(async () => {
  server = await startMariadb();
  connection = await server.connect();
  for (const statement of schema) await connection.query(statement);
  catalog = await loadMysqlCatalog(textRows(connection));
});

afterAll(async () => {
  await connection?.end();
  await server?.stop();
});

const relation = (name: string) => {
  const found = catalog.relations.get(`test.${name}`);
  if (found === undefined) throw new Error(`no ${name}`);
  return found;
};

test("a snapshot says which server it is of, and how it tells names apart", () => {
  expect(catalog.engine).toBe("mariadb");
  expect(catalog.serverVersionNum).toBeGreaterThanOrEqual(100_300);
  expect(catalog.mysql?.lowerCaseTableNames).toBe(0);
  expect(catalog.database).toBe("test");
});

test("columns have their types as the server prints them, their character set, collation, comment and expression", () => {
  expect(
    relation("customers").columns.map(
      ({ name, type, typeSql, typeCategory, notNull, characterSet, comment, generated }) => [
        name,
        type,
        typeSql,
        typeCategory,
        notNull,
        characterSet,
        comment,
        generated,
      ],
    ),
  ).toEqual([
    ["id", "int", "int(10) unsigned", "integer", true, undefined, undefined, undefined],
    ["email", "varchar", "varchar(120)", "text", false, "utf8mb4", "how to reach them", undefined],
    ["born", "date", "date", "date", false, undefined, undefined, undefined],
    ["total", "decimal", "decimal(10,2)", "numeric", false, undefined, undefined, undefined],
    ["upper_email", "varchar", "varchar(120)", "text", false, "utf8mb4", undefined, "ucase(`email`)"],
    ["note", "text", "text", "text", false, "latin1", undefined, undefined],
  ]);
  expect(relation("customers").primaryKey).toEqual([1]);
});

test("foreign keys, triggers and routines are there", () => {
  expect(relation("orders").foreignKeys).toEqual([
    { columns: [2], referenced: "test.customers", referencedColumns: [1], onDelete: "cascade", onUpdate: "none" },
  ]);
  expect(relation("orders").triggers.map(({ name, timing, events }) => [name, timing, [...events]])).toEqual([
    ["orders_added", "before", ["insert"]],
  ]);
  expect(catalog.functions.get("test.twice")?.map(({ kind }) => kind)).toEqual(["function"]);
});

test("a view has its definition, and a table that shows rows of others one of which nothing is known", () => {
  expect(relation("contacts").kind).toBe("view");
  expect(relation("contacts").definition).toContain("`test`.`customers`");
  expect(relation("merged").definition).toBe("");
});

test("the server's own databases are its own", () => {
  const paths = ["information_schema.TABLES", "mysql.user", "performance_schema.threads"];
  expect(paths.filter((path) => catalog.relations.get(path)?.isSystem !== true)).toEqual([]);
});

test("a later snapshot takes from the one before what the server brings itself", async () => {
  const next = await loadMysqlCatalog(textRows(connection), catalog);
  expect([...next.relations.keys()].sort()).toEqual([...catalog.relations.keys()].sort());
  expect(next.version).not.toBe(catalog.version);
});

test("a fixture of it is read as the same tables", () => {
  const read = parseCatalogFixture(JSON.parse(JSON.stringify(dumpCatalogFixture(catalog))));
  expect(read.engine).toBe("mariadb");
  for (const name of ["customers", "orders", "contacts"]) {
    const { columns } = relation(name);
    expect(read.relations.get(`test.${name}`)?.columns.map(({ name: own, typeSql }) => [own, typeSql])).toEqual(
      columns.map(({ name: own, typeSql }) => [own, typeSql]),
    );
  }
});

test("a table of whose triggers the login is not told has some that nobody can read", async () => {
  await connection.query("create database other");
  await connection.query("create table other.seen (id int)");
  await connection.query("create table other.unseen (id int)");
  await connection.query("create user limited@'%' identified by 'x'");
  await connection.query("grant select on *.* to limited@'%'");
  await connection.query("grant trigger on `te_t`.* to limited@'%'");
  await connection.query("grant trigger on other.seen to limited@'%'");
  const limited = await createConnection({ host: server.host, port: server.port, user: "limited", password: "x" });
  const { relations } = await loadMysqlCatalog(textRows(limited));
  await limited.end();
  const codeOf = (path: string) => relations.get(path)?.code?.map(({ name }) => name) ?? [];
  expect(codeOf("other.unseen")).toEqual([expect.stringContaining("any trigger")]);
  expect(codeOf("other.seen")).toEqual([]);
  expect(codeOf("test.orders")).toEqual([]);
  expect(codeOf("test.contacts")).toEqual([]);
});
