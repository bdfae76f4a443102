/** `rows(sql)` in tests of policies, by the real command on a real PostgreSQL. */
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { folderOf, policy, startPolicy } from "../../engine/src/cli/run-policy.ts";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";

const catalog = JSON.stringify({
  tables: {
    "public.people": {
      columns: { id: "int8", name: "text", score: "numeric(10,2)", ok: "bool", extra: "jsonb", born: "date" },
      primary_key: ["id"],
    },
  },
  views: { "public.names": "select id, name from people" },
});

const rows = `insert into people values
  (9007199254740993, 'Mara', 1.50, true, '{"a": [1, 9007199254740993]}', '2000-02-29'),
  (2, 'Otto', 'NaN', false, null, null);
`;

const rules = `package p

mask public.people.name with null() if principal.kind == "agent"

mask public.people.name with token() if "tokens" in principal.groups

limit rows 1 if "few" in principal.groups

deny "nobody deletes" if query.kind == "delete"
`;

const tests = `package p

all(sql) := rows(sql)

test_types if {
    all("select * from people order by id desc") == [
        {"id": 9007199254740993, "name": "Mara", "score": 1.5, "ok": true, "extra": {"a": [1, 9007199254740993]}, "born": "2000-02-29"},
        {"id": 2, "name": "Otto", "score": "NaN", "ok": false, "extra": null, "born": null},
    ]
}

test_masks_through_a_view if {
    found := rows("select name from names where id = 2") with principal as {"id": "bot", "kind": "agent"}
    found == [{"name": null}]
}

test_tokens if {
    ann := {"id": "ann", "kind": "human", "groups": {"tokens"}}
    [found] := rows("select name, n.name as again from people join names n using (id, name) where id = 2")
    found.name == "Otto"
    [row] := rows("select id, name as token, name as again from people where id = 2") with principal as ann
    regex.match("^[a-z2-7]{24}$", row.token)
    row.token == row.again
    [view] := rows("select name from names where id = 2") with principal as ann
    view.name == row.token
}

test_limit if {
    found := rows("select id from people order by id") with principal as {"id": "ann", "kind": "human", "groups": {"few"}}
    found == [{"id": 2}]
}

test_writes_are_undone_1 if count(rows("insert into people (id) values (3) returning id")) == 1

test_writes_are_undone_2 if count(rows("insert into people (id) values (3) returning id")) == 1

test_parameters if rows("select id from people where id = $1 or name = $2", [2, null]) == [{"id": 2}]
`;

const files = {
  "policies/p.policy": rules,
  "policies/p_test.policy": tests,
  "policies/testdata/catalog.json": catalog,
  "policies/testdata/rows.sql": rows,
};

let server: PostgresServer;
let databaseUrl: string;
beforeAll(async () => {
  server = await startPostgres();
  databaseUrl = await server.createDatabase("empty");
});
afterAll(() => server.stop());

test("rows are what the principal gets, with exact numbers, on a throw-away server that is gone afterwards", () => {
  const before = new Set(readdirSync(tmpdir()));
  const { status, stdout, stderr } = policy(folderOf(files), "test");
  expect(stderr).toBe("");
  expect(stdout).toMatch(/7 passed, 0 failed/);
  expect(status).toBe(0);
  const after = readdirSync(tmpdir()).filter((name) => name.startsWith("penstock-rows-"));
  expect(after.filter((name) => !before.has(name))).toEqual([]);
});

test("what a pull request brings as rows cannot run programs on the reviewer's machine", () => {
  const { status, stderr } = policy(
    folderOf({ ...files, "policies/testdata/rows.sql": "copy people to program 'id'" }),
    "test",
  );
  expect(stderr).toContain("`policies/testdata/rows.sql`: permission denied to COPY to or from an external program");
  expect(status).toBe(2);
});

test("an empty database serves as well, in threads too, and is as empty afterwards", async () => {
  const more = { ...files, "policies/q_test.policy": tests.replace("package p", "package q") };
  const { status, stdout } = policy(folderOf(more), "test", "--database-url", databaseUrl, "--jobs", "2");
  expect(stdout).toMatch(/14 passed, 0 failed/);
  expect(status).toBe(0);
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  const { rows: left } = await client.query("select relname from pg_class where relnamespace = 'public'::regnamespace");
  await client.end();
  expect(left).toEqual([]);
});

const erring = (body: string) => ({ ...files, "policies/p_test.policy": `package p\n\ntest_e if {\n  ${body}\n}\n` });

test.each<[string, string, string]>([
  ["a denial names its reason", 'not rows("delete from people")', "rows: the decision is deny: nobody deletes [p:9]"],
  [
    "a statement that fails names the server's",
    'not rows("select 1 / 0")',
    "rows: the statement failed: division by zero",
  ],
  ["two columns of one name", 'rows("select id, id from people")', "two columns of the result are called `id`"],
  ["what would end the transaction", 'rows("commit")', "what begins or ends a transaction has no rows"],
  ["a text of two statements", 'rows("select 1; select 2")', "cannot insert multiple commands"],
  ["files of the server", `rows("copy people to program 'id'")`, "COPY from or to a program"],
])("%s: the test ends in an error, whatever is made of it", (_, body, message) => {
  const { status, stdout } = policy(folderOf(erring(body)), "test", "--database-url", databaseUrl);
  expect(stdout).toContain("ERROR test_e");
  expect(stdout).toContain(message);
  expect(status).toBe(1);
});

test("a text that ends the transaction cannot make later tests see what it did", () => {
  const twice = `package p\n\ntest_1 if { rows("commit") }\n\ntest_2 if count(rows("select * from people")) == 2\n`;
  const { stdout } = policy(
    folderOf({ ...files, "policies/p_test.policy": twice }),
    "test",
    "--database-url",
    databaseUrl,
  );
  expect(stdout).toContain("1 passed, 1 failed");
});

test.each<[string, Record<string, string>, string]>([
  ["no rows.sql", { "policies/testdata/rows.sql": "" }, "which needs rows: write `policies/testdata/rows.sql`"],
  [
    "a script that ends the transaction",
    { "policies/testdata/rows.sql": "commit; drop table people;" },
    "begins or ends a transaction",
  ],
  ["a script that is no SQL", { "policies/testdata/rows.sql": "\\restrict x\n" }, "pg_dump --inserts"],
  ["rows that do not fit", { "policies/testdata/rows.sql": "insert into people (nope) values (1)" }, 'column "nope"'],
  [
    "a type that the catalog only names",
    {
      "policies/testdata/catalog.json": JSON.stringify({
        types: { "public.mood": "enum" },
        tables: { "public.people": { columns: { id: "int8", mood: "public.mood" } } },
      }),
    },
    "what the type public.mood is made of",
  ],
])("%s is misuse, and says what to do", (_, changed, message) => {
  const all: Record<string, string> = { ...files, ...changed };
  const kept = Object.fromEntries(Object.entries(all).filter(([, text]) => text !== ""));
  const { status, stderr } = policy(folderOf(kept), "test", "--database-url", databaseUrl);
  expect(stderr).toContain(message);
  expect(status).toBe(2);
});

test("a schema of its own takes the place of the catalog's tables", () => {
  const changed = {
    ...files,
    "policies/testdata/schema.sql":
      "create type mood as enum ('well'); create table people (id int primary key, mood mood);",
    "policies/testdata/rows.sql": "insert into people values (1, 'well')",
    "policies/p_test.policy": 'package p\n\ntest_m if rows("select * from people") == [{"id": 1, "mood": "well"}]\n',
  };
  const { status } = policy(folderOf(changed), "test", "--database-url", databaseUrl);
  expect(status).toBe(0);
});

test("a database that is not empty is refused, and so is one that does not answer", async () => {
  const url = await server.createDatabase("filled");
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query("create table precious (id int)");
  await client.end();
  const refused = policy(folderOf(files), "test", "--database-url", url);
  expect(refused.stderr).toContain("the database is not empty, it has 1 relations");
  expect(refused.status).toBe(2);
  const nobody = policy(folderOf(files), "test", "--database-url", "postgres://localhost:1/none");
  expect(nobody.stderr).toContain("--database-url:");
  expect(nobody.status).toBe(2);
});

test("no server is started where no test asks for rows", () => {
  const changed = {
    ...files,
    "policies/p_test.policy": 'package p\n\ntest_d if decide("select 1").outcome == "allow"\n',
  };
  const { status } = policy(folderOf(changed), "test", "--database-url", "postgres://localhost:1/none");
  expect(status).toBe(0);
});

test("Ctrl-C ends the throw-away server too", async () => {
  const slow = {
    ...files,
    "policies/p_test.policy": 'package p\n\ntest_s if { print("now")\n  rows("select pg_sleep(20)") }\n',
  };
  const folder = folderOf(slow);
  const serversOf = () =>
    spawnSync("pgrep", ["-f", "penstock-rows-"], { encoding: "utf8" }).stdout.split("\n").filter(Boolean);
  const before = serversOf();
  const { child, ended } = startPolicy(folder, "test");
  const isOurs = (pid: string) => !before.includes(pid);
  for (let waited = 0; waited < 200 && !serversOf().some(isOurs); waited++) await sleep(100);
  expect(serversOf().some(isOurs)).toBe(true);
  child.kill("SIGINT");
  expect(await ended).toBe("SIGINT");
  for (let waited = 0; waited < 100 && serversOf().some(isOurs); waited++) await sleep(100);
  expect(serversOf().filter(isOurs)).toEqual([]);
});
