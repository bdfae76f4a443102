import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

const command = new URL("../../bin/policy-proxy.ts", import.meta.url).pathname;
let folder: string;
let file: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "penstock-user-"));
  file = join(folder, "users.yaml");
});
afterAll(() => rmSync(folder, { recursive: true }));

function user(input: string, ...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [command, "user", ...args, "--file", file], {
    input,
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}

test("users are added with a password from standard input, listed without it, changed and removed", () => {
  const add = user("s3cret\n", "add", "ana", "--kind", "human", "--group", "a", "--group", "b", "--claim", "region=EU");
  expect(add).toMatchObject({ status: 0, stderr: expect.stringContaining('added "ana"') });
  expect(user("other\n", "add", "bot", "--kind", "agent", "--on-behalf-of", "ana").status).toBe(0);
  expect(user("", "list").stdout).toBe("ana  human  groups=a,b\nbot  agent  on_behalf_of=ana\n");
  const text = readFileSync(file, "utf8");
  expect(text).not.toContain("s3cret");
  expect(user("new\n", "password", "ana").status).toBe(0);
  expect(readFileSync(file, "utf8")).not.toBe(text);
  expect(user("", "remove", "bot").status).toBe(0);
  expect(user("", "list").stdout).toBe("ana  human  groups=a,b\n");
});

test.each<[string, string, string[], string]>([
  ["an empty password", "\n", ["add", "eve", "--kind", "human"], "the password is empty"],
  ["a name that is taken", "x\n", ["add", "ana", "--kind", "human"], 'there is already a user "ana"'],
  ["a kind that does not exist", "x\n", ["add", "eve", "--kind", "humen"], "Allowed choices are human, service, agent"],
  [
    "somebody unknown to act for",
    "x\n",
    ["add", "eve", "--kind", "agent", "--on-behalf-of", "anna"],
    "did you mean `ana`?",
  ],
])("%s is refused with code 2", (_name, input, args, message) => {
  const before = readFileSync(file, "utf8");
  expect(user(input, ...args)).toMatchObject({ status: 2, stderr: expect.stringContaining(message) });
  expect(readFileSync(file, "utf8")).toBe(before);
});
