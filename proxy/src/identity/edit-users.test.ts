import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { addUser, listUsers, type NewUser, removeUser, setVerifier } from "./edit-users.ts";
import { deriveVerifier, formatVerifier } from "./scram-verifier.ts";

const verifier = formatVerifier(await deriveVerifier("pw"));
const other = formatVerifier(await deriveVerifier("other"));

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "penstock-edit-users-"));
  file = join(folder, "users.yaml");
});
afterEach(() => rmSync(folder, { recursive: true }));

const user = (name: string, more: Partial<NewUser> = {}): NewUser => ({
  name,
  id: undefined,
  kind: "human",
  groups: [],
  claims: {},
  onBehalfOf: undefined,
  verifier,
  ...more,
});
const names = () => {
  const result = listUsers(file);
  return result.ok ? result.users.map((each) => each.name) : result.problems;
};

test("the first user makes the file, readable by its owner only, with a mock secret that then stays", () => {
  expect(addUser(file, user("ana", { groups: ["a", "b"], claims: { region: "EU" } }))).toMatchObject({ ok: true });
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const secret = /mock_secret: (\S+)/.exec(readFileSync(file, "utf8"))![1];
  expect(addUser(file, user("bot", { kind: "agent", onBehalfOf: "ana", id: "bot@example.com" }))).toMatchObject({
    ok: true,
  });
  expect(readFileSync(file, "utf8")).toContain(`mock_secret: ${secret}`);
  expect(listUsers(file)).toMatchObject({
    ok: true,
    users: [
      { name: "ana", id: "ana", kind: "human", groups: ["a", "b"], claims: { region: "EU" } },
      { name: "bot", id: "bot@example.com", kind: "agent", onBehalfOf: "ana" },
    ],
  });
});

test("comments, order and the file's mode stay", () => {
  writeFileSync(
    file,
    `# who may connect\nusers:\n  # the first\n  - name: ana\n    kind: human\n    verifier: "${verifier}" # old\n`,
  );
  chmodSync(file, 0o640);
  addUser(file, user("bea"));
  setVerifier(file, "ana", other);
  const text = readFileSync(file, "utf8");
  for (const part of ["# who may connect", "# the first", "# old", other]) expect(text).toContain(part);
  expect(text.split(verifier)).toHaveLength(2);
  expect(names()).toEqual(["ana", "bea"]);
  expect(statSync(file).mode & 0o777).toBe(0o640);
  removeUser(file, "ana");
  expect(names()).toEqual(["bea"]);
});

test("what would make the file wrong changes nothing and leaves nothing behind", () => {
  addUser(file, user("ana"));
  addUser(file, user("bot", { kind: "agent", onBehalfOf: "ana" }));
  const text = readFileSync(file, "utf8");
  expect(removeUser(file, "ana")).toMatchObject({ ok: false, problems: [{ message: "there is no user `ana`" }] });
  expect(addUser(file, user("ana"))).toMatchObject({ ok: false });
  expect(readFileSync(file, "utf8")).toBe(text);
  expect(readdirSync(folder)).toEqual(["users.yaml"]);
});

test("a file with mistakes is not touched", () => {
  writeFileSync(file, "users: [{name: eve}]");
  expect(addUser(file, user("ana"))).toMatchObject({ ok: false });
  expect(readFileSync(file, "utf8")).toBe("users: [{name: eve}]");
});
