import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import type { CompletionList } from "vscode-languageserver/node";
import { folderOf, policy } from "../cli/run-policy.ts";
import { editorIn, Service } from "./editor-client.ts";

const helper = 'package acme\n\nis_agent if principal.kind == "agent"\n';

describe("a session", () => {
  test("ends with exit code 0 after shutdown, with 1 without", async () => {
    for (const [isProper, code] of [
      [true, 0],
      [false, 1],
    ] as const) {
      const { service } = await editorIn({}, {});
      if (isProper) await service.connection.sendRequest("shutdown");
      await service.connection.sendNotification("exit");
      expect(await service.exited).toBe(code);
    }
  });

  test("ends with its input", async () => {
    const { service } = await editorIn({}, {});
    service.process.stdin.end();
    expect(await service.exited).toBe(1);
  });

  test("begins with initialize: what comes before is an error, not the end", async () => {
    const service = new Service(folderOf({}), undefined);
    try {
      await expect(service.connection.sendRequest("textDocument/hover", {})).rejects.toThrow(/failed/);
      const { capabilities, serverInfo } = await service.start([]);
      expect(serverInfo?.name).toBe("policy lsp");
      expect(capabilities.hoverProvider).toBe(true);
    } finally {
      await service.kill();
    }
  });

  test("is for editors: `policy lsp` writes nothing but the protocol, and says so in its help", () => {
    const folder = folderOf({});
    expect(policy(folder, "lsp", "--help").stdout).toContain("Language Server Protocol");
    expect(policy(folder, "lsp", "--tcp").status).toBe(2);
    expect(policy(folder, "lsp").stdout).toBe("");
  });
});

describe("what makes no sense", () => {
  test.each([
    ["an unknown method", "textDocument/nothing", {}],
    [
      "a file that does not exist",
      "textDocument/hover",
      { textDocument: { uri: "file:///no/such.policy" }, position: { line: 0, character: 0 } },
    ],
    ["no parameters", "textDocument/completion", undefined],
    ["parameters of another shape", "textDocument/rename", { textDocument: 3, position: "x", newName: [] }],
    [
      "a URI that is none",
      "textDocument/definition",
      { textDocument: { uri: "%%%" }, position: { line: -1, character: 1e9 } },
    ],
    ["a file URI on another host", "textDocument/documentSymbol", { textDocument: { uri: "file://host/a.policy" } }],
    ["a command that there is not", "workspace/executeCommand", { command: "rm" }],
  ])("is answered, and the next question as well: %s", async (_, method, params) => {
    const editor = await editorIn({});
    const answer: unknown = await editor.ask(method, params).catch((error: unknown) => error);
    expect(answer === null || Array.isArray(answer) || answer instanceof Error).toBe(true);
    const at = await editor.write("policies/a.policy", helper);
    expect(await editor.ask("textDocument/documentSymbol", at)).toHaveLength(2);
  });

  test.each([
    ["nothing", ""],
    ["no policy", '\0\u{1}\uD800 {{{ ]]] $"{ `'],
    ["deep brackets", `package a\n\np := ${"[".repeat(5_000)}`],
    ["a long expression", `package a\n\np := ${"1 + ".repeat(20_000)}1\n`],
    ["a long line", `package a\n\np := "${"x".repeat(200_000)}\n`],
    ["many statements", `package a\n${"deny if {\n".repeat(2_000)}`],
    ["more than is read", `package a\n${"# x\n".repeat(300_000)}`],
  ])("in a text is a mistake of that text: %s", async (_, text) => {
    const editor = await editorIn({ "policies/b.policy": helper });
    const at = await editor.write("policies/a.policy", text);
    await editor.shown("policies/a.policy", (shown) => shown.length > 0);
    for (const method of [
      "hover",
      "completion",
      "definition",
      "documentSymbol",
      "semanticTokens/full",
      "documentHighlight",
    ])
      await editor.ask(`textDocument/${method}`, at);
    expect(await editor.offered("policies/b.policy", `${helper}\np if principal.|`)).toContain("groups");
  });

  test("in notifications changes nothing", async () => {
    const editor = await editorIn({});
    await editor.notify("textDocument/didChange", {
      textDocument: { uri: "file:///x", version: 1 },
      contentChanges: [],
    });
    await editor.notify("textDocument/didClose", {});
    await editor.notify("workspace/didChangeConfiguration", { settings: null });
    await editor.notify("nonsense", [1]);
    expect(await editor.offered("policies/b.policy", `${helper}\np if principal.|`)).toContain("groups");
  });
});

test("a question that is taken back is answered as such", async () => {
  const editor = await editorIn({}, {});
  const at = await editor.write("policies/a.policy", helper);
  const { process } = editor.service;
  const send = (message: unknown): string => {
    const text = JSON.stringify({ jsonrpc: "2.0", ...(message as object) });
    return `Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`;
  };
  let received = "";
  process.stdout.on("data", (chunk: Buffer) => (received += chunk.toString()));
  process.stdin.write(
    send({ id: "mine", method: "textDocument/documentSymbol", params: at }) +
      send({ method: "$/cancelRequest", params: { id: "mine" } }),
  );
  await editor.service.until(() => received.includes('"mine"'));
  expect(received).toMatch(/"id":"mine","(error":\{"code":-32800|result")/);
  expect(await editor.ask("textDocument/documentSymbol", at)).toHaveLength(2);
});

test("a stream that is no protocol ends the process without a stack trace on the output", () => {
  const folder = folderOf({});
  const bin = new URL("../../bin/policy.js", import.meta.url).pathname;
  const { status, stdout } = spawnSync(process.execPath, [bin, "lsp", "--stdio"], {
    cwd: folder,
    input: 'GET / HTTP/1.1\r\nHost: x\r\n\r\nContent-Length: 4\r\n\r\n{"a"',
    encoding: "utf8",
    timeout: 20_000,
  });
  expect(status).toBe(1);
  expect(stdout).not.toContain("    at ");
});

test("completion works over the protocol: what it replaces, snippets, and the order of names", async () => {
  const editor = await editorIn({ "policies/a.policy": helper });
  const at = await editor.write("policies/b.policy", 'package acme\n\ndeny "🙂" if {\n    startsw|\n}\n');
  const { items } = await editor.ask<CompletionList>("textDocument/completion", at);
  expect(items.find(({ label }) => label === "startswith")).toMatchObject({
    insertTextFormat: 2,
    textEdit: {
      newText: "startswith(${1:text}, ${2:prefix})",
      range: { start: { line: 3, character: 4 }, end: { line: 3, character: 11 } },
    },
  });
  const order = items.toSorted((a, b) => ((a.sortText ?? "") < (b.sortText ?? "") ? -1 : 1)).map(({ label }) => label);
  expect(order.indexOf("is_agent")).toBeLessThan(order.indexOf("startswith"));
});
