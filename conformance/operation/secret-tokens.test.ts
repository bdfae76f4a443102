/** What proves who somebody is stands nowhere that the proxy writes: tokens, keys and signatures, right or wrong, of every kind. One proxy for all. */
import { createHmac, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { Client } from "pg";
import { afterAll, beforeAll, expect } from "vitest";
import { makeApiToken } from "../../proxy/src/admin/api-tokens.ts";
import { until } from "../approvals/people.ts";
import { audience, TestIssuer } from "../identity/issuers.ts";
import { selfSigned } from "../protocol/certificate.ts";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import { describeThreat, type Variant } from "../support/threat-class.ts";
import { Installation, type RunningProxy, users } from "./proxy-process.ts";

const tls = selfSigned();
const issuer = new TestIssuer("https://issuer.example");
const slackSecret = randomBytes(16).toString("hex");
const linkKey = randomBytes(32).toString("base64");
const channel = `channel${randomBytes(8).toString("hex")}`;
const api = makeApiToken();
const policy = `package guard
approve by "dba" if query.kind == "truncate"`;

const posted: string[] = [];
const chat = createServer((incoming, response) => {
  void buffer(incoming).then((body) => {
    posted.push(body.toString());
    // The channel is gone for a while: the log has something to say.
    response.writeHead(posted.length === 1 ? 500 : 200).end("no");
  });
});
const chatUrl = () => `http://127.0.0.1:${(chat.address() as AddressInfo).port}`;

let server: PostgresServer;
let installation: Installation;
let proxy: RunningProxy;
let admin: string;
beforeAll(async () => {
  await Promise.all([
    new Promise<void>((resolve) => chat.listen(0, "127.0.0.1", resolve)),
    issuer.server.start(),
    startPostgres().then((started) => (server = started)),
  ]);
  installation = new Installation(server);
  const made = await installation.policy("keygen", "--output", "mint");
  if (made.code !== 0) throw new Error(made.stderr);
  const files = {
    "server.pem": tls.cert,
    "server.key": tls.key,
    "keys.pem": issuer.server.certificate.cert,
    "webhook.url": `${chatUrl()}/${channel}`,
    "links.key": linkKey,
    "slack.secret": slackSecret,
    "tokens.yaml": `tokens: [{ name: laptop, user: ana, sha256: ${api.sha256} }]\n`,
    "users.yaml": users.replace("kind: human", "kind: human\n    claims: { slack: UANA }"),
    "policies/guard.policy": policy,
  };
  for (const [name, text] of Object.entries(files)) installation.write(name, text);
  const listen = "listen: { port: 0, host: localhost, tls: { cert: server.pem, key: server.key } }";
  installation.write(
    "penstock.yaml",
    `${installation.config().replace(/^listen: .*$/m, listen)}identity:
  issuers: [{ issuer: "${issuer.issuer}", audiences: [${audience}], jwks: "${issuer.server.url.href}", ca: keys.pem }]
  mint: { key_file: mint.key, record: minted.jsonl }
store: { file: store.db }
approvals: { webhook: { url_file: webhook.url, key_file: links.key, public_url: 'http://127.0.0.1', slack: { signing_secret_file: slack.secret } } }
admin: { port: 0, tokens: tokens.yaml, allow: { tokens: [analysts], audit: [analysts], sessions: [analysts] } }
limits: { login_failures: 1000 }
log: { level: debug, format: json }
`,
  );
  proxy = await installation.start();
  admin = `http://${/"?admin"?: ?"?([\d.]+:\d+)/.exec(proxy.stderr)?.[1]}`;
});
afterAll(async () => {
  chat.close();
  await issuer.server.stop();
  await proxy.stop("SIGKILL");
  installation.remove();
  await server.stop();
});

async function login(password: string, user = "token", sql?: string): Promise<string> {
  const ssl = { ca: tls.cert };
  const client = new Client({ host: "localhost", port: proxy.port, database: "shop", user, password, ssl });
  client.on("error", () => undefined);
  try {
    await client.connect();
    if (sql !== undefined) await client.query(sql);
    return "";
  } catch (error) {
    return error instanceof Error ? JSON.stringify({ ...error, message: error.message }) : String(error);
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function call(path: string, options: RequestInit & { readonly token?: string } = {}): Promise<string> {
  const { token, headers, ...rest } = options;
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const response = await fetch(`${admin}${path}`, { ...rest, headers: { ...authorization, ...headers } });
  return `${response.status} ${await response.text()}`;
}

/** All that the proxy writes, and what the system shows of it. */
async function traces(): Promise<string> {
  const records = await call("/api/v1/audit/records?limit=1000", { token: api.token });
  const files = ["audit.jsonl", "minted.jsonl", "store.db", "store.db-wal"].map((name) => {
    try {
      return readFileSync(installation.path(name), "latin1");
    } catch {
      return "";
    }
  });
  const { pid } = proxy.child;
  const shown = ["cmdline", "environ"].map((name) => readFileSync(`/proc/${pid}/${name}`, "utf8"));
  return [proxy.stderr, records, await call("/metrics"), ...files, ...shown].join("\n");
}

/** Does something with secrets. @returns them, and what whoever did it was told; */
type Act = () => Promise<{ readonly secrets: readonly string[]; readonly told: string; readonly left: string }>;

/** Header and claims of a token say who it is, as the record does; the parts as they stand must not. */
const partsOf = (token: string) => token.split(".").filter(({ length }) => length > 20);

function slackBody(value = ""): string {
  const action = { action_id: "penstock_approve", value };
  const payload = {
    type: "block_actions",
    user: { id: "UANA" },
    response_url: `${chatUrl()}/${channel}/x`,
    actions: [action],
  };
  return new URLSearchParams({ payload: JSON.stringify(payload) }).toString();
}

function slackHeaders(body: string, key: string): Record<string, string> {
  const timestamp = String(Math.floor(Date.now() / 1000));
  const signature = createHmac("sha256", key).update(`v0:${timestamp}:${body}`).digest("hex");
  return { "x-slack-request-timestamp": timestamp, "x-slack-signature": `v0=${signature}` };
}

const acts: Readonly<Record<string, Act>> = {
  "a token that logs in": async () => {
    const token = issuer.token({ groups: ["analysts"] });
    return { secrets: partsOf(token), told: await login(token, "token", "select 1"), left: '"method":"jwt"' };
  },
  "tokens that are wrong": async () => {
    const tokens = [
      issuer.token({ exp: 1_000_000_000 }),
      issuer.token({ aud: "another" }),
      `${issuer.token().slice(0, -8)}AAAAAAAA`,
      issuer.token({ iss: "https://nobody.example" }),
      `${issuer.token()}.more`,
    ];
    const told = await Promise.all(tokens.map((token) => login(token)));
    return { secrets: tokens.flatMap(partsOf), told: told.join("\n"), left: '"event":"refused"' };
  },
  "a token where a name belongs": async () => {
    const token = issuer.token();
    const told = await login("x", token.slice(0, 60));
    return { secrets: partsOf(token).slice(1), told, left: '"event":"refused"' };
  },
  "an API token that is right": async () => {
    const told = await call("/api/v1/sessions", { token: api.token });
    return { secrets: [api.token, api.token.slice(9), api.sha256], told, left: "penstock_sessions_open" };
  },
  "API tokens that are wrong, and in wrong places": async () => {
    const { token } = makeApiToken();
    const told = await Promise.all([
      call("/api/v1/sessions", { token }),
      call(`/api/v1/sessions?token=${token}`),
      call(`/api/v1/sessions?principal=${token}`, { token: api.token }),
      call(`/api/v1/sessions/${token}`, { method: "DELETE" }),
      call("/api/v1/tokens", { method: "POST", body: `{"agent": 1, "task": "${token}"`, token: api.token }),
      call(`/${token}`),
    ]);
    return { secrets: [token, token.slice(9)], told: told.join("\n"), left: "a wrong token for the HTTP API" };
  },
  "a token that is minted": async () => {
    const headers = { "content-type": "application/json" };
    const body = JSON.stringify({ agent: "helper", task: "t" });
    const minted = await call("/api/v1/tokens", { method: "POST", body, headers, token: api.token });
    const { token } = JSON.parse(minted.slice(4)) as { token: string };
    return { secrets: partsOf(token), told: await login(token), left: '"action":"mint_token"' };
  },
  "the address of the channel, its key, and links": async () => {
    const waiting = login(issuer.token({ sub: "eve" }), "token", "truncate pg_class");
    await until(
      () => posted.length >= 2,
      () => proxy.stderr,
    );
    const [link = ""] = /http:[^"]*answer=approve/.exec(posted.at(-1) ?? "") ?? [];
    const { pathname, searchParams } = new URL(link);
    const signature = searchParams.get("signature") ?? "";
    const [id = ""] = pathname.split("/").slice(-1);
    const told = await call(`${pathname}?${searchParams.toString()}`);
    searchParams.set("until", "1");
    const wrong = await call(`${pathname}?${searchParams.toString()}`);
    const form = new URLSearchParams({ token: api.token, answer: "deny", because: "x" });
    const answered = await call(`${pathname}${new URL(link).search}`, { method: "POST", body: form });
    void waiting;
    return {
      secrets: [channel, linkKey, signature],
      told: [told.replaceAll(new URL(link).search, ""), wrong, answered].join("\n"),
      left: id,
    };
  },
  "Slack's secret, and signatures": async () => {
    const other = randomBytes(16).toString("hex");
    const bodies = [slackBody(), slackBody("x"), "payload=%7B"];
    const headers = bodies.flatMap((body) => [slackHeaders(body, slackSecret), slackHeaders(body, other)]);
    const told = await Promise.all(
      headers.map((each, index) =>
        call("/slack/interactions", { method: "POST", body: bodies[Math.floor(index / 2)] ?? "", headers: each }),
      ),
    );
    const signatures = headers.map((each) => each["x-slack-signature"]?.slice(3) ?? "");
    return {
      secrets: [slackSecret, other, ...signatures],
      told: told.join("\n"),
      left: "a request for Slack's buttons",
    };
  },
};

/** What a proxy that does not start says, and the command that is told wrong things. */
const starts: Readonly<Record<string, (secret: string) => Promise<readonly [told: string, says: string]>>> = {
  "a signing secret that is none": async (secret) => {
    installation.write("short.secret", secret.slice(0, 15));
    const text = readFileSync(installation.path("penstock.yaml"), "utf8").replace("slack.secret", "short.secret");
    installation.write("wrong.yaml", text);
    return [(await installation.run("serve", "--config", "wrong.yaml")).stderr, "signing secret"];
  },
  "a signing secret in place of its file": async (secret) => {
    const text = readFileSync(installation.path("penstock.yaml"), "utf8");
    installation.write("wrong.yaml", text.replace("signing_secret_file: slack.secret", `signing_secret: ${secret}`));
    return [(await installation.run("serve", "--config", "wrong.yaml")).stderr, "signing_secret"];
  },
  "an API token that the command is given and the proxy refuses": async (secret) => {
    installation.write("wrong.token", secret);
    const args = ["sessions", "list", "--url", admin, "--token-file", "wrong.token"];
    return [(await installation.run(...args)).stderr, "not valid"];
  },
};

const whileRunning = ([name, act]: readonly [string, Act]): Variant => ({
  name,
  attack: async () => {
    const { secrets, told } = await act();
    const all = `${told}\n${await traces()}`;
    expect(secrets.filter((secret) => secret.length < 8 || all.includes(secret))).toEqual([]);
  },
  twin: async () => {
    const { left } = await act();
    expect(await traces()).toContain(left);
  },
});

const atStart = ([name, start]: readonly [string, (typeof starts)[string]]): Variant => ({
  name,
  attack: async () => {
    const secret = randomBytes(16).toString("hex");
    const [told] = await start(secret);
    expect(told).not.toContain(secret.slice(0, 15));
  },
  twin: async () => {
    const [told, says] = await start(randomBytes(16).toString("hex"));
    expect(told).toContain(says);
  },
});

describeThreat(68, "tokens, keys and signatures in logs, errors and metrics", [
  ...Object.entries(acts).map(whileRunning),
  ...Object.entries(starts).map(atStart),
]);
