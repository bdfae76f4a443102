import { describe, expect, test } from "vitest";
import type {
  DocumentHighlight,
  DocumentSymbol,
  Hover,
  Location,
  SignatureHelp,
  WorkspaceEdit,
  WorkspaceSymbol,
} from "vscode-languageserver/node";
import { type Editor, editorIn } from "./editor-client.ts";

const agents = `package acme.agents

import data.directory

# METADATA
# title: Who is an agent
# description: AI agents, whoever runs them.
is_agent if principal.kind == "agent"

deny "agents only read" if {
    is_agent
    query.kind in {"update", "drop_table"}
    some t in query.tables
    t.kind == "table"
    not directory.is_trusted(principal.id)
}

mask public.users.ssn with partial(0, 4) if startswith(principal.name, "a")
`;
const directory = `package directory

is_trusted(id) if id in data.directory.trusted

mask column with null() if column.label == "pii.email"

label column as "pii.email" if column.name == "email"
`;
const catalog = JSON.stringify({
  tables: { "public.users": { columns: { id: "int4", ssn: { type: "text", comment: "Social security number" } } } },
});
const files = {
  "policies/agents.policy": agents,
  "policies/directory.policy": directory,
  "policies/testdata/catalog.json": catalog,
};
const [one, two] = ["policies/agents.policy", "policies/directory.policy"] as const;

async function opened(): Promise<Editor> {
  const editor = await editorIn(files);
  await editor.write(one, agents);
  await editor.write(two, directory);
  return editor;
}

/** Each location as `file: text`. */
function printed(editor: Editor, locations: readonly Location[]): string[] {
  return locations
    .map(
      ({ uri, range }) => `${uri.slice(uri.lastIndexOf("/") + 1)}:${range.start.line + 1}: ${editor.slice(uri, range)}`,
    )
    .sort();
}

describe("hover", () => {
  test.each([
    ["an attribute", one, "kind ==", 1, ["principal.kind: string", "AI agent", '`"service"`'], "kind"],
    ["a root", one, "principal", 1, ["- `groups: set<string>`"], "principal"],
    ["a kind of statement, with its category", one, "drop_table", 1, ['`"ddl"`'], '"drop_table"'],
    [
      "a builtin, with its signature",
      one,
      "startswith",
      1,
      ["startswith(text: string, prefix: string) → boolean"],
      "startswith",
    ],
    [
      "a rule, with its metadata and type",
      one,
      "is_agent",
      2,
      ["is_agent: boolean", "**Who is an agent**", "AI agents, whoever"],
      "is_agent",
    ],
    ["a function", one, "is_trusted", 1, ["is_trusted(id): boolean", "data.directory.is_trusted"], "is_trusted"],
    ["a variable", one, "t.kind", 1, ["t: table"], "t"],
    ["an attribute of a variable", one, 'kind == "table"', 1, ["table.kind: string", "materialized_view"], "kind"],
    ["a mask", one, "partial", 1, ["partial(keep_first, keep_last, [char])", "Strength 2"], "partial"],
    ["a column of the catalog", one, "ssn", 1, ["public.users.ssn text", "Social security number"], "ssn"],
    ["a table of the catalog", one, "users", 1, ["table public.users", "- `ssn text`"], "users"],
    ["a label", two, "pii.email", 1, ["Given by 1 `label` statement"], '"pii.email"'],
    ["a decision word", one, "deny", 1, ["deny MESSAGE [code STRING] if CONDITION"], "deny"],
    ["an import", one, "directory.is", 1, ["import data.directory"], "directory"],
    ["a package", one, "directory", 1, ["package directory", "`is_trusted`"], "directory"],
  ])("tells of %s", async (_, file, part, nth, texts, underlined) => {
    const editor = await opened();
    const hover = await editor.ask<Hover>("textDocument/hover", editor.at(file, part, nth));
    for (const text of texts) expect((hover.contents as { value: string }).value).toContain(text);
    expect(
      editor.slice(
        editor.uri(file),
        hover.range ?? { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } },
      ),
    ).toBe(underlined);
  });

  test("says nothing between names", async () => {
    const editor = await opened();
    expect(await editor.ask("textDocument/hover", editor.at(one, "==", 1, 1))).toBeNull();
  });
});

test("the signature of the call around the cursor marks the parameter that is next", async () => {
  const editor = await opened();
  const help = await editor.ask<SignatureHelp>("textDocument/signatureHelp", editor.at(one, "4)", 1));
  const [signature] = help.signatures;
  expect(signature?.label).toBe("partial(keep_first, keep_last, [char])");
  const [start, end] = (signature?.parameters?.[help.activeParameter ?? -1]?.label ?? []) as number[];
  expect(signature?.label.slice(start, end)).toBe("keep_last");
  expect(await editor.ask("textDocument/signatureHelp", editor.at(one, "is_agent", 1))).toBeNull();
});

describe("definition", () => {
  test.each([
    ["of a rule", one, "is_agent", 2, [`agents.policy:8: is_agent`]],
    ["of a function in another file", one, "is_trusted", 1, ["directory.policy:3: is_trusted"]],
    ["of an import, which is the package", one, "directory.is", 1, ["directory.policy:1: directory"]],
    ["of a variable", one, "t.kind", 1, ["agents.policy:13: t"]],
    ["of a label", two, "pii.email", 1, ['directory.policy:7: "pii.email"']],
    ["of a word of the language, which has none", one, "query", 1, []],
  ])("%s", async (_, file, part, nth, expected) => {
    const editor = await opened();
    const found = await editor.ask<Location[]>("textDocument/definition", editor.at(file, part, nth));
    expect(printed(editor, found)).toEqual(expected);
  });
});

describe("references", () => {
  test("are found in every file, with or without the definition", async () => {
    const editor = await opened();
    const at = editor.at(two, "is_trusted");
    const ask = (includeDeclaration: boolean): Promise<Location[]> =>
      editor.ask("textDocument/references", { ...at, context: { includeDeclaration } });
    expect(printed(editor, await ask(true))).toEqual([
      "agents.policy:15: is_trusted",
      "directory.policy:3: is_trusted",
    ]);
    expect(printed(editor, await ask(false))).toEqual(["agents.policy:15: is_trusted"]);
  });

  test("of an attribute are found too", async () => {
    const editor = await opened();
    const at = editor.at(one, "kind in");
    const found = await editor.ask<Location[]>("textDocument/references", {
      ...at,
      context: { includeDeclaration: true },
    });
    expect(printed(editor, found)).toEqual(["agents.policy:12: kind"]);
  });
});

test("the same names of a file are highlighted", async () => {
  const editor = await opened();
  const found = await editor.ask<DocumentHighlight[]>("textDocument/documentHighlight", editor.at(one, "is_agent"));
  expect(found.map(({ range, kind }) => [range.start.line, kind])).toEqual([
    [7, 3],
    [10, 2],
  ]);
});

describe("symbols", () => {
  test("of a file are its statements", async () => {
    const editor = await opened();
    const symbols = await editor.ask<DocumentSymbol[]>("textDocument/documentSymbol", editor.at(one, "package"));
    expect(symbols.map(({ name }) => name)).toEqual([
      "acme.agents",
      "is_agent",
      'deny "agents only read"',
      "mask public.users.ssn with partial(0, 4)",
    ]);
  });

  test("of the workspace are found by their letters", async () => {
    const editor = await opened();
    const symbols = await editor.ask<WorkspaceSymbol[]>("workspace/symbol", { query: "istru" });
    expect(symbols.map(({ name, containerName }) => `${containerName}.${name}`)).toEqual(["directory.is_trusted"]);
  });
});

describe("rename", () => {
  async function renamed(file: string, part: string, nth: number, newName: string): Promise<string[]> {
    const editor = await opened();
    const edit = await editor.ask<WorkspaceEdit>("textDocument/rename", { ...editor.at(file, part, nth), newName });
    return Object.entries(edit.changes ?? {})
      .flatMap(([uri, edits]) =>
        edits.map(({ range, newText }) => {
          const name = uri.slice(uri.lastIndexOf("/") + 1);
          return `${name}:${range.start.line + 1}: ${editor.slice(uri, range)} → ${newText}`;
        }),
      )
      .sort();
  }

  test.each([
    [
      "a function in all files",
      two,
      "is_trusted",
      1,
      "is_known",
      ["agents.policy:15: is_trusted → is_known", "directory.policy:3: is_trusted → is_known"],
    ],
    [
      "a rule",
      one,
      "is_agent",
      1,
      "robot",
      ["agents.policy:11: is_agent → robot", "agents.policy:8: is_agent → robot"],
    ],
    ["a variable", one, "t in", 1, "relation", ["agents.policy:13: t → relation", "agents.policy:14: t → relation"]],
    ["a parameter", two, "id", 2, "who", ["directory.policy:3: id → who", "directory.policy:3: id → who"]],
    [
      "an import, by an alias",
      one,
      "directory.is",
      1,
      "people",
      ["agents.policy:15: directory → people", "agents.policy:3:  →  as people"],
    ],
  ])("changes %s", async (_, file, part, nth, newName, expected) => {
    expect(await renamed(file, part, nth, newName)).toEqual(expected);
  });

  test.each([
    ["to what another rule of the package is called", two, "is_trusted", 1, "trusted_too", /means something already/],
    ["to a root of the vocabulary", one, "is_agent", 1, "query", /a meaning of its own/],
    ["to what is no name", one, "is_agent", 1, "is agent", /no name/],
    ["to a keyword", one, "is_agent", 1, "every", /no name/],
    ["of a word of the language", one, "principal", 1, "who", /word of the policy language/],
    ["of a variable to one that would be captured", one, "t in", 1, "is_agent", /./],
  ])("refuses %s", async (_, file, part, nth, newName, reason) => {
    const editor = await opened();
    await editor.write(two, `${directory}\ntrusted_too(x) if x == 1\n`);
    await editor.write(one, agents);
    const params = { ...editor.at(file, part, nth), newName };
    await expect(editor.ask("textDocument/rename", params)).rejects.toThrow(reason);
  });

  test("refuses while a file cannot be read, and prepares with the name as it stands", async () => {
    const editor = await opened();
    const prepared = await editor.ask("textDocument/prepareRename", editor.at(one, "is_agent"));
    expect(prepared).toMatchObject({ placeholder: "is_agent" });
    await editor.write(two, `${directory}\nbroken if {`);
    const params = { ...editor.at(one, "is_agent"), newName: "robot" };
    await expect(editor.ask("textDocument/rename", params)).rejects.toThrow(/syntax errors/);
  });
});
