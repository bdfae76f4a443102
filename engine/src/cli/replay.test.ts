import { appendFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { folderOf, policy } from "./run-policy.ts";

const catalog = {
  tables: {
    "public.users": { columns: { id: "int8", ssn: "text", email: "text" } },
    "app.users": { columns: { id: "int8" } },
  },
};

const line = (fields: Record<string, unknown>): string => `${JSON.stringify(fields)}\n`;

function connect(session: string, id: string, extra: Record<string, unknown> = {}): string {
  const roots = {
    principal: { id, name: id, kind: "human", groups: ["analyst"], claims: {}, ...extra },
    session: { id: session },
    target: { name: "shop", environment: "production" },
  };
  return line({
    event: "connect",
    session,
    principal: { id, kind: "human", groups: ["analyst"] },
    target: "shop",
    roots,
  });
}

function statement(session: string, text: string, extra: Record<string, unknown> = {}): string {
  const principal = { id: "eve", kind: "human", groups: ["analyst"] };
  return line({ event: "statement", session, statement: 1, principal, target: "shop", text, ...extra });
}

const before = `package p

deny "no deletes" if query.kind == "delete"

mask public.users.ssn with null() if "analyst" in principal.groups

limit rows 100 if query.kind == "select"
`;

const after = `package p

# A comment moves every rule, which changes nothing.

deny "no updates" if query.kind == "update"

mask public.users.ssn with redact() if "analyst" in principal.groups

mask public.users.email with email() if not principal.claims.sees_email

approve by "dba" because "it empties a table" if query.kind == "truncate"

limit rows 50 if query.kind == "select"

notify "ops" because "a table goes" if query.kind == "drop_table"
`;

const traffic = [
  connect("s1", "ann"),
  connect("s2", "bob", { claims: { sees_email: true } }),
  statement("s1", "update users set email = 'x' where id = 1", { search_path: ["public"] }),
  statement("s1", "update users set email = 'y' where id = 2"),
  line({ event: "result", session: "s1", statement: 1, rows: 1 }),
  statement("s2", "update users set email = 'z' where id = 2"),
  statement("s2", "delete from users where id = 1"),
  statement("s2", "select id, ssn from users"),
  statement("s2", "select id from users", { search_path: ["app", "public"] }),
  statement("s1", "select users from users"),
  statement("s1", "truncate users"),
  statement("s1", "drop table users"),
  statement("s1", "insert into users (id) values (1)"),
  line({ event: "disconnect", session: "s1" }),
].join("");

const files = {
  "a/p.policy": before,
  "b/p.policy": after,
  "catalog.json": JSON.stringify(catalog),
  "audit.jsonl": traffic,
};

const args = ["--against", "a", "--with", "b", "--catalog", "catalog.json"];

test("what changes is shown by kind, rule and principal, with a count and an example", () => {
  const { stdout, stderr, status } = policy(folderOf(files), "replay", "audit.jsonl", ...args);
  expect(stderr).toBe("");
  expect(stdout).toBe(`10 statements of 2 principals: 9 would be decided otherwise

newly denied: 3
  no updates  [p:5]
    ann        2  update users set email = 'x' where id = 1
    bob        1  update users set email = 'z' where id = 2

newly allowed: 1
  no deletes  [p:3]
    bob        1  delete from users where id = 1

approval needed: 1
  needs approval of dba; it empties a table  [p:11]
    ann        1  truncate users

mask added: 1
  public.users.email with email()  [p:9]
    ann        1  select users from users

mask changed: 2
  public.users.ssn with redact() instead of with null()  [p:7]
    ann        1  select users from users
    bob        1  select id, ssn from users

limit changed: 3
  rows 50 instead of 100  [p:13]
    bob        2  select id, ssn from users
    ann        1  select users from users

alert added: 1
  ops: a table goes  [p:15]
    ann        1  drop table users
`);
  expect(status).toBe(1);
});

test("nothing changes under the same policies: exit code 0", () => {
  const { stdout, status } = policy(folderOf(files), "replay", "audit.jsonl", ...args, "--with", "a");
  expect(stdout).toBe("10 statements of 2 principals: nothing changes\n");
  expect(status).toBe(0);
});

test("json has the same", () => {
  const { stdout } = policy(folderOf(files), "replay", "audit.jsonl", ...args, "--format", "json");
  expect(JSON.parse(stdout)).toMatchObject({
    statements: 10,
    changed: 9,
    changes: expect.arrayContaining([
      {
        kind: "newly denied",
        what: "no updates",
        rule: "p:5",
        principal: "ann",
        count: 2,
        example: "update users set email = 'x' where id = 1",
      },
    ]),
    left_out: { no_catalog: {}, malformed_lines: 0, torn_lines: 0, lost_lines: 0 },
    assumed: 0,
  });
});

test("rotated and packed files are one traffic, bundles serve as versions", () => {
  const folder = folderOf(files);
  const lines = traffic.split("\n");
  writeFileSync(join(folder, "audit.1.gz"), gzipSync(`${lines.slice(0, 4).join("\n")}\n`));
  writeFileSync(join(folder, "audit.2"), lines.slice(4).join("\n"));
  policy(folder, "keygen", "-o", "k");
  for (const version of ["a", "b"]) policy(folder, "build", version, "-o", `${version}.tar.gz`, "--key", "k.key");
  const whole = policy(folder, "replay", "audit.jsonl", ...args).stdout;
  const given = ["--against", "a.tar.gz", "--with", "b.tar.gz", "--catalog", "catalog.json", "--key", "k.pub"];
  expect(policy(folder, "replay", "audit.1.gz", "audit.2", ...given).stdout).toBe(whole);
  policy(folder, "build", "b", "-o", "b.tar.gz", "--unsigned");
  const refused = policy(folder, "replay", "audit.2", ...given);
  expect([refused.status, refused.stderr]).toEqual([
    2,
    expect.stringContaining("`b.tar.gz` is refused: it is not signed"),
  ]);
});

test("what is cut off, broken, missing or without its beginning is told, never dropped in silence", () => {
  const folder = folderOf(files);
  const file = join(folder, "audit.jsonl");
  appendFileSync(file, `\n${line({ event: "audit_gap", lines_lost: 7 })}{"event":"statem\n[]\n{"event":"statement"}\n`);
  appendFileSync(file, statement("s9", "update users set id = 2"));
  appendFileSync(file, statement("s9", "select 1", { target: "other" }).replace("s9", "s10"));
  appendFileSync(file, statement("s2", "select 1").slice(0, -20));
  const { stdout } = policy(folder, "replay", "audit.jsonl", ...args.slice(0, -1), "shop=catalog.json");
  expect(stdout).toContain("11 statements of 3 principals: 10 would be decided otherwise");
  expect(
    stdout.slice(stdout.indexOf("note:")),
  ).toBe(`note: 1 statement of target \`other\` left out: no catalog is given for it
note: 2 statements of sessions that began before these files: claims, tags and search_path are not known, the default ones are taken
note: 3 lines left out that are no records, the first at audit.jsonl:17
note: 1 last line left out that was cut off
note: 7 lines missing that the proxy could not write
`);
});

test("what a client sent cannot drive the terminal", () => {
  const folder = folderOf({
    ...files,
    "audit.jsonl": connect("s", "ann\u001b[2J") + statement("s", "update users set id = 1 /* \u001b[31m */"),
  });
  const { stdout } = policy(folder, "replay", "audit.jsonl", ...args);
  expect(stdout).toContain("newly denied: 1");
  // oxlint-disable-next-line no-control-regex
  expect(stdout).not.toMatch(/\u001b/);
});

test("rules that read the clock or parameters are named", () => {
  const clock = 'package p\n\ndeny "no" if time.now_ns() < 3\n\ndeny "p" if query.parameters[0] == 1\n';
  const { stdout } = policy(folderOf({ ...files, "b/p.policy": clock }), "replay", "audit.jsonl", ...args);
  expect(stdout).toContain("note: rules read `query.parameters`, which are not recorded: they saw none");
  expect(stdout).toContain("note: rules read the clock: they saw the time of this run");
});

test.each<[string, Record<string, string>, string[], string]>([
  ["a file that is not there", {}, ["nowhere.jsonl", ...args], "`nowhere.jsonl` is no audit file"],
  [
    "a file without statements",
    { "audit.jsonl": connect("s1", "ann") },
    ["audit.jsonl", ...args],
    "no statement is recorded",
  ],
  [
    "policies with mistakes",
    { "b/p.policy": "package p\n\nx if y\n" },
    ["audit.jsonl", ...args],
    "the policies in b have mistakes",
  ],
  ["no catalog", {}, ["audit.jsonl", ...args.slice(0, 4)], "give the schema: `--catalog FILE`"],
  ["a packed file that is none", { "a.gz": "x" }, ["a.gz", ...args], "the traffic cannot be read"],
])("%s is misuse: exit code 2 and no report", (_, changed, given, message) => {
  const { status, stdout, stderr } = policy(folderOf({ ...files, ...changed }), "replay", ...given);
  expect(stderr).toContain(message);
  expect([status, stdout]).toEqual([2, ""]);
});
