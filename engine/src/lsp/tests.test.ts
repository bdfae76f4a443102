import { describe, expect, test } from "vitest";
import type { CodeLens } from "vscode-languageserver/node";
import { type Editor, editorIn } from "./editor-client.ts";
import type { TestOutcome } from "./test-runs.ts";

const policy = 'package acme\n\ndeny "no" if query.kind == "delete"\n';
const tests = `package acme

test_delete_is_denied if {
    d := decide("delete from users")
    d.outcome == "deny"
}

test_select_is_denied if {
    d := decide("select id from users")
    outcome := d.outcome
    print("asked")
    outcome == "deny"
}
`;
const files = {
  "policies/acme.policy": policy,
  "policies/acme_test.policy": tests,
  "policies/testdata/catalog.json": JSON.stringify({ tables: { "public.users": { columns: { id: "int4" } } } }),
};
const file = "policies/acme_test.policy";

function run(editor: Editor, names?: readonly string[]): Promise<readonly TestOutcome[]> {
  const args = names === undefined ? [editor.uri(file)] : [editor.uri(file), names];
  return editor.ask("workspace/executeCommand", { command: "penstock.runTests", arguments: args });
}

async function titles(editor: Editor): Promise<string[]> {
  const lenses = await editor.ask<CodeLens[]>("textDocument/codeLens", { textDocument: { uri: editor.uri(file) } });
  return lenses.map(({ range, command }) => `${range.start.line + 1}: ${command?.title ?? ""}`);
}

describe("tests", () => {
  test("are run by a lens, which then shows how they ended", async () => {
    const editor = await editorIn(files);
    await editor.write(file, tests);
    expect(await titles(editor)).toEqual(["1: run all tests", "3: run test", "8: run test"]);
    const outcomes = await run(editor);
    expect(outcomes.map(({ name, outcome }) => [name, outcome])).toEqual([
      ["test_delete_is_denied", "passed"],
      ["test_select_is_denied", "failed"],
    ]);
    expect(outcomes[1]).toMatchObject({ line: 12, prints: ["asked"], text: expect.stringContaining('"allow"') });
    expect(await titles(editor)).toEqual([
      "1: run all tests",
      "3: run test",
      expect.stringMatching(/^3: ✓ passed in \d+ ms$/),
      "8: run test",
      "8: ✗ failed in line 12",
    ]);
    await editor.service.until(() => editor.service.requests.includes("workspace/codeLens/refresh"));
    await editor.service.until(() => editor.service.messages.includes("1 passed, 1 failed: test_select_is_denied"));
    const shown = await editor.shown(file, (lines) => lines.length > 0);
    expect(shown).toEqual([expect.stringContaining("12:  test_select_is_denied failed")]);
  });

  test("are run with what stands in the editor, and one alone", async () => {
    const editor = await editorIn(files);
    await editor.write("policies/acme.policy", policy.replace("delete", "select"));
    await editor.write(file, tests);
    const outcomes = await run(editor, ["test_select_is_denied"]);
    expect(outcomes).toEqual([expect.objectContaining({ name: "test_select_is_denied", outcome: "passed" })]);
  });

  test("forget how they ended once the text is another", async () => {
    const editor = await editorIn(files);
    await editor.write(file, tests);
    await run(editor);
    await editor.shown(file, (lines) => lines.length > 0);
    await editor.write(file, `${tests}\n`);
    expect(await titles(editor)).toEqual(["1: run all tests", "3: run test", "8: run test"]);
    expect(await editor.shown(file, (lines) => lines.length === 0)).toEqual([]);
  });

  test("do not run with mistakes or without a catalog, and say so", async () => {
    const editor = await editorIn({ [file]: tests });
    await editor.write(file, tests);
    const outcomes = await run(editor);
    const withoutCatalog = { outcome: "error", text: expect.stringContaining("testdata/catalog.json") };
    expect(outcomes).toEqual([expect.objectContaining(withoutCatalog), expect.objectContaining(withoutCatalog)]);
    await editor.write("policies/acme.policy", "package acme\n\np if {");
    expect(await run(editor)).toMatchObject({ problem: expect.stringContaining("mistakes") });
  });

  test("are not what another command runs, and of no other thing than a policy", async () => {
    const editor = await editorIn(files);
    const command = "penstock.runTests";
    for (const params of [
      { command: "rm" },
      { command },
      { command, arguments: [3] },
      { command, arguments: ["file:///no"] },
    ])
      await expect(editor.ask("workspace/executeCommand", params)).rejects.toThrow(/there is no|argument is the URI/);
  });
});
