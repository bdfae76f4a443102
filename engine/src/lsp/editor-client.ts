/** For tests: the real `policy lsp --stdio` process, as an editor starts it and talks to it. A `|` in a text is the cursor. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, onTestFinished } from "vitest";
import {
  createMessageConnection,
  type MessageConnection,
  StreamMessageReader,
  StreamMessageWriter,
} from "vscode-jsonrpc/node";
import type {
  ClientCapabilities,
  CompletionList,
  Diagnostic,
  InitializeResult,
  Position,
  PublishDiagnosticsParams,
  Range,
} from "vscode-languageserver/node";
import { folderOf } from "../cli/run-policy.ts";

const policyCommand: string = new URL("../../bin/policy.js", import.meta.url).pathname;

const capabilities: ClientCapabilities = {
  textDocument: { completion: { completionItem: { snippetSupport: true } } },
  workspace: {
    configuration: true,
    didChangeWatchedFiles: { dynamicRegistration: true },
    didChangeConfiguration: { dynamicRegistration: true },
    codeLens: { refreshSupport: true },
  },
};

interface Options {
  /** Folders to open, by path; the folder of the files unless given. */
  readonly workspace?: readonly string[];
  /** Answer to a question about settings. */
  readonly settings?: unknown;
}

/** The process, with what it has sent. */
export class Service {
  readonly process: ChildProcessWithoutNullStreams;
  readonly connection: MessageConnection;
  /** Latest diagnostics by URI. */
  readonly diagnostics = new Map<string, Diagnostic[]>();
  /** What the service showed or logged. */
  readonly messages: string[] = [];
  /** Methods that the service asked the editor to do. */
  readonly requests: string[] = [];
  readonly exited: Promise<number | null>;
  stderr = "";
  private waiting: (() => void)[] = [];

  constructor(folder: string, settings: unknown) {
    this.process = spawn(process.execPath, [policyCommand, "lsp", "--stdio"], { cwd: folder });
    this.process.stderr.on("data", (chunk: Buffer) => (this.stderr += chunk.toString()));
    this.exited = new Promise((resolve) => this.process.on("exit", (code) => resolve(code)));
    this.connection = createMessageConnection(
      new StreamMessageReader(this.process.stdout),
      new StreamMessageWriter(this.process.stdin),
    );
    this.connection.onNotification("textDocument/publishDiagnostics", (params: PublishDiagnosticsParams) => {
      this.diagnostics.set(params.uri, params.diagnostics);
      this.wake();
    });
    for (const method of ["window/showMessage", "window/logMessage"]) {
      this.connection.onNotification(method, ({ message }: { message: string }) => {
        this.messages.push(message);
        this.wake();
      });
    }
    this.connection.onRequest((method) => {
      this.requests.push(method);
      this.wake();
      return method === "workspace/configuration" ? [settings ?? null] : null;
    });
    this.connection.listen();
  }

  async start(folders: readonly string[]): Promise<InitializeResult> {
    const initialized = await this.connection.sendRequest<InitializeResult>("initialize", {
      processId: process.pid,
      capabilities,
      rootUri: null,
      workspaceFolders: folders.map(asFolder),
    });
    await this.connection.sendNotification("initialized", {});
    return initialized;
  }

  async kill(): Promise<void> {
    this.process.kill();
    await this.exited;
  }

  async until(isSo: () => boolean, describe: () => string = () => ""): Promise<void> {
    const deadline = Date.now() + 20_000;
    while (!isSo()) {
      if (Date.now() > deadline) throw new Error(`waited in vain; last: ${describe()}\n${this.stderr}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 1_000);
        this.waiting.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  private wake(): void {
    const waiting = this.waiting;
    this.waiting = [];
    for (const resolve of waiting) resolve();
  }
}

let shared: { readonly service: Service; readonly initialized: InitializeResult } | undefined;
afterAll(async () => shared?.service.kill());

/**
 * Opens a folder with these files, in a service that the tests of a file share; in one of its own where there are options.
 * Everything is gone when the test ends.
 */
export async function editorIn(files: Readonly<Record<string, string>>, options?: Options): Promise<Editor> {
  const folder = folderOf(files);
  if (options !== undefined) {
    const service = new Service(folder, options.settings);
    onTestFinished(() => service.kill());
    return new Editor(folder, service, await service.start(options.workspace ?? [folder]));
  }
  if (shared === undefined) {
    // Not in the folder of the first test, which is removed before the others run.
    const service = new Service(tmpdir(), undefined);
    shared = { service, initialized: await service.start([]) };
  }
  const { service, initialized } = shared;
  const editor = new Editor(folder, service, initialized);
  await editor.changeFolders([folder], []);
  onTestFinished(async () => {
    await editor.closeAll();
    await editor.changeFolders([], [folder]);
  });
  return editor;
}

export class Editor {
  readonly folder: string;
  readonly service: Service;
  readonly initialized: InitializeResult;
  private readonly versions = new Map<string, number>();
  private readonly texts = new Map<string, string>();

  constructor(folder: string, service: Service, initialized: InitializeResult) {
    this.folder = folder;
    this.service = service;
    this.initialized = initialized;
  }

  get diagnostics(): ReadonlyMap<string, readonly Diagnostic[]> {
    return this.service.diagnostics;
  }

  notify(method: string, params: unknown): Promise<void> {
    return this.service.connection.sendNotification(method, params);
  }

  changeFolders(added: readonly string[], removed: readonly string[]): Promise<void> {
    const event = { added: added.map(asFolder), removed: removed.map(asFolder) };
    return this.notify("workspace/didChangeWorkspaceFolders", { event });
  }

  uri(name: string): string {
    return name.includes(":") ? name : pathToFileURL(join(this.folder, name)).href;
  }

  /** Opens a text, or changes it as a whole. @returns where its `|` was */
  async write(name: string, marked: string): Promise<At> {
    const offset = marked.indexOf("|");
    const text = offset < 0 ? marked : marked.slice(0, offset) + marked.slice(offset + 1);
    const uri = this.uri(name);
    const version = (this.versions.get(uri) ?? 0) + 1;
    this.versions.set(uri, version);
    this.texts.set(uri, text);
    if (version === 1) {
      const textDocument = { uri, languageId: "policy", version, text };
      await this.notify("textDocument/didOpen", { textDocument });
    } else {
      const textDocument = { uri, version };
      await this.notify("textDocument/didChange", { textDocument, contentChanges: [{ text }] });
    }
    return { textDocument: { uri }, position: positionOf(text, Math.max(0, offset)) };
  }

  async close(name: string): Promise<void> {
    const uri = this.uri(name);
    this.versions.delete(uri);
    await this.notify("textDocument/didClose", { textDocument: { uri } });
  }

  async closeAll(): Promise<void> {
    for (const uri of this.versions.keys()) await this.close(uri);
  }

  /** A place in a text that was opened: the `nth` time that `part` stands in it, from 1, plus `by`. */
  at(name: string, part: string, nth = 1, by = 0): At {
    const uri = this.uri(name);
    const text = this.texts.get(uri) ?? "";
    let offset = -1;
    for (let count = 0; count < nth; count += 1) offset = text.indexOf(part, offset + 1);
    if (offset < 0) throw new Error(`${name} has no ${part}`);
    return { textDocument: { uri }, position: positionOf(text, offset + by) };
  }

  /** What stands in a range of a text that was opened. */
  slice(uri: string, { start, end }: Range): string {
    const text = this.texts.get(uri) ?? "";
    return text.slice(offsetOf(text, start), offsetOf(text, end));
  }

  ask<Answer>(method: string, params: unknown): Promise<Answer> {
    return this.service.connection.sendRequest<Answer>(method, params);
  }

  /** Labels that are offered at the `|` of a text. */
  async offered(name: string, marked: string): Promise<string[]> {
    const at = await this.write(name, marked);
    const list = await this.ask<CompletionList | null>("textDocument/completion", at);
    return (list?.items ?? []).map(({ label }) => label);
  }

  /** Diagnostics of a file, once they are what is waited for: each as `line: code message`. */
  async shown(name: string, isIt: (shown: readonly string[]) => boolean): Promise<readonly string[]> {
    const lines = (): string[] =>
      (this.diagnostics.get(this.uri(name)) ?? []).map(
        ({ range, code, message }) =>
          `${range.start.line + 1}: ${code ?? ""} ${typeof message === "string" ? message : message.value}`,
      );
    await this.service.until(
      () => this.diagnostics.has(this.uri(name)) && isIt(lines()),
      () => lines().join("\n"),
    );
    return lines();
  }
}

export interface At {
  readonly textDocument: { readonly uri: string };
  readonly position: Position;
}

function asFolder(path: string): { readonly uri: string; readonly name: string } {
  return { uri: pathToFileURL(path).href, name: path };
}

function positionOf(text: string, offset: number): Position {
  const lines = text.slice(0, offset).split(/\r\n|\n|\r/);
  return { line: lines.length - 1, character: lines.at(-1)?.length ?? 0 };
}

function offsetOf(text: string, { line, character }: Position): number {
  const ends = [...text.matchAll(/\r\n|\n|\r/g)];
  const before = line === 0 ? undefined : ends[line - 1];
  return (before === undefined ? 0 : before.index + before[0].length) + character;
}
