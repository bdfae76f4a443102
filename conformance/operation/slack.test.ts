/**
 * Slack's buttons, through the real HTTP API: who may answer does, whoever does not is told so where Slack shows it, and nothing that Slack has not
 * signed a moment ago is listened to. And what is changed besides statements has its record.
 */
import { createHmac, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeApiToken } from "../../proxy/src/admin/api-tokens.ts";
import { until } from "../approvals/people.ts";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import { Installation, type RunningProxy, users } from "./proxy-process.ts";

const secret = randomBytes(16).toString("hex");
const policy = `package guard
approve by "dba" because "it empties a table" if query.kind == "truncate"
approve by "dba" for "1h" if query.kind == "delete"
approve by "dba" if query.kind == "update"
approve by "security" if query.kind == "update"`;
const person = (name: string, group: string, slack: string, kind = "human") =>
  users
    .slice(users.indexOf("  - name"))
    .replace("ana", name)
    .replace("[analysts]", `[${group}]`)
    .replace("kind: human", `kind: ${kind}\n    claims: { slack: ${slack} }`);
const tokens = new Map(["ana", "bob", "sue"].map((user) => [user, makeApiToken()]));

/** Slack: the channel's messages, and what is sent to a `response_url`. */
const posted: { readonly path: string; readonly body: Record<string, unknown> }[] = [];
const slack = createServer((incoming, response) => {
  void buffer(incoming).then((body) => {
    posted.push({ path: incoming.url ?? "", body: JSON.parse(body.toString()) as Record<string, unknown> });
    response.end("ok");
  });
});
const slackUrl = () => `http://127.0.0.1:${(slack.address() as AddressInfo).port}`;

let server: PostgresServer;
let installation: Installation;
let proxy: RunningProxy;
let admin: string;
beforeAll(async () => {
  await new Promise<void>((resolve) => slack.listen(0, "127.0.0.1", resolve));
  server = await startPostgres();
  const owner = new Client({ connectionString: server.url() });
  await owner.connect();
  await owner.query("create table notes (id int, note text)");
  await owner.end();
  installation = new Installation(server);
  const webhook = `{ url_file: webhook.url, key_file: links.key, public_url: 'https://approve.example', slack: { signing_secret_file: slack.secret, team: T1 } }`;
  installation.write(
    "penstock.yaml",
    `${installation.config()}store: { file: store.db }
approvals: { webhook: ${webhook} }
admin: { port: 0, tokens: tokens.yaml }
`,
  );
  installation.write("webhook.url", `${slackUrl()}/services/channel`);
  installation.write("links.key", randomBytes(32).toString("base64"));
  installation.write("slack.secret", `${secret}\n`);
  installation.write(
    "users.yaml",
    [
      users.replace("kind: human", "kind: human\n    claims: { slack: UANA }").replace("[analysts]", "[analysts, dba]"),
      person("bob", "dba", "UBOB"),
      person("sue", "security", "USUE"),
      person("twin", "dba", "UTWO"),
      person("twin2", "dba", "UTWO"),
      person("robot", "dba", "UROBOT", "agent"),
    ].join(""),
  );
  const listed = [...tokens].map(([user, { sha256 }]) => `  - { name: ${user}, user: ${user}, sha256: ${sha256} }\n`);
  installation.write("tokens.yaml", `tokens:\n${listed.join("")}`);
  installation.write("policies/guard.policy", policy);
  proxy = await installation.start();
  admin = `http://${/"?admin"?: ?"?([\d.]+:\d+)/.exec(proxy.stderr)?.[1]}`;
});
afterAll(async () => {
  slack.close();
  await proxy.stop("SIGKILL");
  installation.remove();
  await server.stop();
});

interface Asked {
  readonly id: string;
  readonly values: { readonly approve: string; readonly deny: string };
  readonly result: Promise<unknown>;
}

/** A statement that waits, and the buttons of its message. */
async function ask(sql: string): Promise<Asked> {
  const client = new Client({ connectionString: proxy.url });
  client.on("error", () => undefined);
  await client.connect();
  const before = posted.length;
  const result = client.query(sql).finally(() => void client.end());
  result.catch(() => undefined);
  await until(
    () => posted.length > before,
    () => `it was not announced:\n${proxy.stderr}`,
  );
  const body: Record<string, unknown> = posted[before]?.body ?? {};
  const blocks = body["blocks"] as { type: string; elements?: { action_id?: string; value?: string }[] }[];
  const elements = blocks.flatMap((block) => block.elements ?? []);
  const valueOf = (action: string) => elements.find(({ action_id: id }) => id === action)?.value ?? "";
  const approve = valueOf("penstock_approve");
  return {
    id: (JSON.parse(approve) as { request: string }).request,
    values: { approve, deny: valueOf("penstock_deny") },
    result,
  };
}

interface Click {
  readonly user?: string;
  readonly team?: string;
  readonly value: string;
  readonly says?: "approve" | "deny";
  readonly reason?: string;
  readonly to?: string;
}

const payloadOf = ({ user = "UBOB", team = "T1", value, says = "approve", reason, to }: Click) => ({
  type: "block_actions",
  user: { id: user, username: "bob", team_id: team },
  team: { id: team, domain: "shop" },
  trigger_id: "1.2.3",
  response_url: to ?? `${slackUrl()}/actions/${randomBytes(4).toString("hex")}`,
  state: { values: { penstock_reason: { reason: { type: "plain_text_input", value: reason ?? null } } } },
  actions: [{ type: "button", block_id: "x", action_id: `penstock_${says}`, value }],
});

const formOf = (payload: unknown) => new URLSearchParams({ payload: JSON.stringify(payload) }).toString();
const seconds = () => Math.floor(Date.now() / 1000);
const sign = (body: string, timestamp = String(seconds()), key = secret) => ({
  "content-type": "application/x-www-form-urlencoded",
  "x-slack-request-timestamp": timestamp,
  "x-slack-signature": `v0=${createHmac("sha256", key).update(`v0:${timestamp}:${body}`).digest("hex")}`,
});

async function send(body: string, headers: Record<string, string> = sign(body)): Promise<number> {
  const response = await fetch(`${admin}/slack/interactions`, { method: "POST", body, headers });
  await response.body?.cancel();
  return response.status;
}

/** What Slack shows after a click. */
async function click(given: Click): Promise<Record<string, unknown>> {
  const payload = payloadOf(given);
  const body = formOf(payload);
  expect(await send(body)).toBe(200);
  const path = new URL(payload.response_url).pathname;
  await until(
    () => posted.some((each) => each.path === path),
    () => "nothing was answered",
  );
  return posted.find((each) => each.path === path)?.body ?? {};
}

const stateOf = async (id: string) => {
  const headers = { authorization: `Bearer ${tokens.get("bob")?.token}` };
  const response = await fetch(`${admin}/api/v1/approvals/${id}`, { headers });
  return ((await response.json()) as { state: string }).state;
};
const answers = (id: string) =>
  installation.audit().filter((line) => line["event"] === "approval_answer" && line["request"] === id);

test("a click of who may answer releases the statement, and all see in the message who it was", async () => {
  const { id, values, result } = await ask("truncate notes");
  const shown = await click({ value: values.approve, reason: "ticket 7" });
  expect(shown).toMatchObject({ replace_original: true, text: expect.stringContaining("bob: approved") });
  expect(JSON.stringify(shown["blocks"])).not.toContain("penstock_");
  await result;
  await until(
    () => answers(id).length === 1,
    () => "it was not recorded",
  );
  expect(answers(id)).toMatchObject([
    { user: "bob", by: "bob", proof: "slack", answer: "approve", because: "ticket 7", counted: true },
  ]);
});

test("a no needs a reason, which the client is told", async () => {
  const { id, values, result } = await ask("truncate notes");
  expect(await click({ value: values.deny, says: "deny" })).toMatchObject({
    response_type: "ephemeral",
    replace_original: false,
    text: expect.stringContaining("a no needs a reason"),
  });
  expect(await stateOf(id)).toBe("waiting");
  expect(await click({ value: values.deny, says: "deny", reason: "not <now>" })).toMatchObject({
    replace_original: true,
  });
  await expect(result).rejects.toThrow("not approved by bob: not <now>");
});

test("where several must say yes, the first is told so, and the buttons stay", async () => {
  const { id, values, result } = await ask("update notes set note = 'x'");
  expect(await click({ value: values.approve })).toMatchObject({ response_type: "ephemeral" });
  expect(await stateOf(id)).toBe("waiting");
  expect(await click({ value: values.approve, user: "USUE" })).toMatchObject({ replace_original: true });
  await result;
});

describe("of one that waits on", () => {
  let asked: Asked;
  let other: Asked;
  beforeAll(async () => {
    asked = await ask("truncate notes");
    other = await ask("delete from notes where id = 7");
  });
  test.each([
    ["who has asked", { user: "UANA" }, "own"],
    ["whoever is in another group", { user: "USUE" }, "in no group that is asked"],
    ["an agent", { user: "UROBOT" }, "is no human"],
    ["somebody whom nobody knows", { user: "UNOBODY" }, "there is no user"],
    ["an id that two users have", { user: "UTWO" }, "there is no user"],
    ["another workspace", { team: "T2" }, "workspace"],
    ["a user's name for the id", { user: "bob" }, "there is no user"],
    ["a name of an object's", { user: "__proto__" }, "there is no user"],
  ] as const)("a click of %s answers nothing", async (_, change, why) => {
    const shown = await click({ value: asked.values.approve, ...change });
    expect(shown).toMatchObject({ response_type: "ephemeral", text: expect.stringContaining(why) });
    expect(await stateOf(asked.id)).toBe("waiting");
  });

  test.each([
    ["of another request", () => ({ ...JSON.parse(asked.values.approve), request: other.id })],
    ["of another statement", () => ({ ...JSON.parse(asked.values.approve), digest: "0".repeat(64) })],
    ["that is good for longer", () => ({ ...JSON.parse(asked.values.approve), until: Date.now() + 1e9 })],
    ["with more in it", () => ({ ...JSON.parse(asked.values.approve), by: "bob" })],
    ["that is none", () => "approve"],
  ])("a button %s answers nothing", async (_, value) => {
    const shown = await click({ value: JSON.stringify(value()) });
    expect(shown).toMatchObject({ response_type: "ephemeral", text: expect.stringContaining("made by somebody else") });
  });

  test("what Slack has not signed a moment ago, and once, is refused", async () => {
    const fresh = () => formOf(payloadOf({ value: asked.values.approve }));
    const body = fresh();
    const { "x-slack-signature": _, ...unsigned } = sign(body);
    const wrong = [
      await send(body, unsigned),
      await send(body, sign(body, String(seconds()), randomBytes(16).toString("hex"))),
      await send(body, sign(body, String(seconds()), "")),
      await send(body, sign(body, String(seconds() - 301))),
      await send(body, sign(body, String(seconds() + 302))),
      await send(body, sign(body, "")),
      await send(body, sign(body, "now")),
      await send(`${body}&payload=%7B%7D`, sign(body)),
      await send(body, { ...sign(body), "x-slack-request-timestamp": String(seconds() - 1) }),
      await send(body, { ...sign(body), "x-slack-signature": "v0=" }),
      await send(body, { ...sign(body), "x-slack-signature": `v1=${"0".repeat(64)}` }),
    ];
    expect(wrong).toEqual(wrong.map(() => 401));
    expect(await stateOf(asked.id)).toBe("waiting");
  });

  test("a click that is sent again is refused, whatever became of the first", async () => {
    const body = formOf(payloadOf({ user: "USUE", value: asked.values.approve }));
    const headers = sign(body, String(seconds() - 100));
    expect([await send(body, headers), await send(body, headers), await send(body, headers)]).toEqual([200, 401, 401]);
    // What became of the first may be recorded in between, or behind them.
    const reasons = () => installation.audit().flatMap(({ event, reason }) => (event === "refused" ? [reason] : []));
    await expect.poll(reasons).toContain("a request for Slack's buttons whose signature is seen before");
  });

  test("what is signed and no click of ours changes nothing", async () => {
    const forms = [
      ["payload=", 400],
      ["", 400],
      ["payload=%7B", 400],
      [`${formOf(payloadOf({ value: asked.values.approve }))}&payload=x`, 400],
      [formOf([1]), 400],
      [formOf({ type: "block_actions", user: { id: "UBOB" }, actions: "x" }), 400],
      [formOf({ type: "block_actions" }), 400],
      [formOf({ type: "view_submission", user: { id: "UBOB" } }), 200],
      [formOf({ ...payloadOf({ value: "" }), actions: [{ action_id: "penstock_open" }] }), 200],
      [`payload=${"x".repeat(100_000)}`, 413],
    ] as const;
    const statuses: number[] = [];
    for (const [form] of forms) statuses.push(await send(form));
    expect(statuses).toEqual(forms.map(([, status]) => status));
    expect(await stateOf(asked.id)).toBe("waiting");
  });

  test("no other server than Slack's is told what became of a click", async () => {
    const elsewhere: string[] = [];
    const trap = createServer((incoming, response) => {
      elsewhere.push(incoming.url ?? "");
      response.end();
    });
    await new Promise<void>((resolve) => trap.listen(0, "127.0.0.1", resolve));
    const to = `http://127.0.0.1:${(trap.address() as AddressInfo).port}/x`;
    expect(await send(formOf(payloadOf({ user: "USUE", value: asked.values.approve, to })))).toBe(200);
    await until(
      () => proxy.stderr.includes("is of another server than the webhook's"),
      () => proxy.stderr,
    );
    trap.close();
    expect(elsewhere).toEqual([]);
  });

  test("all of that has changed nothing, and a click of who may answer does", async () => {
    expect([await stateOf(asked.id), await stateOf(other.id)]).toEqual(["waiting", "waiting"]);
    for (const { values, result } of [asked, other]) {
      expect(await click({ value: values.approve })).toMatchObject({ replace_original: true });
      await result;
    }
  });

  test("no GET answers, and no token is asked for", async () => {
    const response = await fetch(`${admin}/slack/interactions`);
    expect(response.status).toBe(404);
    await response.body?.cancel();
  });
});

describe("an approval that is taken back", () => {
  const api = async (user: string, method: string, path: string) => {
    const headers = { authorization: `Bearer ${tokens.get(user)?.token}` };
    const response = await fetch(`${admin}/api/v1/grants${path}`, { method, headers });
    const text = await response.text();
    return {
      status: response.status,
      grants: text === "" ? [] : (JSON.parse(text) as { grants?: { id: string }[] }).grants,
    };
  };
  const granted = async (sql: string) => {
    const { values, result } = await ask(sql);
    await click({ value: values.approve });
    await result;
    const { grants = [] } = await api("bob", "GET", "");
    return grants.at(-1)?.id ?? "";
  };
  const recorded = async (grant: string) => {
    const found = () =>
      installation.audit().find((line) => line["event"] === "approval_revoke" && line["grant"] === grant);
    await until(
      () => found() !== undefined,
      () => "it was not recorded",
    );
    return found();
  };

  test("by whoever may give it, over the HTTP API, is used no more, and recorded", async () => {
    const id = await granted("delete from notes where id = 1");
    expect(await api("sue", "GET", "")).toMatchObject({ grants: [] });
    const refused = [
      await api("sue", "DELETE", `/${id}`),
      await api("nobody", "DELETE", `/${id}`),
      await api("bob", "DELETE", "/0123456789"),
    ];
    expect(refused.map(({ status }) => status)).toEqual([404, 401, 404]);
    expect(await api("bob", "DELETE", `/${id}?because=enough`)).toMatchObject({ status: 204 });
    expect(await recorded(id)).toMatchObject({
      user: "bob",
      by: "bob",
      proof: "token",
      because: "enough",
      granted_by: "bob",
    });
    const { values, result } = await ask("delete from notes where id = 1");
    await click({ value: values.deny, says: "deny", reason: "no" });
    await expect(result).rejects.toThrow("not approved");
  });

  test("on the command line is recorded by the proxy that has asked", async () => {
    const id = await granted("delete from notes where id = 2");
    expect(await installation.run("approvals", "revoke", id, "--because", "over")).toMatchObject({ code: 0 });
    const record = await recorded(id);
    expect(record).toMatchObject({ user: expect.stringMatching(/^operator /), proof: "account", because: "over" });
    expect(record).not.toHaveProperty("by");
    const tail = await installation.run("audit", "tail", "audit.jsonl");
    expect(tail.stdout).toMatch(new RegExp(`operator .* takes back approval ${id}`));
  });
});

test("users and API tokens that are added, changed or removed, by whatever hand, are recorded without their secrets", async () => {
  const changes = () => installation.audit().filter((line) => line["event"] === "change");
  const waitFor = async (action: string, field: string, name: string) => {
    const found = () =>
      changes().find((line) => line["action"] === action && JSON.stringify(line[field] ?? "").includes(`"${name}"`));
    await until(
      () => found() !== undefined,
      () => JSON.stringify(changes()),
    );
    return found();
  };
  const before = installation.audit().length;
  const made = await installation.run("api-token", "add", "laptop", "--file", "tokens.yaml", "--user", "bob");
  await waitFor("api_tokens", "added", "laptop");
  await installation.run("api-token", "remove", "laptop", "--file", "tokens.yaml");
  await waitFor("api_tokens", "removed", "laptop");
  await installation.runWith("a new password\n", "user", "password", "sue", "--file", "users.yaml");
  expect(await waitFor("users", "changed", "sue")).toMatchObject({ by: "", changed: { sue: ["verifier"] } });
  const text = readFileSync(installation.path("users.yaml"), "utf8");
  installation.write("users.yaml", text.replace(/\[ ?security ?\]/, "[security, dba]"));
  await until(
    () => changes().some((line) => JSON.stringify(line["changed"]) === '{"sue":["groups"]}'),
    () => JSON.stringify(changes()),
  );
  const lines = JSON.stringify(installation.audit().slice(before));
  for (const hidden of [made.stdout.trim(), "SCRAM-SHA-256", "a new password"]) expect(lines).not.toContain(hidden);
});
