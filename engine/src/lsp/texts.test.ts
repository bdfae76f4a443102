import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { CodeAction, Diagnostic, Hover, Location, SemanticTokens, TextEdit } from "vscode-languageserver/node";
import { folderOf } from "../cli/run-policy.ts";
import { type Editor, editorIn } from "./editor-client.ts";

const helper = 'package acme\n\nis_agent if principal.kind == "agent"\n';
const rules = 'package acme\n\ndeny "no" if {\n    is_agent\n    query.kind == "drop_tabel"\n}\n';
const [helperFile, rulesFile] = ["policies/helper.policy", "policies/rules.policy"] as const;

const none = (shown: readonly string[]): boolean => shown.length === 0;
const some = (shown: readonly string[]): boolean => shown.length > 0;

describe("diagnostics", () => {
  test("come for files of the workspace that are not open", async () => {
    const editor = await editorIn({ [helperFile]: helper, [rulesFile]: rules });
    expect(await editor.shown(rulesFile, some)).toEqual([
      '5: P312 `query.kind` is never `"drop_tabel"`\ndid you mean `drop_table`?',
    ]);
  });

  test("follow the text in the editor, and the file again once it is closed", async () => {
    const editor = await editorIn({ [helperFile]: helper, [rulesFile]: rules });
    await editor.shown(rulesFile, some);
    await editor.write(rulesFile, rules.replace("drop_tabel", "drop_table"));
    expect(await editor.shown(rulesFile, none)).toEqual([]);
    await editor.close(rulesFile);
    await editor.shown(rulesFile, some);
  });

  test("of a syntax error leave those of other files as they are, and what they use known", async () => {
    const editor = await editorIn({ [helperFile]: helper, [rulesFile]: rules });
    await editor.write(helperFile, `${helper}\nis_human if {\n    principal.kind ==\n}\n`);
    expect(await editor.shown(helperFile, some)).toEqual(["6: P101 expected an expression after `==`"]);
    await editor.write(rulesFile, `${rules}\nallow if is_human\n`);
    expect(await editor.shown(rulesFile, some)).toEqual([expect.stringContaining("5: P312")]);
    await editor.write(helperFile, helper);
    expect(await editor.shown(helperFile, none)).toEqual([]);
    expect(await editor.shown(rulesFile, (shown) => shown.length === 2)).toEqual([
      expect.stringContaining("5: P312"),
      expect.stringContaining("8: P210"),
    ]);
  });

  test("see files that are made, changed and removed outside of the editor", async () => {
    const editor = await editorIn({ [rulesFile]: rules.replace("drop_tabel", "select") }, {});
    await editor.service.until(() => editor.service.requests.includes("client/registerCapability"));
    await editor.shown(rulesFile, some);
    const changed = (): Promise<void> => editor.notify("workspace/didChangeWatchedFiles", { changes: [] });
    writeFileSync(join(editor.folder, helperFile), helper);
    await changed();
    expect(await editor.shown(rulesFile, none)).toEqual([]);
    rmSync(join(editor.folder, helperFile));
    await changed();
    expect(await editor.shown(rulesFile, some)).not.toEqual([]);
  });

  test("move with a file that is renamed", async () => {
    const editor = await editorIn({ [rulesFile]: rules, [helperFile]: helper });
    await editor.write(rulesFile, rules);
    await editor.shown(rulesFile, some);
    rmSync(join(editor.folder, rulesFile));
    writeFileSync(join(editor.folder, "policies/other.policy"), rules);
    await editor.close(rulesFile);
    await editor.write("policies/other.policy", rules);
    await editor.shown("policies/other.policy", some);
    expect(await editor.shown(rulesFile, none)).toEqual([]);
  });

  test("say which file is no text, and that JSON data is none", async () => {
    const editor = await editorIn({ [helperFile]: helper, "policies/empty.policy": "", "policies/data.json": "{" });
    expect(await editor.shown("policies/empty.policy", some)).toEqual([expect.stringContaining("P001")]);
    expect(await editor.shown("policies/data.json", some)).toEqual([expect.stringContaining("P001")]);
  });

  test("warn of what is probably not meant, as `policy check` does, once every file can be read", async () => {
    const unused = 'package acme\n\np if query.has_where\n\ndeny "no" if query.joins > 3\n';
    const editor = await editorIn({ "policies/a.policy": unused });
    expect(await editor.shown("policies/a.policy", some)).toEqual([expect.stringContaining("P405")]);
    await editor.write("policies/b.policy", "package acme\n\nallow if {");
    await editor.shown("policies/b.policy", some);
    expect(await editor.shown("policies/a.policy", none)).toEqual([]);
  });

  test("see rules that data and settings bring", async () => {
    const paths = { "a/x.policy": helper, "b/y.policy": rules, "b/data.json": '{"limits": [1]}' };
    const together = await editorIn(paths, { settings: { paths: ["a", "b"] } });
    expect(await together.shown("b/y.policy", some)).toEqual([expect.stringContaining("P312")]);
    const apart = await editorIn(paths, { settings: { paths: ["b"] } });
    expect(await apart.shown("b/y.policy", some)).toEqual([
      expect.stringContaining("P210"),
      expect.stringContaining("P312"),
    ]);
  });
});

describe("files outside of the workspace", () => {
  test("are checked with the files beside them", async () => {
    const editor = await editorIn({ [helperFile]: helper });
    const outside = folderOf({ "helper.policy": helper, "rules.policy": rules, "below/more.policy": "no policy" });
    const uri = `file://${outside}/rules.policy`;
    await editor.write(uri, rules);
    expect(await editor.shown(uri, some)).toEqual([expect.stringContaining("P312")]);
    expect([...editor.diagnostics.keys()].some((each) => each.includes("below"))).toBe(false);
  });

  test("that are in a folder `policies` are checked with all of it", async () => {
    const editor = await editorIn({});
    const outside = folderOf({ "policies/a/helper.policy": helper, "policies/b/rules.policy": rules });
    const uri = `file://${outside}/policies/b/rules.policy`;
    await editor.write(uri, rules);
    expect(await editor.shown(uri, some)).toEqual([expect.stringContaining("P312")]);
  });

  test("need not be files", async () => {
    const editor = await editorIn({});
    await editor.write("untitled:Untitled-1", rules);
    expect(await editor.shown("untitled:Untitled-1", some)).toEqual([
      expect.stringContaining("P210"),
      expect.stringContaining("P312"),
    ]);
  });

  test("belong to a folder that is added, until it is removed", async () => {
    const editor = await editorIn({});
    const outside = folderOf({ "policies/rules.policy": rules });
    await editor.changeFolders([outside], []);
    const uri = `file://${outside}/policies/rules.policy`;
    await editor.shown(uri, some);
    await editor.changeFolders([], [outside]);
    expect(await editor.shown(uri, none)).toEqual([]);
  });
});

describe("positions", () => {
  const wide = 'package acme\r\n\r\n# 🙂 é\r\ndeny "🙂🙂" if principal.knd == "é"\r\n';

  test("count UTF-16 code units, in texts with CRLF and characters beyond the first plane", async () => {
    const editor = await editorIn({});
    const file = "policies/wide.policy";
    await editor.write(file, wide);
    await editor.shown(file, some);
    const [diagnostic] = editor.diagnostics.get(editor.uri(file)) as [Diagnostic];
    expect(diagnostic.range).toEqual({ start: { line: 3, character: 25 }, end: { line: 3, character: 28 } });
    expect(editor.slice(editor.uri(file), diagnostic.range)).toBe("knd");
    const hover = await editor.ask<Hover>("textDocument/hover", editor.at(file, "principal"));
    expect(hover.range).toEqual({ start: { line: 3, character: 15 }, end: { line: 3, character: 24 } });
  });

  test("beyond the text are taken as its end", async () => {
    const editor = await editorIn({});
    const at = await editor.write("policies/a.policy", helper);
    for (const position of [
      { line: 99, character: 99 },
      { line: 2, character: 9999 },
    ])
      expect(await editor.ask("textDocument/hover", { ...at, position })).toSatisfy(
        (hover) => hover === null || typeof hover === "object",
      );
  });

  test("follow changes of a part of the text", async () => {
    const editor = await editorIn({});
    const file = "policies/wide.policy";
    const at = await editor.write(file, wide);
    await editor.shown(file, some);
    const range = { start: { line: 3, character: 25 }, end: { line: 3, character: 28 } };
    await editor.notify("textDocument/didChange", {
      textDocument: { ...at.textDocument, version: 2 },
      contentChanges: [{ range, text: "name" }],
    });
    expect(await editor.shown(file, none)).toEqual([]);
  });
});

describe("changes", () => {
  test("a misspelt word has a fix", async () => {
    const editor = await editorIn({ [helperFile]: helper });
    await editor.write(rulesFile, rules);
    await editor.shown(rulesFile, some);
    const uri = editor.uri(rulesFile);
    const [diagnostic] = editor.diagnostics.get(uri) as [Diagnostic];
    const actions = await editor.ask<CodeAction[]>("textDocument/codeAction", {
      textDocument: { uri },
      range: diagnostic.range,
      context: { diagnostics: [diagnostic] },
    });
    expect(actions.map(({ title }) => title)).toEqual(["Change to `drop_table`"]);
    const [edit] = (actions[0]?.edit?.changes?.[uri] ?? []) as [TextEdit];
    expect([editor.slice(uri, edit.range), edit.newText]).toEqual(["drop_tabel", "drop_table"]);
    expect(actions[0]?.diagnostics).toEqual([diagnostic]);
  });

  test("a file is formatted, unless it has a syntax error", async () => {
    const editor = await editorIn({});
    const at = await editor.write(helperFile, 'package   acme\nis_agent   if principal.kind=="agent"\n');
    const options = { tabSize: 4, insertSpaces: true };
    const edits = await editor.ask<TextEdit[]>("textDocument/formatting", { ...at, options });
    expect(edits.map(({ newText }) => newText)).toEqual([helper]);
    await editor.write(helperFile, "package acme\np if {");
    expect(await editor.ask("textDocument/formatting", { ...at, options })).toEqual([]);
  });
});

describe("what is shown of one file", () => {
  const folder = { [helperFile]: helper, [rulesFile]: rules.replace("drop_tabel", "drop_table") };
  const hover = async (editor: Editor): Promise<string> => JSON.stringify(await askHover(editor));
  const askHover = (editor: Editor): Promise<Hover | null> =>
    editor.ask("textDocument/hover", editor.at(rulesFile, "is_agent", 1, 2));

  test("follows each change of another that is open", async () => {
    const editor = await editorIn(folder);
    await editor.write(rulesFile, folder[rulesFile] ?? "");
    for (const comment of ["Agents only.", "No people.", "Agents only."]) {
      await editor.write(helperFile, helper.replace("is_agent", `# ${comment}\nis_agent`));
      expect(await hover(editor)).toContain(comment);
    }
    await editor.write(helperFile, "package acme\n");
    expect(await hover(editor)).not.toContain("Agents only.");
  });

  test("forgets what was not saved, and sees what was saved once", async () => {
    const editor = await editorIn(folder);
    await editor.write(rulesFile, folder[rulesFile] ?? "");
    const saved = helper.replace("is_agent", "# Agents only.\nis_agent");
    await editor.write(helperFile, saved);
    writeFileSync(join(editor.folder, helperFile), saved);
    const textDocument = { uri: editor.uri(helperFile) };
    await editor.notify("textDocument/didSave", { textDocument });
    expect(await hover(editor)).toContain("Agents only.");
    await editor.write(helperFile, saved.replace("Agents only.", "Not saved."));
    expect(await hover(editor)).toContain("Not saved.");
    await editor.close(helperFile);
    expect(await hover(editor)).toContain("Agents only.");
  });

  test("follows a file that is removed, and one that has its rules under another name", async () => {
    const editor = await editorIn(folder);
    await editor.write(rulesFile, folder[rulesFile] ?? "");
    const definition = async (): Promise<string[]> => {
      const at = editor.at(rulesFile, "is_agent", 1, 2);
      return (await editor.ask<Location[]>("textDocument/definition", at)).map(({ uri }) => uri);
    };
    const changed = (): Promise<void> => editor.notify("workspace/didChangeWatchedFiles", { changes: [] });
    expect(await definition()).toEqual([editor.uri(helperFile)]);
    renameSync(join(editor.folder, helperFile), join(editor.folder, "policies/renamed.policy"));
    await changed();
    expect(await definition()).toEqual([editor.uri("policies/renamed.policy")]);
    rmSync(join(editor.folder, "policies/renamed.policy"));
    await changed();
    // A name that nothing defines is its own.
    expect(await definition()).toEqual([editor.uri(rulesFile)]);
  });

  test("follows data that is changed beside the same texts", async () => {
    const dataFile = "policies/data.json";
    const editor = await editorIn({ [dataFile]: '{"limits": {"joins": 1}}' });
    const unfinished = 'package acme\n\ndeny "no" if data.limits.|\n';
    expect(await editor.offered(rulesFile, unfinished)).toEqual(["joins"]);
    writeFileSync(join(editor.folder, dataFile), '{"limits": {"rows": 1}}');
    await editor.notify("workspace/didChangeWatchedFiles", { changes: [] });
    expect(await editor.offered(rulesFile, unfinished)).toEqual(["rows"]);
  });
});

test("names have colours by their meaning", async () => {
  const editor = await editorIn({});
  const at = await editor.write(helperFile, helper);
  const tokens = await editor.ask<SemanticTokens>("textDocument/semanticTokens/full", at);
  const legend = editor.initialized.capabilities.semanticTokensProvider?.legend.tokenTypes ?? [];
  const kinds = tokens.data.flatMap((value, index) => (index % 5 === 3 ? [legend[value]] : []));
  expect(kinds).toEqual(["namespace", "variable", "variable", "property", "enumMember"]);
});

test("folders without policies are no mistake", async () => {
  const editor = await editorIn({});
  mkdirSync(join(editor.folder, "policies"));
  await editor.notify("workspace/didChangeWatchedFiles", { changes: [] });
  await editor.write(helperFile, rules);
  await editor.shown(helperFile, some);
  await editor.write(helperFile, helper);
  expect(await editor.shown(helperFile, none)).toEqual([]);
});
