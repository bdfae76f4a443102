import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { loadConfig } from "../load-config.ts";
import { formatProblems } from "../problem.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "penstock-config-"));
  writeFileSync(join(folder, "token"), "t", { mode: 0o600 });
});
afterEach(() => rmSync(folder, { recursive: true }));

const database = "{ host: localhost, database: audit, user: penstock }";
const right = {
  otlp: "name: a, kind: otlp, url: 'http://127.0.0.1:4318/v1/logs'",
  webhook: "name: b, kind: webhook, url: 'https://example.com/hidden-path', secret_file: token, when_behind: refuse",
  postgres: `name: c, kind: postgres, postgres: ${database}`,
};

function load(...sinks: string[]) {
  const file = join(folder, "penstock.yaml");
  writeFileSync(
    file,
    `targets: [{ name: shop, host: localhost, user: x, environment: test }]
users: users.yaml
policies: { path: policies }
audit:
  file: audit.jsonl
  sinks:
${sinks.map((sink) => `  - { ${sink} }`).join("\n")}
`,
    { mode: 0o600 },
  );
  return loadConfig(file, {});
}

test("every kind of sink can stand in the configuration", () => {
  const result = load(...Object.values(right));
  if (!result.ok) throw new Error(formatProblems(result.problems));
  expect(result.config.audit.sinks.map(({ feed }) => feed)).toEqual([
    { name: "a", whenBehind: "ignore", lagBytesMax: 256e6, waitMs: 30_000, begin: "now", gatherMs: 200 },
    { name: "b", whenBehind: "refuse", lagBytesMax: 256e6, waitMs: 30_000, begin: "now", gatherMs: 200 },
    { name: "c", whenBehind: "ignore", lagBytesMax: 256e6, waitMs: 30_000, begin: "now", gatherMs: 200 },
  ]);
  expect(result.config.audit.sinks.map(({ make }) => make().constructor.name)).toEqual([
    "OtlpSink",
    "WebhookSink",
    "PostgresSink",
  ]);
});

describe("a mistake is told with its place and never with the address", () => {
  test.each([
    ["no address", "name: a, kind: otlp", "needs `url`"],
    ["no secret", "name: a, kind: webhook, url: 'https://example.com/'", "needs `secret_file` or `secret_env`"],
    ["no database", "name: a, kind: postgres", "needs `postgres`"],
    ["an address of no use", "name: a, kind: otlp, url: 'hidden'", "is no address"],
    [
      "a password in the address",
      "name: a, kind: otlp, url: 'https://x:hidden@example.com/'",
      "holds a user or a password",
    ],
    ["an address in the clear", "name: a, kind: otlp, url: 'http://example.com/hidden'", "would travel in the clear"],
    ["what belongs to another kind", `${right.otlp}, secret_file: token`, "does not belong to a sink of kind `otlp`"],
    ["two tokens", `${right.otlp}, token_file: token, token_env: T`, "stands beside `token_env`"],
    [
      "a table without schema",
      `name: a, kind: postgres, postgres: { host: localhost, database: audit, user: x, table: audit }`,
      "must be a schema, a dot and a name",
    ],
    ["a name that is no file's", `name: ../x, kind: postgres, postgres: ${database}`, "must consist of letters"],
    ["an unknown rule", `${right.otlp}, when_behind: panic`, "when_behind"],
    [
      "a secret that is not there",
      "name: a, kind: webhook, url: 'https://example.com/hidden', secret_env: NOT_SET",
      "`NOT_SET` is not set",
    ],
  ])("%s", (_name, sink, message) => {
    const result = load(sink);
    const text = result.ok ? "" : formatProblems(result.problems);
    expect(text).toContain(message);
    expect(text).toMatch(/^\S+penstock\.yaml:7:\d+: error: /);
    expect(text).not.toContain("hidden");
  });

  test("two of one name", () => {
    const result = load(right.otlp, right.otlp);
    expect(result.ok ? "" : formatProblems(result.problems)).toContain("a second sink is called `a`");
  });
});
