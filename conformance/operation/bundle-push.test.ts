/** Signed bundles put in force in the real proxy by the real command, and all that must not come into force that way. */
import { readFileSync, statSync } from "node:fs";
import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { generateKeyPair } from "../../engine/src/bundle/signature.ts";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import { bundleOf, withChangedMember } from "./bundles.ts";
import { Installation, type Outcome, type RunningProxy, users } from "./proxy-process.ts";

const release = generateKeyPair();
const policy = (message: string) => `package guard\n\ndeny "${message}" if query.kind == "truncate"\n`;
const signed = (message: string, sequence: number) => bundleOf(policy(message), { key: release.privateKey, sequence });

let server: PostgresServer;
let installation: Installation;
let proxy: RunningProxy;

async function start(policies: string): Promise<void> {
  installation.write(
    "penstock.yaml",
    `${installation.config({ policies })}admin: { port: 0, tokens: tokens.yaml, allow: { policies: [dba], bundles: [release] } }\n`,
  );
  proxy = await installation.start();
}

beforeAll(async () => {
  server = await startPostgres();
  installation = new Installation(server);
  const person = (name: string, group: string) =>
    users.slice(users.indexOf("  - name")).replace("ana", name).replace("[analysts]", `[${group}]`);
  installation.write("users.yaml", users + person("rob", "release, dba") + person("dan", "dba"));
  for (const name of ["rob", "dan"]) {
    const made = await installation.run("api-token", "add", name, "--user", name, "--file", "tokens.yaml");
    installation.write(`${name}.token`, made.stdout.trim());
  }
  installation.write("release.pub", release.publicKey);
  installation.write("in-force.tar.gz", await signed("the first", 1));
  await start("{ bundle: in-force.tar.gz, trusted_keys: [release.pub] }");
});
afterAll(async () => {
  await proxy.stop("SIGKILL");
  installation.remove();
  await server.stop();
});

async function bundle(who: string, ...args: string[]): Promise<Outcome> {
  const address = /"?admin"?: ?"?([\d.]+:\d+)/.exec(proxy.stderr)?.[1] ?? "";
  return installation.run("bundle", ...args, "--url", `http://${address}`, "--token-file", `${who}.token`);
}

async function push(who: string, bytes: Buffer): Promise<Outcome> {
  installation.write("pushed.tar.gz", bytes);
  return bundle(who, "push", "pushed.tar.gz");
}

/** What TRUNCATE is refused with. */
async function refusal(): Promise<string> {
  const client = new Client({ connectionString: proxy.url });
  await client.connect();
  try {
    await client.query("truncate nothing");
    return "";
  } catch (error) {
    return String(error);
  } finally {
    await client.end();
  }
}

const inForce = () => readFileSync(installation.path("in-force.tar.gz"));
const changes = () =>
  installation
    .audit()
    .filter(({ event }) => event === "change")
    .map(({ action, by, sequence }) => `${String(by)} ${String(action)} ${String(sequence)}`);

test("a signed bundle is in force at once, recorded, and still after a restart", async () => {
  const next = await signed("the second", 2);
  const pushed = await push("rob", next);
  expect(pushed).toMatchObject({ code: 0, stderr: "" });
  expect(pushed.stdout).toMatch(
    /^revision \S+ is in force since \S+Z: 1 files of \S+in-force\.tar\.gz \(test, sequence 2, signed by key /,
  );
  expect(await refusal()).toContain("the second");
  expect(inForce().equals(next)).toBe(true);
  expect(statSync(installation.path("in-force.tar.gz")).mode & 0o777).toBe(0o600);
  expect(changes()).toEqual(["rob put_bundle 2"]);
  // Again is no mistake.
  expect((await push("rob", next)).code).toBe(0);
  await proxy.stop();
  proxy = await installation.start();
  expect(await refusal()).toContain("the second");
  expect((await bundle("dan", "show")).stdout).toContain("sequence 2");
});

test("what is not signed by a trusted key, was changed, is older or does not compile is refused, and what is in force stays", async () => {
  const before = inForce();
  const stranger = generateKeyPair();
  for (const [bytes, why] of [
    [await bundleOf(policy("x"), { key: stranger.privateKey, sequence: 9 }), "the bundle is refused"],
    [withChangedMember(await signed("x", 9)), "the bundle is refused"],
    [await signed("the first", 1), "its sequence 1 is before 2, which is in force"],
    [await signed("another second", 2), "it has the same sequence 2"],
    [Buffer.from("no bundle"), "the bundle is refused"],
    [Buffer.alloc(0), "the bundle is refused"],
    [
      await bundleOf('package a\n\ndeny "no" if query.kind == "trunkate"\n', {
        key: release.privateKey,
        sequence: 9,
        revision: "r",
      }),
      "did you mean `truncate`",
    ],
  ] as const) {
    const refused = await push("rob", bytes);
    expect(refused).toMatchObject({ code: 2, stdout: "" });
    expect(refused.stderr).toContain(why);
  }
  expect(inForce().equals(before)).toBe(true);
  expect(await refusal()).toContain("the second");
  expect(changes().at(-1)).toBe("rob put_refused_bundle undefined");
});

test("who may only look may not put, and a file that is not there is told", async () => {
  const denied = await push("dan", await signed("dan's", 7));
  expect(denied).toMatchObject({ code: 2 });
  expect(denied.stderr).toContain("`admin.allow.bundles`");
  expect(await refusal()).toContain("the second");
  const missing = await bundle("rob", "push", "missing.tar.gz");
  expect(missing).toMatchObject({ code: 2 });
  expect(missing.stderr).toMatch(/^policy-proxy: missing\.tar\.gz does not exist\n {2}help: /);
});

test("of two at once the later one stays, whichever comes first", async () => {
  const [third, fourth] = [await signed("the third", 3), await signed("the fourth", 4)];
  const address = /"?admin"?: ?"?([\d.]+:\d+)/.exec(proxy.stderr)?.[1] ?? "";
  const token = readFileSync(installation.path("rob.token"), "utf8");
  const send = (body: Buffer) =>
    fetch(`http://${address}/api/v1/policies/bundle`, {
      method: "POST",
      body: new Uint8Array(body),
      headers: { authorization: `Bearer ${token}`, "content-type": "application/gzip" },
    });
  const [later, earlier] = await Promise.all([send(fourth), send(third)]);
  expect(later.status).toBe(200);
  expect([200, 400]).toContain(earlier.status);
  expect(inForce().equals(fourth)).toBe(true);
  expect(await refusal()).toContain("the fourth");
});

test("where policies come from a folder, or no key is trusted, there is no place for one", async () => {
  for (const [policies, why] of [
    ["{ path: policies }", "the policies come from files"],
    ["{ bundle: in-force.tar.gz, allow_unsigned: true }", "no keys are trusted"],
  ] as const) {
    await proxy.stop();
    await start(policies);
    const refused = await push("rob", await signed("the ninth", 9));
    expect(refused).toMatchObject({ code: 2, stdout: "" });
    expect(refused.stderr).toContain(why);
  }
});
