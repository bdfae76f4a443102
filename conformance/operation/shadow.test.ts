/** Policies in the shadow: what they would change is recorded, and nothing else happens. */
import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "../approvals/people.ts";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import { Installation, type RunningProxy } from "./proxy-process.ts";

let server: PostgresServer;
let installation: Installation;
let proxy: RunningProxy;
let client: Client;

const inForce = `package guard

deny "truncate is not for you" if query.kind == "truncate"
`;
const shadow = `package next

deny "no rows of staff" if query.kind == "delete"

mask column with null() if {
  column.table == "staff"
  column.name == "salary"
}

notify "soc" because "somebody looks" if query.kind == "select"
`;

beforeAll(async () => {
  server = await startPostgres();
  installation = new Installation(server);
  installation.write("policies/guard.policy", inForce);
  installation.write("next/next.policy", shadow);
  installation.write("penstock.yaml", installation.config({ policies: "{ path: policies, shadow: { path: next } }" }));
  proxy = await installation.start();
  client = new Client({ connectionString: proxy.url });
  await client.connect();
  await client.query("create table staff (id int, salary int); insert into staff values (1, 5000)");
});
afterAll(async () => {
  await client.end();
  await proxy.stop("SIGKILL");
  installation.remove();
  await server.stop();
});

/** Kinds of change of the shadow's records so far. */
function changes(): string[] {
  const records = installation.audit().filter(({ event }) => event === "shadow");
  return records.flatMap(({ changes: all }) => (all as { kind: string; what: string }[]).map(({ kind }) => kind));
}

test("what the shadow would change is recorded once, and runs as if there were none", async () => {
  const rows = [];
  for (let run = 0; run < 3; run++) rows.push(...(await client.query("select salary from staff")).rows);
  expect(rows).toEqual([{ salary: 5000 }, { salary: 5000 }, { salary: 5000 }]);
  expect((await client.query("delete from staff where id = 7")).rowCount).toBe(0);
  await until(
    () => changes().includes("newly denied"),
    () => changes().join(", "),
  );
  expect(changes().filter((kind) => kind === "mask added")).toHaveLength(1);
  expect(proxy.stderr).not.toContain("somebody looks");
  const denied = installation
    .audit()
    .find(({ event, changes: all }) => event === "shadow" && JSON.stringify(all).includes("newly denied"));
  const record = installation.audit().find(({ event, kind }) => event === "statement" && kind === "delete");
  expect(denied).toMatchObject({
    principal: { id: "ana", kind: "human" },
    session: record?.["session"],
    fingerprint: record?.["fingerprint"],
    changes: [{ kind: "newly denied", what: "no rows of staff", rule: "next:3" }],
  });
});

test("what both decide alike leaves no record", async () => {
  const before = changes().length;
  await client.query("update staff set id = 2 where id = 3");
  await expect(client.query("truncate staff")).rejects.toThrow("truncate is not for you");
  expect(changes().length).toBe(before + 1);
  expect(changes().at(-1)).toBe("newly allowed");
});

test("a shadow with errors is told, and changes nothing; mended, it decides again", async () => {
  installation.write("next/next.policy", "package next\n\ndeny if\n");
  await proxy.says("the shadow's policies have errors");
  expect((await client.query("select salary from staff where id = 1")).rows).toEqual([{ salary: 5000 }]);
  installation.write("next/next.policy", 'package next\n\ndeny "nothing" if query.kind == "explain"\n');
  const revision = () => proxy.stderr.split("decide beside").length;
  await until(
    () => revision() > 2,
    () => proxy.stderr,
  );
  await client.query("explain select 1");
  const outcome = await installation.run("audit", "search", "audit.jsonl", "--event", "shadow");
  expect(outcome.stdout).toMatch(/SHADOW ana: newly denied: nothing \(next:3\)/);
});

test("a proxy starts although its shadow cannot be read", async () => {
  const other = new Installation(server);
  other.write("penstock.yaml", other.config({ policies: "{ path: policies, shadow: { path: nowhere } }" }));
  const running = await other.start();
  expect(running.stderr).toContain("the shadow's policies have errors");
  await running.stop("SIGKILL");
  other.remove();
});
