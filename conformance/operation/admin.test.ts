/** The HTTP API as operators, load balancers and Prometheus meet it: the real proxy, the real command. */
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import { Installation, type RunningProxy, users } from "./proxy-process.ts";

let server: PostgresServer;
let installation: Installation;
let proxy: RunningProxy;
let url: string;
const tokens = new Map<string, string>();

const person = (name: string, group: string) =>
  users.slice(users.indexOf("  - name")).replace("ana", name).replace("[analysts]", `[${group}]`);

async function tokenFor(user: string, name = user): Promise<string> {
  const made = await installation.run("api-token", "add", name, "--user", user, "--file", "tokens.yaml");
  return made.stdout.trim();
}

async function eventually(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await sleep(50);
}

beforeAll(async () => {
  server = await startPostgres();
  installation = new Installation(server);
  const allow = "{ sessions: [dba], targets: [dba], policies: [dba], audit: [security] }";
  installation.write(
    "penstock.yaml",
    `${installation.config()}admin: { port: 0, tokens: tokens.yaml, allow: ${allow} }\n`,
  );
  installation.write("users.yaml", users + person("bob", "dba") + person("sue", "security"));
  for (const name of ["ana", "bob", "sue"]) tokens.set(name, await tokenFor(name));
  proxy = await installation.start();
  url = `http://${/"?admin"?: ?"?([\d.]+:\d+)/.exec(proxy.stderr)?.[1]}`;
});
afterAll(async () => {
  await proxy.stop("SIGKILL");
  installation.remove();
  await server.stop();
});

/** @param who whose token goes with it; `undefined`: none */
async function call(who: string | undefined, path: string, options: RequestInit = {}): Promise<Response> {
  const headers = who === undefined ? {} : { authorization: `Bearer ${tokens.get(who) ?? who}` };
  return await fetch(`${url}${path}`, { ...options, headers: { ...headers, ...options.headers } });
}

async function connect(): Promise<Client> {
  const client = new Client({ connectionString: proxy.url, application_name: "a report" });
  client.on("error", () => undefined);
  await client.connect();
  return client;
}

test("health needs no token, and says nothing but that", async () => {
  const healthy = await call(undefined, "/healthz");
  expect({ status: healthy.status, body: await healthy.text() }).toEqual({
    status: 200,
    body: '{"status":"ok","reasons":[]}',
  });
  expect((await call(undefined, "/readyz")).status).toBe(200);
});

test("metrics count what was allowed and refused, by rule, and time its stages", async () => {
  const client = await connect();
  await client.query("create table counted (id int)");
  for (const id of [1, 1, 2, 3, 4]) await client.query(`select id from counted where id = ${id}`);
  await expect(client.query("truncate counted")).rejects.toThrow("truncate is not for you");
  await client.end();
  const text = await (await call(undefined, "/metrics")).text();
  expect(text).toMatch(/^penstock_rules_fired_total\{effect="deny",rule="guard:\d+"\} 1$/m);
  expect(text).toMatch(/^penstock_refusals_total 1$/m);
  expect(text).toMatch(/^penstock_statements_total [3-9]$/m);
  expect(text).toMatch(/^penstock_stage_seconds_count\{stage="upstream"\} [2-9]$/m);
  expect(text).toMatch(/^penstock_stage_seconds_bucket\{stage="decide",le="\+Inf"\} [3-9]$/m);
  expect(text).toMatch(/^penstock_target_up\{target="shop"\} 1$/m);
  expect(text).toMatch(/^penstock_policies_info\{revision="[^"]+"\} 1$/m);
  expect(text).toMatch(/^penstock_decisions_total\{cache="text"\} 1$/m);
  expect(text).toMatch(/^penstock_decisions_total\{cache="template"\} [1-3]$/m);
  expect(text).toMatch(/^penstock_decisions_total\{cache="none"\} [3-9]$/m);
  expect(text).toMatch(/^process_cpu_seconds_total /m);
});

test("who may sees sessions, and ends one: its client is told why, and the log by whom", async () => {
  const client = await connect();
  const ended = new Promise<Error>((resolve) => client.on("error", resolve));
  const { sessions } = (await (await call("bob", "/api/v1/sessions?principal=ana")).json()) as {
    sessions: { id: string; application: string }[];
  };
  const session = sessions.find(({ application }) => application === "a report");
  expect(session).toMatchObject({ principal: { id: "ana", kind: "human", groups: ["analysts"] }, target: "shop" });
  const answer = await call("bob", `/api/v1/sessions/${session?.id}?reason=maintenance`, { method: "DELETE" });
  expect(answer.status).toBe(204);
  expect((await ended).message).toBe("terminating connection: an operator has ended the session: maintenance");
  const record = { event: "change", by: "bob", action: "end_session", session: session?.id, reason: "maintenance" };
  expect(installation.audit()).toContainEqual(expect.objectContaining(record));
  expect((await call("bob", `/api/v1/sessions/${session?.id}`, { method: "DELETE" })).status).toBe(404);
});

test("the command line lists and ends sessions, without a token in its arguments", async () => {
  const client = await connect();
  installation.write("token", tokens.get("bob") ?? "");
  const options = ["--url", url, "--token-file", "token"];
  const listed = await installation.run("sessions", "list", ...options);
  const [id = ""] = /^\S+(?= {2}ana .*a report)/m.exec(listed.stdout) ?? [];
  expect(listed.stdout).toMatch(/ana \(human\) {2}shop {2}127\.0\.0\.1 {2}a report {2}since 2/);
  expect(await installation.run("sessions", "end", id, ...options)).toMatchObject({ code: 0 });
  await expect(client.query("select 1")).rejects.toThrow(/terminat|not queryable/);
  expect(await installation.run("sessions", "list", "--url", url)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("set PENSTOCK_API_TOKEN"),
  });
});

test.each([
  ["no token", undefined, "/api/v1/sessions", 401],
  ["a wrong token", "penstock_wrong", "/api/v1/sessions", 401],
  ["a token of somebody who may not", "ana", "/api/v1/sessions", 403],
  ["a token for something else", "bob", "/api/v1/audit/records", 403],
  ["a path that is none", "bob", "/api/v1/nothing", 404],
  ["a query that fits no schema", "sue", "/api/v1/audit/records?limit=many", 400],
  ["a path beside the API", undefined, "/../users.yaml", 404],
])("%s is refused as a problem with its reason", async (_, who, path, status) => {
  const answer = await call(who, path);
  expect({ status: answer.status, type: answer.headers.get("content-type") }).toEqual({
    status,
    type: "application/problem+json",
  });
  expect(await answer.json()).toMatchObject({ status, detail: expect.stringMatching(/\w{3}/) });
});

test("a token of nobody is worth nothing, and one that is removed is worth nothing from then on", async () => {
  tokens.set("nobody", await tokenFor("nobody"));
  tokens.set("guest", await tokenFor("bob", "guest"));
  const statusFor = async (who: string) => (await call(who, "/api/v1/sessions")).status;
  await eventually(async () => (await statusFor("guest")) === 200);
  expect(await statusFor("nobody")).toBe(401);
  await installation.run("api-token", "remove", "guest", "--file", "tokens.yaml");
  await eventually(async () => (await statusFor("guest")) === 401);
  expect(await statusFor("bob")).toBe(200);
});

test("whoever audits finds records, and sums of them, by the API", async () => {
  const client = await connect();
  await client.query("select 42 as answer");
  await client.end();
  const found = (await (await call("sue", "/api/v1/audit/records?principal=ana&kind=select")).json()) as {
    records: { record: { text: string }; result?: { rows: number } }[];
  };
  expect(found.records.find(({ record }) => record.text === "select 42 as answer")?.result?.rows).toBe(1);
  const report = (await (await call("sue", "/api/v1/audit/report?by=principal")).json()) as { rows: unknown[] };
  expect(report.rows).toContainEqual(expect.objectContaining({ principal: "ana", target: "shop" }));
});

test("policies are read again when somebody asks, and what is in force is said", async () => {
  const before = (await (await call("bob", "/api/v1/policies")).json()) as { revision: string };
  installation.write("policies/guard.policy", 'package guard\n\ndeny "no" if query.kind == "vacuum"\n');
  const after = await call("bob", "/api/v1/policies/reload", { method: "POST" });
  expect(((await after.json()) as { revision: string }).revision).not.toBe(before.revision);
});

test("the API's description names every route", async () => {
  const description = (await (await call(undefined, "/openapi.json")).json()) as { paths: object; openapi: string };
  expect(description.openapi).toBe("3.1.0");
  expect(Object.keys(description.paths).sort()).toEqual([
    "/api/v1/audit/records",
    "/api/v1/audit/report",
    "/api/v1/config/reload",
    "/api/v1/policies",
    "/api/v1/policies/bundle",
    "/api/v1/policies/reload",
    "/api/v1/sessions",
    "/api/v1/sessions/{id}",
    "/api/v1/targets",
    "/healthz",
    "/metrics",
    "/readyz",
  ]);
});

test("whoever tries tokens is stopped, and it is in the log", async () => {
  const statuses = [];
  for (let tried = 0; tried < 25; tried++) statuses.push((await call(`wrong${tried}`, "/api/v1/sessions")).status);
  expect(statuses.at(-1)).toBe(429);
  expect(installation.audit()).toContainEqual(
    expect.objectContaining({ event: "refused", reason: "a wrong token for the HTTP API" }),
  );
});
