import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { formatProblems } from "../config/problem.ts";
import { Login } from "./login.ts";
import { deriveVerifier, formatVerifier } from "./scram-verifier.ts";
import { UserStore } from "./user-store.ts";
import { parseUsers } from "./users.ts";

const channel = { certificateHash: undefined };
const verifier = formatVerifier(await deriveVerifier("pw", { iterations: 5000 }));
const good = `
users:
  - name: ana
    id: ana@example.com
    kind: human
    groups: [analysts]
    claims: { region: EU }
    verifier: "${verifier}"
  - name: ana-bot
    kind: agent
    on_behalf_of: ana
    verifier: "${verifier}"
`;

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "penstock-users-"));
  file = join(folder, "users.yaml");
});
afterEach(() => rmSync(folder, { recursive: true }));

function storeOf(text: string): UserStore {
  writeFileSync(file, text, { mode: 0o600 });
  const store = new UserStore(file);
  expect(store.load()).toEqual({ ok: true, warnings: [] });
  return store;
}

const challenge = (login: Login) => {
  const step = login.first("SCRAM-SHA-256", Buffer.from("n,,n=,r=abc"));
  if (step.kind !== "continue") throw new Error(step.kind);
  return Object.fromEntries(
    step.data
      .toString()
      .split(",")
      .map((field) => [field[0], field.slice(2)]),
  );
};

describe("a users file", () => {
  test("says all mistakes at once, with their places, and shows no verifier", () => {
    const text = `
mock_secret: short
users:
  - name: ana
    kind: humen
    verifier: md5secretsecret
  - name: ana
    kind: agent
    on_behalf_of: anna
    group: [x]
    verifier: "${verifier}"
`;
    const result = parseUsers("users.yaml", text);
    expect(result.ok ? [] : formatProblems(result.problems).split("\n")).toEqual([
      "users.yaml:2:1: error: `mock_secret` must be 32 bytes in base64; `policy-proxy user add` makes one",
      "users.yaml:5:5: error: `users[0].kind` must be one of `human`, `service`, `agent`",
      "  help: did you mean `human`?",
      "users.yaml:6:5: error: `users[0].verifier` is not a verifier of the form SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey; `policy-proxy user add` makes one",
      "users.yaml:10:5: error: unknown key `users[1].group`",
      "  help: did you mean `groups`?",
    ]);
  });

  test.each([
    ["the same name twice", good.replace("name: ana-bot", "name: ana"), "a second user is called `ana`"],
    [
      "somebody unknown",
      good.replace("on_behalf_of: ana", "on_behalf_of: anna"),
      "there is no user `anna`\n  help: did you mean `ana`?",
    ],
    ["itself", good.replace("on_behalf_of: ana", "on_behalf_of: ana-bot"), "`ana-bot` acts on behalf of itself"],
    [
      "a circle",
      good.replace("kind: human", "kind: human\n    on_behalf_of: ana-bot"),
      "`ana` acts on behalf of itself",
    ],
  ])("that names %s is refused", (_name, text, expected) => {
    const result = parseUsers("users.yaml", text);
    expect(result.ok ? "" : formatProblems(result.problems)).toContain(expected);
  });

  test("with mistakes leaves the users before in place", () => {
    const store = storeOf(good);
    writeFileSync(file, "users: [{name: eve}]");
    expect(store.load().ok).toBe(false);
    expect(store.count).toBe(2);
  });

  test("that is missing or readable by everybody is reported", () => {
    const store = new UserStore(file);
    expect(store.load()).toMatchObject({ ok: false, problems: [{ message: "does not exist" }] });
    writeFileSync(file, good, { mode: 0o644 });
    expect(store.load()).toMatchObject({ ok: true, warnings: [expect.stringContaining("chmod o-r")] });
  });
});

describe("an unknown user", () => {
  test("is asked the same salt each time, in the form of a real user's", () => {
    const store = storeOf(good);
    const first = challenge(store.begin("nobody", channel));
    expect(challenge(store.begin("nobody", channel))).toMatchObject({ s: first.s, i: first.i });
    const real = challenge(store.begin("ana", channel));
    expect(first.i).toBe(real.i);
    expect(first.s).toHaveLength(real.s!.length);
    expect(challenge(store.begin("somebody", channel)).s).not.toBe(first.s);
  });

  test("is asked the same after a restart when the file has a mock secret", () => {
    const text = `mock_secret: "${Buffer.alloc(32, 7).toString("base64")}"\n${good}`;
    const salts = [storeOf(text), storeOf(text)].map((store) => challenge(store.begin("nobody", channel)).s);
    expect(salts[0]).toBe(salts[1]);
    expect(challenge(storeOf(good).begin("nobody", channel)).s).not.toBe(salts[0]);
  });

  test("is asked something even when there are no users at all", () => {
    expect(challenge(storeOf("users: []").begin("nobody", channel)).i).toBe("4096");
  });
});
