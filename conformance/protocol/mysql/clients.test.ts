/** Clients as people have them: MariaDB's command line, its dump, its connector; with TLS and without. */
import { createConnection, type ConnectionConfig } from "mariadb";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type MysqlStage, startMysqlStage } from "../../support/mysql-stage.ts";
import { selfSigned } from "../certificate.ts";
import { runTool } from "../run-tool.ts";

const setup = `
  create table users (id int primary key, name varchar(40), email varchar(80));
  insert into users values (1, 'Ann', 'ann@example.com'), (2, 'Żofia', 'zofia@example.com');
  create table secrets (id int primary key, word varchar(40));
`;

const policy = `package guard
deny "nobody reads the secrets" if {
  some t in query.tables
  t.name == "secrets"
}
mask shop.users.email with redact()
`;

let stage: MysqlStage;
beforeAll(async () => {
  stage = await startMysqlStage({ setup, policy, tls: selfSigned() });
});
afterAll(() => stage.stop());

const login = () => {
  const { host, port, user, password } = stage.proxied.as("ann");
  return ["--no-defaults", `--host=${host}`, `--port=${port}`, `--user=${user}`, `--password=${password}`];
};

describe("the command line", () => {
  test.each([
    ["without TLS", ["--skip-ssl"]],
    ["with TLS", ["--ssl"]],
    ["with its password as it is, within TLS", ["--ssl", "--default-auth=mysql_clear_password"]],
  ])("logs in %s", async (_how, options) => {
    const sql = "select name, email from users where id = 1";
    const { stdout, stderr } = await runTool("mariadb", [...login(), ...options, "--batch", "shop"], { input: sql });
    expect(stderr).not.toContain("ERROR");
    expect(stdout).toBe("name\temail\nAnn\t***\n");
  });

  test("does not log in with its password as it is without TLS", async () => {
    const options = ["--skip-ssl", "--default-auth=mysql_clear_password", "--password=wrong"];
    const { code, stderr } = await runTool("mariadb", [...login(), ...options, "shop"], { input: "select 1" });
    expect(code).toBe(1);
    expect(stderr).toContain("1045");
  });

  test("is told why a statement is refused", async () => {
    const { code, stderr } = await runTool("mariadb", [...login(), "shop"], { input: "select * from secrets" });
    expect(code).toBe(1);
    expect(stderr).toContain("ERROR 1142 (42000) at line 1: nobody reads the secrets");
  });
});

test("a dump holds what the one who makes it may see", async () => {
  const { code, stdout } = await runTool("mariadb-dump", [...login(), "--single-transaction", "shop", "users"]);
  expect(code).toBe(0);
  expect(stdout).toContain("(2,'Żofia','***')");
  expect(stdout).not.toContain("@example.com");
});

test.each([
  ["without TLS", { allowPublicKeyRetrieval: true }],
  ["with TLS", { ssl: { rejectUnauthorized: false } }],
])("MariaDB's connector prepares, executes and sends ahead, %s", async (_how, options: ConnectionConfig) => {
  const { host, port, user, password } = stage.proxied.as("ann");
  const client = await createConnection({ host, port, user, password, database: "shop", ...options });
  try {
    expect(await client.execute("select email from users where id = ?", [1])).toEqual([{ email: "***" }]);
    const both = await Promise.all([client.query("select 1 as a"), client.query("select 2 as b")]);
    expect(both).toEqual([[{ a: 1 }], [{ b: 2 }]]);
    await expect(client.execute("select word from secrets where id = ?", [1])).rejects.toMatchObject({ errno: 1142 });
    expect(await client.execute("select name from users where id = ?", [2])).toEqual([{ name: "Żofia" }]);
    await client.reset();
    expect(await client.query("select database() as d")).toEqual([{ d: "shop" }]);
  } finally {
    client.destroy();
  }
});
