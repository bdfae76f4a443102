/** Threat 62: whoever has no token of a known issuer, for this proxy, of this hour, does not get in. */
import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { TokenLogins } from "../../proxy/src/identity/token-logins.ts";
import { selfSigned } from "../protocol/certificate.ts";
import { startTestProxy, type TestProxy } from "../protocol/test-proxy.ts";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import { describeThreat } from "../support/threat-class.ts";
import { claimMapping, TestIssuer, tokenLogins, tokenUser } from "./issuers.ts";
import { wrongTokens } from "./wrong-tokens.ts";

const plain = new TestIssuer("https://login.example");
const agents = new TestIssuer("https://agents.example");
const tls = selfSigned();
let server: PostgresServer;
let proxy: TestProxy;
let tokens: TokenLogins;
beforeAll(async () => {
  [server] = await Promise.all([startPostgres(), plain.server.start(), agents.server.start()]);
  const kindOf = { claim: ["gty"], kinds: new Map([["client-credentials", "service"] as const]) };
  ({ tokens } = tokenLogins([plain.config(), agents.config({ agents: true, claims: { ...claimMapping, kindOf } })]));
  proxy = await startTestProxy(server, { proxy: { tls, tokens, limits: { loginFailures: 100_000 } } });
});
afterAll(async () => {
  await proxy?.close();
  await Promise.all([server?.stop(), plain.server.stop(), agents.server.stop()]);
});

async function login(password: string, user = tokenUser): Promise<Client> {
  const client = new Client({
    host: "localhost",
    port: proxy.port,
    user,
    password,
    database: "postgres",
    ssl: { ca: tls.cert },
  });
  client.on("error", () => undefined);
  await client.connect();
  return client;
}

const variants = wrongTokens({ plain, agents });

test("there are more than two hundred, and as many go through the proxy", () => {
  expect(variants.length / 2).toBeGreaterThan(200);
});

async function expectRefused(token: string): Promise<void> {
  expect(await tokens.verify(token)).toMatchObject({ kind: "refused" });
}

async function expectKeptOut(token: string): Promise<void> {
  const failures = proxy.proxy.meters.loginFailures;
  const refused = await login(token).then(
    (client) => client.end().then(() => ({ message: "it got in", code: "" })),
    (error: Error & { code?: string }) => ({ message: error.message, code: error.code }),
  );
  expect(refused).toMatchObject({ code: "28P01", message: expect.stringMatching(/^the token [a-z`]/) });
  expect(proxy.proxy.meters.loginFailures).toBe(failures + 1);
  const recorded = JSON.stringify([proxy.audit.lines.at(-1), proxy.events.at(-1), refused]);
  for (const part of token.split(".").filter(({ length }) => length > 20)) expect(recorded).not.toContain(part);
}

async function expectTaken(token: string): Promise<void> {
  expect(await tokens.verify(token)).toMatchObject({ kind: "proven" });
}

describeThreat(
  62,
  "wrong tokens",
  variants.map(({ name, wrong, right }, index) => ({
    name,
    // Half of them without the way through the proxy, which takes most of the time.
    attack: () => (index % 2 === 0 ? expectKeptOut : expectRefused)(wrong()),
    // Getting in by the same way is what the tests of logins show.
    twin: () => expectTaken(right()),
  })),
);
