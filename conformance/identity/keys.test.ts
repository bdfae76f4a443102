/** Keys of issuers: rotated, out of reach, and back; by a clock that the test sets. */
import { writeFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { TokenVerifier, type TokenVerifierOptions } from "../../proxy/src/identity/jwt/token-verifier.ts";
import type { TokenIssuer } from "../../proxy/src/identity/jwt/token-issuer.ts";
import { TestIssuer, tokenLogins } from "./issuers.ts";
import { jwkOf, type KeyPair, keyPair, signed } from "./signer.ts";

const minuteMs = 60_000;
let issuer: TestIssuer;
let nowMs: number;
let events: Parameters<TokenVerifierOptions["report"]>[0][];
beforeEach(async () => {
  issuer = new TestIssuer("https://login.example");
  nowMs = Date.now();
  events = [];
  await issuer.server.start();
  onTestFinished(() => issuer.server.stop());
});

async function opened(change: Partial<TokenIssuer> = {}): Promise<TokenVerifier> {
  const report: TokenVerifierOptions["report"] = (event) => events.push(event);
  const { verifier } = tokenLogins([issuer.config(change)], { now: () => nowMs, report });
  await verifier.open();
  return verifier;
}

const token = () => issuer.token({}, "ES256", nowMs);
const by = ({ kid, privateKey: key }: KeyPair) =>
  signed({ header: { alg: "ES256", kid }, claims: issuer.claims({}, nowMs), key, algorithm: "ES256" });
const kinds = () => events.map(({ kind }) => kind);
const proven = expect.objectContaining({ kind: "proven" });
const refused = (because: string) => ({ kind: "refused", because: expect.stringContaining(because) });

test("an outage of an hour is bridged with the keys that are known; then tokens are refused until somebody answers", async () => {
  const verifier = await opened();
  expect(await verifier.verify(token())).toEqual(proven);
  await issuer.server.stop();
  for (let minute = 0; minute < 64; minute++) {
    nowMs += minuteMs;
    // oxlint-disable-next-line no-await-in-loop -- minute by minute
    expect(await verifier.verify(token())).toEqual(proven);
  }
  expect(kinds()).toEqual(["reachable", "unreachable"]);
  expect(events.at(-1)).toMatchObject({
    issuer: "https://login.example",
    problem: expect.stringContaining("ECONNREFUSED"),
  });
  nowMs += minuteMs;
  const closed = { kind: "unavailable", because: "cannot be checked: the keys of its issuer cannot be fetched" };
  expect(await verifier.verify(token())).toEqual(closed);
  expect(await verifier.verify(token())).toEqual(closed);
  expect(kinds()).toEqual(["reachable", "unreachable", "expired"]);
  await issuer.server.start();
  nowMs += 10_000;
  expect(await verifier.verify(token())).toEqual(proven);
  expect(kinds()).toEqual(["reachable", "unreachable", "expired", "reachable"]);
});

test("a proxy that starts while an issuer is silent takes its tokens when it answers", async () => {
  await issuer.server.stop();
  const verifier = await opened();
  expect(events).toMatchObject([{ kind: "unreachable", untilMs: undefined }]);
  expect(await verifier.verify(token())).toMatchObject({ kind: "unavailable" });
  await issuer.server.start();
  nowMs += 10_000;
  expect(await verifier.verify(token())).toEqual(proven);
});

test("a new key is known at once, an old one is gone when it was refreshed", async () => {
  const verifier = await opened();
  const next = keyPair("ES256", "next");
  nowMs += minuteMs;
  expect(await verifier.verify(by(next))).toEqual(refused("a key that its issuer does not publish"));
  issuer.server.keys = [jwkOf(next), ...issuer.server.keys];
  nowMs += 10_000;
  expect(await verifier.verify(by(next))).toEqual(proven);
  expect(await verifier.verify(token())).toEqual(proven);
  issuer.server.keys = [jwkOf(next)];
  nowMs += 299_000;
  expect(await verifier.verify(token())).toEqual(proven);
  nowMs += 1_000;
  expect(await verifier.verify(token())).toEqual(refused("a key that its issuer does not publish"));
  expect(await verifier.verify(by(next))).toEqual(proven);
});

test("made-up key ids make the proxy ask every ten seconds at most", async () => {
  const verifier = await opened();
  for (let count = 0; count < 300; count++) {
    nowMs += 100;
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    await verifier.verify(by({ ...issuer.key("ES256"), kid: `made up ${count}` }));
  }
  expect(issuer.server.asked).toBeLessThanOrEqual(1 + 3);
  expect(issuer.server.asked).toBeGreaterThan(1);
  expect(await verifier.verify(token())).toEqual(proven);
});

test("many who come at once make the proxy ask once", async () => {
  const { verifier } = tokenLogins([issuer.config()], { now: () => nowMs });
  const outcomes = await Promise.all(Array.from({ length: 50 }, () => verifier.verify(token())));
  expect(outcomes.every(({ kind }) => kind === "proven")).toBe(true);
  expect(issuer.server.asked).toBe(1);
});

const weak = { kty: "RSA", n: Buffer.alloc(128, 0xaa).toString("base64url"), e: "AQAB", kid: "weak" };
const answers: Readonly<Record<string, () => void>> = {
  "no JSON": () => (issuer.server.body = "<html>"),
  "two sets": () => (issuer.server.body = `{"keys":[],"keys":${JSON.stringify(issuer.server.keys)}}`),
  "no keys": () => (issuer.server.keys = []),
  "secrets only": () => (issuer.server.keys = [{ kty: "oct", k: "c2VjcmV0", kid: "ES256-1", alg: "HS256" }]),
  "private keys": () =>
    (issuer.server.keys = [{ ...issuer.key("ES256").privateKey.export({ format: "jwk" }), kid: "ES256-1" }]),
  "keys for encryption": () => (issuer.server.keys = [jwkOf(issuer.key("ES256"), { use: "enc" })]),
  "keys that do not verify": () => (issuer.server.keys = [jwkOf(issuer.key("ES256"), { key_ops: ["sign"] })]),
  "weak keys": () => (issuer.server.keys = [weak]),
  "an error": () => (issuer.server.status = 500),
  "a redirect": () => (issuer.server.status = 302),
  "too much": () => (issuer.server.body = " ".repeat(600_000)),
};
test.each(Object.entries(answers))(
  "%s in place of keys is a failure, and those that are known stay",
  async (_name, answer) => {
    const verifier = await opened();
    answer();
    nowMs += 301_000;
    expect(await verifier.verify(token())).toEqual(proven);
    expect(kinds()).toEqual(["reachable", "unreachable"]);
  },
);

test("a server that the configured authority does not vouch for is not believed", async () => {
  const stranger = new TestIssuer("https://stranger.example").server.certificate.cert;
  const verifier = await opened({ keys: { kind: "address", url: issuer.server.url, ca: stranger } });
  expect(events).toMatchObject([{ kind: "unreachable" }]);
  expect(await verifier.verify(token())).toMatchObject({ kind: "unavailable" });
});

test("keys from a file are read again", async () => {
  const folder = mkdtempSync(join(tmpdir(), "penstock-keys-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "keys.json");
  writeFileSync(path, JSON.stringify({ keys: issuer.server.keys }));
  const verifier = await opened({ keys: { kind: "file", path } });
  expect(await verifier.verify(token())).toEqual(proven);
  const next = keyPair("ES256", "next");
  writeFileSync(path, JSON.stringify({ keys: [jwkOf(next)] }));
  nowMs += 301_000;
  expect(await verifier.verify(token())).toEqual(refused("a key that its issuer does not publish"));
  expect(await verifier.verify(by(next))).toEqual(proven);
});

test("a token that logs in once does so once, also for two who come at once", async () => {
  const verifier = await opened({ oneUse: true });
  const one = token();
  const outcomes = await Promise.all([verifier.verify(one), verifier.verify(one), verifier.verify(one)]);
  expect(outcomes.map(({ kind }) => kind).sort()).toEqual(["proven", "refused", "refused"]);
  expect(await verifier.verify(one)).toEqual(refused("was used before"));
  expect(await verifier.verify(token())).toEqual(proven);
  expect(await verifier.verify(issuer.token({ jti: undefined }, "ES256", nowMs))).toEqual(refused("has no `jti`"));
});

test("whoever takes the place of a verifier knows what was used, and asks nobody again for keys", async () => {
  const before = await opened({ oneUse: true });
  const one = token();
  expect(await before.verify(one)).toEqual(proven);
  const config = issuer.config({ oneUse: true });
  const options = { tokenBytesMax: 4096, clockSkewMs: 0, now: () => nowMs, report: () => undefined };
  const after = new TokenVerifier({ ...options, issuers: [config] }, before);
  await issuer.server.stop();
  await after.open();
  expect(await after.verify(one)).toEqual(refused("was used before"));
  expect(await after.verify(token())).toEqual(proven);
  // Of an issuer that is another now, nothing is known.
  const other = new TokenVerifier(
    { ...options, issuers: [issuer.config({ oneUse: true, audiences: ["other"] })] },
    before,
  );
  await other.open();
  expect(await other.verify(token())).toMatchObject({ kind: "unavailable" });
});

test("times are held to with the skew that is configured", async () => {
  const verifier = await opened();
  const seconds = Math.floor(nowMs / 1000);
  const outcome = async (change: object) => (await verifier.verify(issuer.token({ ...change }, "EdDSA", nowMs))).kind;
  expect(await outcome({ exp: seconds - 28 })).toBe("proven");
  expect(await outcome({ exp: seconds + 0.5, iat: seconds - 1.25 })).toBe("proven");
  expect(await outcome({ exp: seconds - 31 })).toBe("refused");
  expect(await outcome({ nbf: seconds + 29, iat: seconds + 29 })).toBe("proven");
  expect(await outcome({ iat: undefined })).toBe("proven");
  expect(await outcome({ iat: undefined, exp: seconds + 90_000 })).toBe("refused");
});
