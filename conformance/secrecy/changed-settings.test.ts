/** What a session has set while nothing was hidden from it, when a policy begins to hide something. */
import { Client } from "pg";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import { type Proxied, startProxied } from "../support/proxied.ts";

const open = "package open\n";
const masking = "package masking\nmask public.people.ssn with null()\n";
const database = "settings";
let server: PostgresServer;
let proxied: Proxied;

beforeAll(async () => {
  server = await startPostgres();
  const client = new Client({ connectionString: await server.createDatabase(database) });
  await client.connect();
  await client.query("create table people (id int, ssn text); insert into people values (1, '123')");
  await client.end();
  const { host, port, user, password } = server;
  proxied = await startProxied({
    databases: [{ host, port, user, password, database }],
    users: [{ name: user, kind: "human" }],
    policies: [{ path: "open.policy", text: open }],
  });
});
afterAll(async () => {
  await proxied?.stop();
  await server?.stop();
});
beforeEach(() => proxied.setPolicies(open));

async function connected<T>(use: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client(proxied.as(server.user));
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}

const settings = [
  "set role pg_read_all_data",
  "set session authorization pg_read_all_data",
  "select set_config('role', 'pg_read_all_data', false)",
  "set session_replication_role = replica",
  "set debug_print_rewritten = on",
];

test.each(settings)("after %s, a session from which something is hidden has to connect again", (sql) =>
  connected(async (client) => {
    const prepared = { name: "one", text: "select 1 as one" };
    await client.query(prepared);
    await client.query(sql);
    expect((await client.query("select ssn from people")).rows).toEqual([{ ssn: "123" }]);
    proxied.setPolicies(masking);
    const refused = { code: "42501", hint: "connect again" };
    await expect(client.query("select ssn from people")).rejects.toMatchObject(refused);
    await expect(client.query(prepared)).rejects.toMatchObject(refused);
    await connected(async (again) => {
      expect((await again.query("select ssn from people")).rows).toEqual([{ ssn: null }]);
    });
  }),
);

test.each(settings)("%s is refused to whom something is hidden from", (sql) =>
  connected(async (client) => {
    proxied.setPolicies(masking);
    await expect(client.query(sql)).rejects.toMatchObject({
      code: "42501",
      message: expect.stringMatching(/^setting \w+ is not permitted: .*data is hidden from you$/),
    });
    expect((await client.query("select ssn from people")).rows).toEqual([{ ssn: null }]);
  }),
);

test("a session that has set nothing of the kind goes on under other policies", () =>
  connected(async (client) => {
    await client.query("set work_mem = '8MB'; reset role; set role none");
    await client.query("set application_name = 'x'");
    proxied.setPolicies('package other\nlabel public.people.ssn as "x"\n');
    expect((await client.query("select ssn from people")).rows).toEqual([{ ssn: "123" }]);
  }));
