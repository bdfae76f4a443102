/** Tokens for agents over the HTTP API: for whoever may have them minted, on their own behalf, for no more than they are, and never unrecorded. */
import { readFileSync } from "node:fs";
import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeApiToken } from "../../proxy/src/admin/api-tokens.ts";
import { Installation, type RunningProxy, users } from "../operation/proxy-process.ts";
import { selfSigned } from "../protocol/certificate.ts";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";

const tls = selfSigned();
let server: PostgresServer;
let installation: Installation;
let proxy: RunningProxy;
let admin: string;
const soonMs = 90_000;
const tokens = new Map(["ana", "bob", "svc", "robot", "second", "brief"].map((name) => [name, makeApiToken()]));
const person = (name: string, groups: string, more = "kind: human") =>
  users
    .slice(users.indexOf("  - name"))
    .replace("ana", name)
    .replace("[analysts]", `[${groups}]`)
    .replace("kind: human", more);

beforeAll(async () => {
  server = await startPostgres();
  installation = new Installation(server);
  installation.write("server.pem", tls.cert);
  installation.write("server.key", tls.key);
  const made = await installation.policy("keygen", "--output", "mint");
  if (made.code !== 0) throw new Error(made.stderr);
  installation.write(
    "users.yaml",
    [
      users.replace("[analysts]", "[analysts, minters]"),
      person("bob", "dba"),
      person("svc", "minters", "kind: service\n    id: service-7"),
      person("robot", "minters", "kind: agent"),
      person("second", "minters", "kind: human\n    on_behalf_of: bob"),
      person("ana-bot", "reports", "kind: agent\n    on_behalf_of: ana"),
      person("etl-bot", "loaders", "kind: agent"),
    ].join(""),
  );
  const expiry = `, expires: "${new Date(Date.now() + soonMs).toISOString()}"`;
  const listed = [...tokens].map(
    ([name, { sha256 }]) =>
      `  - { name: ${name}, user: ${name === "brief" ? "ana" : name}, sha256: ${sha256}${name === "brief" ? expiry : ""} }\n`,
  );
  installation.write("tokens.yaml", `tokens:\n${listed.join("")}`);
  const listen = "listen: { port: 0, host: localhost, tls: { cert: server.pem, key: server.key } }";
  installation.write(
    "penstock.yaml",
    `${installation.config().replace(/^listen: .*$/m, listen)}identity: { mint: { key_file: mint.key, record: minted.jsonl } }
admin: { port: 0, tokens: tokens.yaml, allow: { tokens: [minters] } }
`,
  );
  proxy = await installation.start();
  admin = `http://${/"?admin"?: ?"?([\d.]+:\d+)/.exec(proxy.stderr)?.[1]}`;
});
afterAll(async () => {
  await proxy.stop("SIGKILL");
  installation.remove();
  await server.stop();
});

interface Minted {
  readonly status: number;
  readonly body: Readonly<Record<string, string>>;
}

async function mint(who: string, body: unknown): Promise<Minted> {
  const headers = { authorization: `Bearer ${tokens.get(who)?.token}`, "content-type": "application/json" };
  const response = await fetch(`${admin}/api/v1/tokens`, { method: "POST", headers, body: JSON.stringify(body) });
  return { status: response.status, body: (await response.json()) as Record<string, string> };
}

async function login(token = ""): Promise<Record<string, unknown> | undefined> {
  const client = new Client({
    host: "localhost",
    port: proxy.port,
    database: "shop",
    user: "token",
    password: token,
    ssl: { ca: tls.cert },
  });
  client.on("error", () => undefined);
  await client.connect();
  await client.end();
  return installation.audit().findLast(({ event }) => event === "connect");
}
const changes = () => installation.audit().filter(({ event }) => event === "change");
const minted = () => readFileSync(installation.path("minted.jsonl"), "utf8").trim().split("\n");

test("who may have tokens minted gets one for an agent that acts for them, which stands in the sealed record first", async () => {
  const { status, body } = await mint("ana", {
    agent: "helper",
    task: "ticket 4711",
    ttl_seconds: 300,
    groups: ["analysts"],
  });
  expect({ status, body }).toMatchObject({
    status: 201,
    body: { agent: "helper", groups: ["analysts"], on_behalf_of: "ana" },
  });
  expect(changes().at(-1)).toMatchObject({
    by: "ana",
    action: "mint_token",
    token: body["id"],
    agent: "helper",
    groups: ["analysts"],
    on_behalf_of: "ana",
    task: "ticket 4711",
    ttl_seconds: 300,
    expires: body["expires_at"],
  });
  expect(JSON.parse(minted().at(-1) ?? "")).toMatchObject({ event: "token_minted", token: body["id"], by: "ana" });
  expect(await login(body["token"])).toMatchObject({
    principal: { id: "helper", kind: "agent", groups: ["analysts"], on_behalf_of: "ana" },
    login: { token: body["id"], task: "ticket 4711", minted_by: "ana" },
  });
  for (const part of body["token"]?.split(".").slice(1) ?? [])
    expect(readFileSync(installation.path("audit.jsonl"), "utf8") + minted().join("") + proxy.stderr).not.toContain(
      part,
    );
});

test("an agent that the users file gives somebody has the groups that it has there", async () => {
  const { status, body } = await mint("ana", { agent: "ana-bot", task: "t" });
  expect({ status, body }).toMatchObject({ status: 201, body: { agent: "ana-bot", groups: ["reports"] } });
  const service = await mint("svc", { agent: "cron", task: "t" });
  expect(service).toMatchObject({ status: 201, body: { on_behalf_of: "service-7", groups: [] } });
});

test("a token ends with the one that it was minted by", async () => {
  const { body } = await mint("brief", { agent: "helper", task: "t", ttl_seconds: 3600 });
  expect(Date.parse(body["expires_at"] ?? "")).toBeLessThanOrEqual(Date.now() + soonMs);
});

test.each([
  ["without the permission", "bob", { agent: "x", task: "t" }, 403, "may not use `tokens`"],
  ["without a token", "nobody", { agent: "x", task: "t" }, 401, "token is not valid"],
  ["by an agent", "robot", { agent: "x", task: "t" }, 403, "acts for somebody else"],
  ["by who acts for somebody", "second", { agent: "x", task: "t" }, 403, "acts for somebody else"],
  ["for a group of others", "ana", { agent: "x", task: "t", groups: ["dba"] }, 403, 'cannot have the group "dba"'],
  ["as an agent that is nobody's", "ana", { agent: "etl-bot", task: "t" }, 403, "does not say that"],
  ["as an agent of somebody else", "svc", { agent: "ana-bot", task: "t" }, 403, "does not say that"],
  ["as a person", "ana", { agent: "bob", task: "t" }, 403, "is no agent"],
  ["as oneself", "ana", { agent: "ana", task: "t" }, 403, "is no agent"],
  ["as the id of somebody", "ana", { agent: "service-7", task: "t" }, 403, "is the id of somebody"],
  ["for longer than any token", "ana", { agent: "x", task: "t", ttl_seconds: 7200 }, 400, "at most 3600"],
  ["for no time", "ana", { agent: "x", task: "t", ttl_seconds: 0 }, 400, "not as /openapi.json says"],
  ["for no task", "ana", { agent: "x", task: " " }, 400, "not as /openapi.json says"],
  ["with control characters", "ana", { agent: "x\u001b[2J", task: "t" }, 400, "not as /openapi.json says"],
  ["on behalf of somebody else", "ana", { agent: "x", task: "t", on_behalf_of: "bob" }, 400, "not as /openapi.json"],
] as const)("nothing is minted %s", async (_, who, body, status, detail) => {
  const before = [changes().length, minted().length];
  const refused = await mint(who, body);
  expect(refused).toMatchObject({ status, body: { detail: expect.stringContaining(detail) } });
  expect(refused.body).not.toHaveProperty("token");
  expect([changes().length, minted().length]).toEqual(before);
});

test("the command asks the API where it is told where that is, and says what is wrong", async () => {
  installation.write("ana.token", tokens.get("ana")?.token ?? "");
  installation.write("bob.token", tokens.get("bob")?.token ?? "");
  const command = (file: string, ...more: string[]) =>
    installation.run("token", "--url", admin, "--token-file", file, "--agent", "helper", "--for", "t", ...more);
  const [right, unpermitted, mixed, wrong] = await Promise.all([
    command("ana.token", "--ttl", "5m"),
    command("bob.token"),
    command("ana.token", "--on-behalf-of", "bob"),
    command("ana.token", "--ttl", "soon"),
  ]);
  expect(right).toMatchObject({ code: 0, stderr: expect.stringMatching(/^minted [0-9a-f-]{36}, good until 20.*Z\n$/) });
  expect(await login(right?.stdout.trim())).toMatchObject({ principal: { id: "helper", on_behalf_of: "ana" } });
  expect(unpermitted).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining("may not use `tokens`") });
  expect(mixed).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining("leave --by-token and") });
  expect(wrong).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining("--ttl must be a time") });
});
