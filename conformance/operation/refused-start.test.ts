/** Everything that can be wrong before the proxy listens: a clear message, and the exit code that docs/configuration.md promises. */
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { freePort, type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import { Installation, policy } from "./proxy-process.ts";

let server: PostgresServer;
let installation: Installation;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());
beforeEach(() => {
  installation = new Installation(server);
});
afterEach(() => installation.remove());

/** Starts the proxy and tells what its refusal lacks: nothing, when it ends with this code and says all of this. */
async function refusal(code: number, ...messages: readonly string[]): Promise<string[]> {
  const outcome = await installation.run("serve");
  const lacks = messages.filter((message) => !outcome.stderr.includes(message)).map((message) => `says "${message}"`);
  if (outcome.code !== code) lacks.push(`ends with ${code}, not ${outcome.code}`);
  if (outcome.stderr.includes("    at ")) lacks.push("shows no stack");
  if (outcome.stderr.includes(server.password)) lacks.push("shows no password");
  return lacks.length === 0 ? [] : [...lacks, outcome.stderr];
}

/** The keys of a target in the configuration. */
function target(port: number, user: string, database: string, secret: string): string {
  return `    port: ${port}\n    user: ${user}\n    database: ${database}\n    password: "${secret}"`;
}

function changeBundle(edit: (bytes: Buffer) => Buffer): void {
  installation.write("p.tar.gz", edit(readFileSync(installation.path("p.tar.gz"))));
}

describe("a configuration", () => {
  test("with mistakes is refused with all of them", async () => {
    installation.write(
      "penstock.yaml",
      installation
        .config()
        .replace("listen: { port", "listen: { prot")
        .replace("environment: test", "enviroment: test"),
    );
    expect(
      await refusal(
        2,
        "penstock.yaml:1:11: error: unknown key `listen.prot`\n  help: did you mean `port`?",
        "`targets[0].environment` is missing",
        "unknown key `targets[0].enviroment`\n  help: did you mean `environment`?",
      ),
    ).toEqual([]);
  });

  test("that does not exist is refused", async () => {
    expect(await installation.run("serve", "--config", "other.yaml")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("other.yaml: error: does not exist"),
    });
  });

  test("with an unknown option is refused", async () => {
    expect(await installation.run("serve", "--confg", "x")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("Did you mean --config?"),
    });
  });

  test("with an audit log that cannot be opened is refused", async () => {
    installation.write("penstock.yaml", installation.config({ audit: "{ file: nowhere/audit.jsonl }" }));
    expect(await refusal(2, "nowhere/audit.jsonl cannot be opened: ENOENT", "help: check `audit.file`")).toEqual([]);
  });

  test("is checked without connecting anywhere", async () => {
    const offline = new Installation();
    expect(await offline.run("serve", "--check")).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("penstock.yaml is in order: 1 target(s), 1 user(s), 1 policy file(s)"),
    });
    offline.remove();
  });

  test("and users and policies are refused together", async () => {
    installation.write("users.yaml", "users: [{ name: ana, kind: humen, verifier: x }]");
    installation.write("policies/guard.policy", policy.replace('"truncate"', '"truncat"'));
    expect(
      await refusal(2, "`users[0].kind` must be one of", "`users[0].verifier` is not a verifier", "guard.policy:3"),
    ).toEqual([]);
  });
});

describe("policies", () => {
  test("with a typo are refused with excerpt and suggestion", async () => {
    installation.write("policies/guard.policy", policy.replace('"truncate"', '"trunkate"'));
    expect(
      await refusal(3, 'deny "truncate is not for you" if query.kind == "trunkate"', "^^^^", "did you mean"),
    ).toEqual([]);
  });

  test.each<[string, string | Buffer, string]>([
    ["is empty", "", "is empty: not a policy, or cut off"],
    ["ends in the middle of a rule", policy.slice(0, 40), "error[P1"],
    ["ends after `if`", policy.slice(0, policy.indexOf("query.kind")), "error[P1"],
    ["holds a NUL", `${policy}\0`, "holds a NUL byte"],
    ["is not UTF-8", Buffer.from([0x70, 0xff, 0xfe]), "is not valid UTF-8"],
  ])("are refused when one file %s, although another is right", async (_name, content, message) => {
    installation.write("policies/more.policy", content);
    expect(await refusal(3, "policies/more.policy", message)).toEqual([]);
  });

  test("are refused when there are none", async () => {
    installation.write("penstock.yaml", installation.config({ policies: "{ path: elsewhere }" }));
    expect(await refusal(3, "elsewhere", "ENOENT")).toEqual([]);
  });
});

describe("a bundle", () => {
  beforeEach(async () => {
    await installation.policy("keygen", "-o", "key");
    await installation.policy("build", "policies", "-o", "p.tar.gz", "--key", "key.key");
    installation.write(
      "penstock.yaml",
      installation.config({ policies: "{ bundle: p.tar.gz, trusted_keys: [key.pub] }" }),
    );
  });

  test("at an address that gives no answer is named with it", async () => {
    const port = await freePort();
    const address = `http://127.0.0.1:${port}/p.tar.gz`;
    installation.write(
      "penstock.yaml",
      installation.config({ policies: `{ bundle: "${address}", trusted_keys: [key.pub] }` }),
    );
    expect(await refusal(3, `${address}: error: nothing listens there`, "policies.bundle")).toEqual([]);
  });

  test("that is signed and trusted is loaded", async () => {
    const proxy = await installation.start();
    expect(proxy.stderr).toContain("signed by key");
    expect(await proxy.stop()).toBe(0);
  });

  test.each<[string, () => Promise<unknown> | void, string]>([
    [
      "is unsigned",
      () => installation.policy("build", "policies", "-o", "p.tar.gz", "--unsigned"),
      "it is not signed, and trusted keys are configured",
    ],
    [
      "is signed with another key",
      async () => {
        await installation.policy("keygen", "-o", "other");
        await installation.policy("build", "policies", "-o", "p.tar.gz", "--key", "other.key");
      },
      "it is signed with a key that is not trusted here",
    ],
    ["is cut off", () => changeBundle((bytes) => bytes.subarray(0, bytes.length - 700)), "cut off"],
    [
      "was changed",
      () =>
        changeBundle((bytes) => Buffer.from(bytes.toString("latin1").replace("not for you", "yes for you"), "latin1")),
      "it is not a gzip file: incorrect data check",
    ],
    [
      "is missing",
      () =>
        installation.write(
          "penstock.yaml",
          installation.config({ policies: "{ bundle: no.tar.gz, trusted_keys: [key.pub] }" }),
        ),
      "no.tar.gz: error: does not exist",
    ],
  ])("that %s is refused", async (_name, spoil, message) => {
    await spoil();
    expect(await refusal(3, message)).toEqual([]);
  });
});

describe("a target", () => {
  test("where nothing listens is named with its address", async () => {
    const port = await freePort();
    installation.write("penstock.yaml", installation.config({ target: target(port, "postgres", "postgres", "x") }));
    const message = `target \`shop\` (127.0.0.1:${port}): nothing listens there\n  help: check \`host\` and \`port\``;
    expect(await refusal(4, message)).toEqual([]);
  });

  test.each<[string, string, string, string, string[]]>([
    [
      "refuses the password",
      "postgres",
      "postgres",
      "wrong-secret",
      ["the password for `postgres` is wrong\n  help: check `user`, and the password"],
    ],
    ["has no such login", "nobody", "postgres", "wrong-secret", ["target `shop`", "`nobody`"]],
  ])("that %s is named with the login, and no password is shown", async (_name, user, database, secret, messages) => {
    installation.write("penstock.yaml", installation.config({ target: target(server.port, user, database, secret) }));
    expect(await refusal(4, ...messages)).toEqual([]);
    expect((await installation.run("serve")).stderr).not.toContain(secret);
  });

  test("without the database is named with the database", async () => {
    const wrong = target(server.port, "postgres", "nothing", server.password);
    installation.write("penstock.yaml", installation.config({ target: wrong }));
    expect(await refusal(4, "there is no database `nothing`")).toEqual([]);
  });

  test("that does not speak TLS is named", async () => {
    const tls = `${target(server.port, "postgres", "postgres", server.password)}\n    tls: { mode: require }`;
    installation.write("penstock.yaml", installation.config({ target: tls }));
    expect(await refusal(4, "the server does not speak TLS\n  help: switch TLS on there")).toEqual([]);
  });

  test("is named beside every other that cannot be used", async () => {
    const other = `  - name: other\n    host: 127.0.0.1\n    environment: test`;
    const wrong = target(server.port, "postgres", "nothing", server.password);
    const two = `${target(9, "postgres", "postgres", "x")}\n${other}\n${wrong}`;
    installation.write("penstock.yaml", installation.config({ target: two }));
    const messages = ["target `shop` (127.0.0.1:9): nothing listens there", "target `other`", "no database `nothing`"];
    expect(await refusal(4, ...messages)).toEqual([]);
  });
});

test.each([1, 2])("a port in use is named, and no process is left (workers: %d)", async (workers) => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  const address = other.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  installation.write("penstock.yaml", `${installation.config({ port })}workers: ${workers}\n`);
  expect(
    await refusal(
      5,
      `cannot listen on 127.0.0.1:${port}: the port is in use\n  help: end the program that listens there`,
    ),
  ).toEqual([]);
  await new Promise((resolve) => other.close(resolve));
});

test("an address that this machine does not have is named", async () => {
  installation.write("penstock.yaml", installation.config().replace("listen: {", "listen: { host: 192.0.2.1,"));
  expect(await refusal(5, "this machine has no such address")).toEqual([]);
});
