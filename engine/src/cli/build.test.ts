import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { StandaloneModule } from "../standalone/runtime.ts";
import { folderOf, policy } from "./run-policy.ts";

const files = {
  "policies/a.policy": 'package a\n\ndeny "no" if query.kind == "truncate"\n',
  "policies/a_test.policy": "package a\n",
  "policies/pii/data.json": '{"b": 1, "a": 2}',
};

/** A folder with the files and a key pair `k`. */
function withKeys(): string {
  const folder = folderOf(files);
  policy(folder, "keygen", "-o", "k");
  return folder;
}

test("the same sources, sequence and key give the same bytes, wherever they lie", () => {
  const folder = withKeys();
  const other = folderOf({ ...files, "k.key": readFileSync(join(folder, "k.key"), "utf8") });
  for (const each of [folder, other]) {
    const { status, stderr } = policy(each, "build", "-o", "p.tar.gz", "--key", "k.key", "--sequence", "7");
    expect(stderr).toBe("");
    expect(status).toBe(0);
  }
  expect(readFileSync(join(folder, "p.tar.gz"))).toEqual(readFileSync(join(other, "p.tar.gz")));
  const { stdout } = policy(folder, "verify", "p.tar.gz", "--key", "k.pub", "--source", "policies");
  expect(stdout).toMatch(
    /^p\.tar\.gz: policies, revision \w+, sequence 7, 1 files, signed by key .*, built from policies\n$/,
  );
});

test("verify says which source differs", () => {
  const folder = withKeys();
  policy(folder, "build", "-o", "p.tar.gz", "--key", "k.key");
  const changed = folderOf({ ...files, "policies/a.policy": "package a\n", "policies/b.policy": "package b\n" });
  const bundle = join(folder, "p.tar.gz");
  const { status, stderr } = policy(changed, "verify", bundle, "--key", join(folder, "k.pub"), "--source", "policies");
  expect(stderr).toBe(
    [
      `policy: \`${bundle}\`: \`sources/a.policy\` differs from the sources`,
      `policy: \`${bundle}\`: \`sources/b.policy\` is in the sources and not in the bundle`,
      "",
    ].join("\n"),
  );
  expect(status).toBe(1);
});

test("--target rego prints the rules, or writes them as files of a folder", () => {
  const folder = folderOf(files);
  const { stdout, stderr, status } = policy(folder, "build", "--target", "rego");
  const rego = 'package a\n\ndeny contains {"message": "no", "rule": "a:3"} if input.query.kind == "truncate"\n';
  expect([stdout, stderr, status]).toEqual([`# a.rego\n\n${rego}`, "", 0]);
  expect(policy(folder, "build", "--target", "rego", "-o", "out").stdout).toBe("wrote 1 file of Rego to out\n");
  expect(readFileSync(join(folder, "out", "a.rego"), "utf8")).toBe(rego);
});

test("--target js writes a module that decides by itself, with the same bytes wherever the sources lie", async () => {
  const folder = folderOf(files);
  const other = folderOf(files);
  for (const each of [folder, other]) {
    const { stdout, stderr, status } = policy(each, "build", "--target", "js", "-o", "new/policies.mjs");
    expect([stderr, status]).toEqual(["", 0]);
    expect(stdout).toMatch(/^wrote new\/policies\.mjs: revision [0-9a-f]{64}, 1 file, \d+ bytes\n$/);
  }
  const [one, again] = [folder, other].map((each) => join(each, "new", "policies.mjs"));
  expect(readFileSync(one ?? "")).toEqual(readFileSync(again ?? ""));
  expect(readFileSync(`${one}.map`)).toEqual(readFileSync(`${again}.map`));
  const { decide, query, revision } = (await import(one ?? "")) as StandaloneModule;
  expect(decide({ query: { kind: "truncate" } })).toMatchObject({ outcome: "deny", reasons: [{ rule: "a:3" }] });
  expect(decide({ query: { kind: "select" } }).outcome).toBe("allow");
  expect(() => decide({ query: { kind: "trunctate" } })).toThrow(
    "the input does not fit: `query.kind` is none of its words: did you mean `truncate`?",
  );
  expect(() => decide({})).toThrow("the input does not fit: `query` is missing");
  expect(query("data.pii")).toEqual({ a: 2, b: 1 });
  expect(() => query("data.a.allowed")).toThrow("`data.a.allowed` is no rule and no data of these policies");
  expect(policy(folder, "build", "-o", "p.tar.gz", "--unsigned").stdout).toContain(`revision ${revision},`);
});

test.each<[string, string[], string]>([
  ["neither a key nor --unsigned", ["-o", "p"], "give either `--key FILE`"],
  ["nowhere to write to", ["--unsigned"], "give the file to write"],
  ["a key for Rego", ["--target", "rego", "--key", "k"], "`--key` belongs to a bundle"],
  ["a key for a module", ["--target", "js", "-o", "p.js", "--key", "k"], "`--key` belongs to a bundle"],
  ["nowhere to write a module to", ["--target", "js"], "give the file to write, which ends in `.js` or `.mjs`"],
  ["a module that is no .js", ["--target", "js", "-o", "p.tar.gz"], "give the file to write, which ends in `.js`"],
  ["a place where nothing can be written", ["-o", "policies/a.policy/p", "--unsigned"], "cannot be written"],
  ["an unknown target", ["--target", "wasm", "-o", "p"], "Allowed choices are bundle, rego, js."],
  ["a sequence that is none", ["-o", "p", "--unsigned", "--sequence", "-1"], "needs a whole number"],
])("%s is misuse", (_, args, message) => {
  const { status, stderr } = policy(folderOf(files), "build", ...args);
  expect(stderr).toContain(message);
  expect(status).toBe(2);
});
