/**
 * `npm run bench:editor [-- RULES]`: how long the editor service takes to answer after a keystroke, in a folder of many rules, over the
 * protocol and with the real process. Half of the rules stand in files of fifty, half in one file, in which the keys are pressed.
 */
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { createMessageConnection, StreamMessageReader, StreamMessageWriter } from "vscode-jsonrpc/node";

const rules = Number(process.argv[2] ?? "1000");
const keystrokes = 40;
const [fileRules, quietMs] = [50, 150];

/** A helper and a decision: two rules. */
function pair(index: number): string {
  return `# Statements on table ${index}.
touches_${index} if {
    some t in query.tables
    t.path == "public.t${index}"
    not "admins" in principal.groups
}

deny sprintf("no %s on t${index}", [upper(query.kind)]) if {
    touches_${index}
    query.kind in {"update", "delete"}
    principal.kind == "agent"
}
`;
}

function pairs(from: number, count: number): string {
  return Array.from({ length: count }, (_, index) => pair(from + index)).join("\n");
}

const folder = mkdtempSync(join(tmpdir(), "penstock-editor-"));
mkdirSync(join(folder, "policies"));
const half = Math.floor(rules / 4);
const files = Math.ceil((half * 2) / fileRules);
for (let file = 0; file < files; file += 1) {
  const text = `package acme.p${file}\n\n${pairs((file * fileRules) / 2, fileRules / 2)}`;
  writeFileSync(join(folder, "policies", `p${file}.policy`), text);
}
const large = `package acme.large\n\n${pairs(100_000, half)}`;
writeFileSync(join(folder, "policies", "large.policy"), large);

const policyCommand = new URL("../../engine/bin/policy.js", import.meta.url).pathname;
const service = spawn(process.execPath, [policyCommand, "lsp", "--stdio"], { stdio: ["pipe", "pipe", "inherit"] });
const connection = createMessageConnection(
  new StreamMessageReader(service.stdout),
  new StreamMessageWriter(service.stdin),
);
let published: () => void = () => undefined;
connection.onNotification("textDocument/publishDiagnostics", () => published());
connection.listen();
const uri = pathToFileURL(join(folder, "policies", "large.policy")).href;
const started = performance.now();
await connection.sendRequest("initialize", {
  processId: process.pid,
  capabilities: {},
  rootUri: pathToFileURL(folder).href,
  workspaceFolders: null,
});
await connection.sendNotification("initialized", {});
await connection.sendNotification("textDocument/didOpen", {
  textDocument: { uri, languageId: "policy", version: 1, text: large },
});
await connection.sendRequest("textDocument/hover", { textDocument: { uri }, position: { line: 3, character: 2 } });
console.log(`${rules} rules in ${files + 1} files; ready after ${(performance.now() - started).toFixed(0)} ms\n`);

let version = 1;
/** Writes `text` at the beginning of line `line`, or takes as many characters away. */
async function change(line: number, character: number, end: number, text: string): Promise<void> {
  version += 1;
  const range = { start: { line, character }, end: { line, character: end } };
  await connection.sendNotification("textDocument/didChange", {
    textDocument: { uri, version },
    contentChanges: [{ range, text }],
  });
}

const line = large.split("\n").findIndex((each, index) => index > (half / 2) * 13 && each.startsWith("    some t"));
await change(line, 0, 0, "    principal.\n");
const asked = {
  "completion in an unfinished line": "completion",
  hover: "hover",
  definition: "definition",
  symbols: "documentSymbol",
  colours: "semanticTokens/full",
};
console.log("after a keystroke               median    95 %     max  (ms, from the key to the answer)");
for (const [name, method] of Object.entries(asked)) {
  const times: number[] = [];
  for (let key = 0; key < keystrokes; key += 1) {
    const before = performance.now();
    // In turns a letter and its removal: every state is new to the service.
    if (key % 2 === 0) await change(line, 14, 14, "k");
    else await change(line, 14, 15, "");
    const position = { line: method === "completion" ? line : line + 1, character: 14 };
    await connection.sendRequest(`textDocument/${method}`, { textDocument: { uri }, position });
    times.push(performance.now() - before);
  }
  print(name, times);
}
const again: Readonly<Record<string, () => Promise<unknown>>> = {
  "hover, nothing changed": () =>
    connection.sendRequest("textDocument/hover", {
      textDocument: { uri },
      position: { line: line + 1, character: 14 },
    }),
  "fixes, nothing changed": () => {
    const at = { line: line + 1, character: 14 };
    const context = { diagnostics: [] };
    return connection.sendRequest("textDocument/codeAction", {
      textDocument: { uri },
      range: { start: at, end: at },
      context,
    });
  },
};
for (const [name, ask] of Object.entries(again)) {
  await ask();
  const times: number[] = [];
  for (let turn = 0; turn < keystrokes; turn += 1) {
    const before = performance.now();
    await ask();
    times.push(performance.now() - before);
  }
  print(name, times);
}
const checks: number[] = [];
for (let key = 0; key < keystrokes / 4; key += 1) {
  const before = performance.now();
  const shown = new Promise<void>((resolve) => (published = resolve));
  // In turns a mistake and none: each time something else is shown.
  if (key % 2 === 0) await change(line, 4, 14, "principal.knd");
  else await change(line, 4, 17, "principal.");
  await shown;
  checks.push(performance.now() - before - quietMs);
}
print(`mistakes, after ${quietMs} ms of quiet`, checks);
await connection.sendRequest("shutdown");
await connection.sendNotification("exit");
rmSync(folder, { recursive: true });

function print(name: string, times: readonly number[]): void {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number): string => (sorted[Math.ceil(share * sorted.length) - 1] ?? 0).toFixed(0).padStart(8);
  console.log(`${name.padEnd(30)}${at(0.5)}${at(0.95)}${at(1)}`);
}
