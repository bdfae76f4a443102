import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { detectedKinds } from "../detect/detector.ts";
import { loadConfig, type ProxyConfig } from "./load-config.ts";
import { formatProblems } from "./problem.ts";

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "penstock-config-"));
  file = join(folder, "penstock.yaml");
});
afterEach(() => rmSync(folder, { recursive: true }));

const minimal = `
targets:
  - name: shop
    host: localhost
    user: penstock
    environment: demo
users: users.yaml
policies:
  path: policies
audit:
  file: audit.jsonl
`;

/** The problems as printed, with the folder taken out. */
function problems(text: string, environment: NodeJS.ProcessEnv = {}): string[] {
  writeFileSync(file, text, { mode: 0o600 });
  const result = loadConfig(file, environment);
  return result.ok ? [] : formatProblems(result.problems).replaceAll(`${folder}/`, "").split("\n");
}

function load(text: string, environment: NodeJS.ProcessEnv = {}): ProxyConfig {
  writeFileSync(file, text, { mode: 0o600 });
  const result = loadConfig(file, environment);
  if (!result.ok) throw new Error(formatProblems(result.problems));
  return result.config;
}

describe("a configuration", () => {
  test("needs little", () => {
    expect(load(minimal)).toEqual({
      listen: { host: "127.0.0.1", port: 6432, mysqlPort: 6433, tls: undefined },
      targets: [
        {
          name: "shop",
          engine: "postgres",
          host: "localhost",
          port: 5432,
          database: "shop",
          user: "penstock",
          password: expect.anything(),
          tls: undefined,
          environment: "demo",
          tags: {},
          limits: {},
          healthMs: 10_000,
        },
      ],
      usersFile: join(folder, "users.yaml"),
      policies: { kind: "folder", paths: [join(folder, "policies")], pollMs: 5000 },
      audit: {
        file: join(folder, "audit.jsonl"),
        proxyName: `${hostname()}:${join(folder, "audit.jsonl")}`,
        sharedIndex: undefined,
        strict: false,
        key: undefined,
        segmentBytes: 256e6,
        keepDays: undefined,
        sinks: [],
      },
      approvals: { deferred: [], needsReason: false, commandLine: "password" },
      catalogRefreshMs: 60_000,
      log: { level: "info", format: "auto" },
      limits: {},
      warnings: [],
      workers: 1,
      text: expect.any(String),
      print: expect.objectContaining({ digest: expect.stringMatching(/^[0-9a-f]{64}$/) }),
    });
  });

  test("looks for every kind in everybody's results where a target says no more than `detect`", () => {
    const withDetect = (detect: string) => minimal.replace(/^( *)environment: demo$/m, `$&\n$1detect: ${detect}`);
    expect(load(withDetect("{}")).targets[0]?.detection).toEqual({
      kinds: detectedKinds,
      exempt: { principals: [], groups: [] },
    });
    expect(load(withDetect("{ kinds: [card], exempt: { groups: [support] } }")).targets[0]?.detection).toEqual({
      kinds: ["card"],
      exempt: { principals: [], groups: ["support"] },
    });
    expect(problems(withDetect("{ kinds: [cards] }")).join("\n")).toMatch(
      /`targets\[0\]\.detect\.kinds\[0\]` must be one of .*\n.*did you mean `card`/,
    );
    expect(problems(withDetect("{ kinds: [] }")).join("\n")).toMatch(
      /`targets\[0\]\.detect\.kinds` needs at least 1 element/,
    );
  });

  test("says all mistakes at once, each with its place", () => {
    const text = `
listen:
  prot: 5433
  host: 5
targets:
  - name: shop
    host: localhost
    port: many
    engine: postgress
    user: penstock
    pasword: secret-value
    tags: { team: 3 }
policies:
  path: [policies]
  trusted_keys: [key.pub]
audit:
  file: ""
  strict: maybe
cataloge: {}
limits:
  sesions: 5
  sessions: -1
`;
    expect(problems(text)).toEqual([
      "penstock.yaml:2:1: error: `users` is missing",
      "penstock.yaml:3:3: error: unknown key `listen.prot`",
      "  help: did you mean `port`?",
      "penstock.yaml:4:3: error: `listen.host` must be a text, not a whole number",
      "penstock.yaml:6:5: error: `targets[0].environment` is missing",
      "penstock.yaml:8:5: error: `targets[0].port` must be a number, not a text",
      "penstock.yaml:9:5: error: `targets[0].engine` must be one of `postgres`, `mysql`, `mariadb`",
      "  help: did you mean `postgres`?",
      "penstock.yaml:11:5: error: unknown key `targets[0].pasword`",
      "  help: did you mean `password`?",
      "penstock.yaml:12:13: error: `targets[0].tags.team` must be a text, not a whole number",
      "penstock.yaml:15:3: error: `policies.trusted_keys` belongs to `bundle`: a folder has no signature",
      "penstock.yaml:17:3: error: `audit.file` must not be empty",
      "penstock.yaml:18:3: error: `audit.strict` must be `true` or `false`, not a text",
      "penstock.yaml:19:1: error: unknown key `cataloge`",
      "  help: did you mean `catalog`?",
      "penstock.yaml:21:3: error: unknown key `limits.sesions`",
      "  help: did you mean `sessions`?",
      "penstock.yaml:22:3: error: `limits.sessions` must be at least 1",
    ]);
  });

  test.each<[string, string, string[]]>([
    ["that is empty", "", ["penstock.yaml:1:1: error: the file is empty", "  help: see docs/configuration.md"]],
    ["that is a list", "- 1", ["penstock.yaml:1:1: error: the file must be a map of keys, not a list"]],
    ["with a key twice", `${minimal}\nusers: other.yaml`, ["penstock.yaml:13:1: error: map keys must be unique"]],
    [
      "with broken indentation",
      "listen:\n  port: 1\n bad: 2",
      ["penstock.yaml:3:1: error: all mapping items must start at the same column"],
    ],
    [
      "with an alias",
      `${minimal}\nlisten: &a {}\nlog: *a`,
      ["penstock.yaml:1:1: error: YAML aliases are not supported here", "  help: write the value out"],
    ],
    [
      "without a target",
      minimal.replace(/targets:[\s\S]*users:/, "targets: []\nusers:"),
      ["penstock.yaml:2:1: error: `targets` needs at least 1 element"],
    ],
    [
      "with neither folder nor bundle",
      minimal.replace("path: policies", "poll_seconds: 2"),
      ["penstock.yaml:8:1: error: `policies` needs exactly one of `path` and `bundle`"],
    ],
    [
      "with a bundle that nobody vouches for",
      minimal.replace("path: policies", "bundle: b.tar.gz"),
      [
        "penstock.yaml:9:3: error: `policies.bundle` needs `trusted_keys`: without them anybody could have made the bundle (`allow_unsigned: true` for development)",
      ],
    ],
    [
      "with what belongs to an address, beside a file",
      minimal.replace(
        "path: policies",
        "bundle: b.tar.gz\n  allow_unsigned: true\n  cache: c\n  http: { token_env: A, token_file: b }",
      ),
      [
        "penstock.yaml:12:3: error: `policies.http` belongs to a `bundle` with an address",
        "penstock.yaml:11:3: error: `policies.cache` belongs to a `bundle` with an address",
        "penstock.yaml:12:25: error: `policies.http.token_file` stands beside `token_env`: give one of them only",
      ],
    ],
    [
      "with an address that holds a password",
      minimal.replace("path: policies", "bundle: https://me:secret@example.com/b\n  allow_unsigned: true"),
      ["penstock.yaml:9:3: error: the address holds a user or a password", "  help: give a token in `policies.http`"],
    ],
    [
      "with an address of another kind",
      minimal.replace("path: policies", "bundle: ftp://example.com/b\n  allow_unsigned: true"),
      [
        "penstock.yaml:9:3: error: `ftp://example.com/b` is no address of a bundle",
        "  help: write `https://HOST/PATH`, or a path",
      ],
    ],
    [
      "with a token that would travel in the clear",
      minimal.replace(
        "path: policies",
        "bundle: http://example.com/b\n  allow_unsigned: true\n  http: { token_file: penstock.yaml }",
      ),
      ["penstock.yaml:9:3: error: a token would travel in the clear", "  help: use `https://`"],
    ],
    [
      "with two passwords",
      minimal.replace("user: penstock", "user: penstock\n    password: a\n    password_env: B"),
      ["penstock.yaml:7:5: error: `targets[0].password_env` stands beside `password`: give one of them only"],
    ],
    [
      "with files and variables that are not there",
      `${minimal.replace("user: penstock", "user: penstock\n    password_env: NOT_SET").replace("host: localhost", "host: db.example.com\n    tls: { ca: ca.pem }")}listen:\n  tls: { cert: c.pem, key: k.pem }`,
      [
        "penstock.yaml:15:10: error: `c.pem` does not exist",
        "penstock.yaml:15:23: error: `k.pem` does not exist",
        "penstock.yaml:7:5: error: the environment variable `NOT_SET` is not set",
        "  help: set NOT_SET where the proxy is started",
        "penstock.yaml:5:12: error: `ca.pem` does not exist",
      ],
    ],
  ])("%s is refused", (_name, text, expected) => {
    expect(problems(text).sort()).toEqual([...expected].sort());
  });

  test("that does not exist says so", () => {
    const result = loadConfig(join(folder, "missing.yaml"), {});
    expect(result.ok ? "" : formatProblems(result.problems)).toContain("missing.yaml: error: does not exist");
  });

  test("never shows a secret in a message", () => {
    const text = minimal.replace(
      "user: penstock",
      "user: penstock\n    password: [s3cret-value]\n    password_fil: s3cret-value",
    );
    expect(problems(text).join("\n")).not.toContain("s3cret-value");
  });
});

const withPassword = (line: string) => minimal.replace("user: penstock", `user: penstock\n    ${line}`);

describe("a password", () => {
  test.each([
    ["password: plain", "plain"],
    ["password: ${DB_PASSWORD}", "from environment"],
    ["password_env: DB_PASSWORD", "from environment"],
    ["password_file: secret", "from file"],
    ["password: prefix-${DB_PASSWORD}", "prefix-${DB_PASSWORD}"],
    ["password_command: [sh, -c, 'echo from command']", "from command"],
  ])("is taken from %s", async (line, expected) => {
    writeFileSync(join(folder, "secret"), "from file\n", { mode: 0o600 });
    const { password } = load(withPassword(line), { DB_PASSWORD: "from environment" }).targets[0]!;
    expect(await password.current()).toBe(expected);
  });

  test("in a file that everybody may read draws a warning", () => {
    writeFileSync(join(folder, "secret"), "x", { mode: 0o644 });
    expect(load(withPassword("password_file: secret")).warnings).toEqual([
      `the password file can be read by every user of this machine: chmod o-r ${join(folder, "secret")}`,
    ]);
    load(withPassword("password: x"));
    chmodSync(file, 0o644);
    const result = loadConfig(file, {});
    expect(result.ok && result.config.warnings).toEqual([
      `the configuration, which holds a password, can be read by every user of this machine: chmod o-r ${file}`,
    ]);
  });
});

test.each([
  ["localhost", undefined, undefined],
  ["127.0.0.1", undefined, undefined],
  ["db.example.com", undefined, { rejectUnauthorized: true, servername: "db.example.com" }],
  ["10.0.0.1", undefined, { rejectUnauthorized: true }],
  ["db.example.com", "disable", undefined],
  ["db.example.com", "require", { rejectUnauthorized: false }],
  ["localhost", "verify-full", { rejectUnauthorized: true, servername: "localhost" }],
])("the connection to %s with TLS mode %s is as safe as it says", (host, mode, expected) => {
  const tls = mode === undefined ? "" : `\n    tls: { mode: ${mode} }`;
  expect(load(minimal.replace("host: localhost", `host: ${host}${tls}`)).targets[0]!.tls).toEqual(expected);
});

describe("the key of tokens", () => {
  const withKey = `${minimal}tokens: { key_id: "2026", key_file: token.key }`;
  const good = Buffer.alloc(32, 7).toString("base64");
  const write = (content: string, mode: number) => {
    writeFileSync(join(folder, "token.key"), content);
    chmodSync(join(folder, "token.key"), mode);
  };

  test("is read from a file", () => {
    write(`${good}\n`, 0o600);
    const { tokens } = load(withKey);
    expect([tokens?.keyId, tokens?.key.export()]).toEqual(["2026", Buffer.alloc(32, 7)]);
    expect(JSON.stringify(tokens)).not.toContain("7");
  });

  test.each([
    ["that others may read", good, 0o640, "can be read or written by others"],
    ["that is too short", Buffer.alloc(31, 7).toString("base64"), 0o600, "does not hold 32 bytes or more in base64"],
    ["that is no base64", "correct horse battery staple, a long one", 0o600, "does not hold 32 bytes"],
  ])("%s is refused, and not shown", (_, content, mode, message) => {
    write(content, mode);
    const said = problems(withKey).join("\n");
    expect(said).toContain(message);
    expect(said).not.toContain(content);
  });

  test("that is missing is named", () => {
    expect(problems(withKey).join()).toContain("token.key");
  });
});

describe("the index over all proxies", () => {
  const index = (place: string) => `${minimal}  proxy_name: one\nstore: { ${place}, audit_index: true }`;

  test("is in the store's database, where that is asked for", () => {
    const { audit, store } = load(index("url: postgres://penstock@localhost/control"));
    expect([audit.proxyName, audit.sharedIndex]).toEqual(["one", store]);
    expect(load(`${minimal}store: { url: postgres://penstock@localhost/control }`).audit.sharedIndex).toBeUndefined();
  });

  test.each([
    ["a store that is a file", index("file: store.db"), "`store.audit_index` belongs to `url`"],
    [
      "a log that nobody can read again",
      index("url: postgres://penstock@localhost/control").replace("file: audit.jsonl", "file: /dev/null"),
      "is no regular file, and `store.audit_index` is fed from it",
    ],
  ])("is refused with %s", (_, text, message) => {
    expect(problems(text).join("\n")).toContain(message);
  });
});

test("limits are given in snake case", () => {
  expect(load(`${minimal}limits: { login_ms: 5, idle_ms: 0 }`).limits).toEqual({ loginMs: 5, idleMs: 0 });
});

test("listening on the network without TLS draws a warning", () => {
  expect(load(`${minimal}listen: { host: 0.0.0.0 }`).warnings).toEqual([
    "listening on 0.0.0.0 without `listen.tls`: statements and results travel in the clear",
  ]);
});
