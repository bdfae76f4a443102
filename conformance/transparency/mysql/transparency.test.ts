/**
 * Whoever may see everything sees what there is without a proxy: scripts and commands of the `mariadb` command line, dumps and what is made of
 * them again, byte for byte. Scripts of other origin, such as MariaDB's own, are compared with `npm run conformance:transparency`.
 */
import { readdirSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { differences } from "../compare.ts";
import type { Outputs } from "../outputs.ts";
import { runClient, runClientScripts } from "./run-client.ts";
import { type MysqlSide, startMysqlSide } from "./side.ts";

const folder = new URL("scripts/", import.meta.url).pathname;
const scripts = readdirSync(folder).filter((name) => name.endsWith(".sql"));

describe("scripts", () => {
  let direct: Outputs;
  let through: Outputs;
  beforeAll(async () => {
    const paths = scripts.map((name) => folder + name);
    [direct, through] = [
      await runClientScripts(paths, "direct", undefined),
      await runClientScripts(paths, "through", undefined),
    ];
  });

  test.each(Array.from(scripts.entries()))("%d: %s prints the same", (index, name) => {
    const script = readFileSync(folder + name, "utf8");
    const outputs = [direct, through].map(({ scripts: printed }) => printed[index] ?? "");
    const [one = "", other = ""] = name === "syntax.sql" ? outputs.map(withoutWords) : outputs;
    expect(one.split("\n").length).toBeGreaterThan(script.split("\n").length);
    expect(differences(script, one, other)).toEqual([]);
  });

  test("have found no fault of the proxy's", () => {
    expect(through.faults).toEqual([]);
  });
});

/** Mistakes in the grammar are told in the proxy's words; and they are no warnings of the server's, which has others from before. */
function withoutWords(output: string): string {
  return output
    .replaceAll(/^(ERROR 1064 \(42000\) at line \d+:).*(?:\n'.*)?$/gm, "$1")
    .replaceAll(/^Error \(Code \d+\): .*\n(?:'.*\n)?/gm, "");
}

const shop = `
  create database kept character set latin1;
  use kept;
  create table things (id int auto_increment primary key, name varchar(20) not null default 'ä', data blob, j json, d datetime(3),
    twice int as (id * 2) virtual, b bit(4), p point, key (name)) comment 'kept';
  insert into things (name, data, j, d, b, p) values ('a''b', x'00ff27', '{"a": "é"}', '2024-01-02 03:04:05.678', b'101', point(1, 2)), ('', null, null, null, null, null);
  create table parted (id int) partition by hash (id) partitions 2;
  create table log (thing int, constraint of_thing foreign key (thing) references things (id));
  create view named as select id, name from things where name <> '';
  create sequence counted start with 10;
  delimiter //
  create trigger logged after insert on things for each row begin insert into log values (new.id); end//
  create procedure listed() begin select * from named; end//
  create function twice(a int) returns int deterministic return a * 2//
  create event later on schedule every 1 year starts '2037-01-01 00:00:00' do delete from log//
  delimiter ;
  insert into things (name) values ('c');
`;

describe("the programs", () => {
  let side: MysqlSide;
  beforeAll(async () => {
    side = await startMysqlSide("through");
    await runClient(side.direct, "mariadb", ["--force"], shop);
  });
  afterAll(() => side.stop());

  const everything = ["--skip-dump-date", "--routines", "--events", "--databases", "kept"];

  test.each([
    ["everything", everything],
    ["in one transaction", ["--single-transaction", ...everything]],
    ["under locks of all tables", ["--lock-all-tables", ...everything]],
    ["all databases", ["--skip-dump-date", "--all-databases", "--ignore-table=mysql.innodb_table_stats"]],
    ["binary as digits, row by row", ["--hex-blob", "--skip-extended-insert", "--complete-insert", ...everything]],
    ["definitions only", ["--no-data", "--compact", "kept"]],
    ["some rows", ["--skip-dump-date", "--where=id = 1", "kept", "things"]],
    ["as XML", ["--xml", "--skip-dump-date", "kept"]],
    ["of tables that are not there", ["--skip-dump-date", "kept", "nothing"]],
  ])("dump %s as without a proxy", async (_what, args) => {
    const direct = await runClient(side.direct, "mariadb-dump", args);
    expect(direct).toMatch(/things|nothing/);
    expect(await runClient(side.login, "mariadb-dump", args)).toBe(direct);
  });

  test("tell the server's status, but for the numbers of connection and port", async () => {
    const own = /^(?:Connection id|TCP port|Uptime|Threads):.*$/gm;
    const status = async (login: MysqlSide["login"]) =>
      (await runClient(login, "mariadb", ["kept"], "\\s\n")).replaceAll(own, "");
    const direct = await status(side.direct);
    expect(direct).toContain("Server version:");
    expect(await status(side.login)).toBe(direct);
  });

  test("restore what was dumped", async () => {
    const before = await runClient(side.direct, "mariadb-dump", everything);
    expect(before).toContain("of_thing");
    await runClient(side.direct, "mariadb", ["--execute", "drop database kept"]);
    expect(await runClient(side.login, "mariadb", [], before)).toBe("");
    expect(await runClient(side.direct, "mariadb-dump", everything)).toBe(before);
    expect(side.faults).toEqual([]);
  });
});
