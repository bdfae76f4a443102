/** The editor service: the Language Server Protocol over a connection. Each request is answered from the files as they are then. */
import {
  type CancellationToken,
  CodeLensRefreshRequest,
  type Connection,
  DidChangeConfigurationNotification,
  DidChangeWatchedFilesNotification,
  ErrorCodes,
  type InitializeParams,
  type InitializeResult,
  MessageType,
  type Position,
  ResponseError,
  TextDocuments,
  TextDocumentSyncKind,
} from "vscode-languageserver/node";
import { TextDocument } from "vscode-languageserver-textdocument";
import { penstockVersion } from "../cli/version.ts";
import { fixes, formatting, prepareRename, renaming } from "./changes.ts";
import { completions } from "./completion.ts";
import { offsetAt, pathOfUri, uriOfPath } from "./locations.ts";
import type { Look } from "./look.ts";
import {
  definition,
  documentSymbols,
  highlights,
  hover,
  references,
  signatureHelp,
  workspaceSymbols,
} from "./navigation.ts";
import { Publisher } from "./publisher.ts";
import { legend, semanticTokens } from "./semantic-tokens.ts";
import { summaryOf, type TestAnswer } from "./test-runs.ts";
import { runTestsCommand, Tests } from "./tests.ts";
import { Workspace } from "./workspace.ts";

/** What the editor can do that matters here. */
interface Client {
  readonly hasSnippets: boolean;
  readonly hasConfiguration: boolean;
  readonly canRegisterWatchers: boolean;
  readonly canRegisterConfiguration: boolean;
  readonly canRefreshLenses: boolean;
}

export class Server {
  private readonly connection: Connection;
  private readonly documents = new TextDocuments(TextDocument);
  private readonly open = new Map<string, string>();
  private readonly uris = new Map<string, string>();
  private readonly workspace = new Workspace(this.open);
  private readonly publisher: Publisher;
  private readonly tests = new Tests();
  private client: Client = clientOf({ capabilities: {} });
  private folders: string[] = [];

  constructor(connection: Connection) {
    this.connection = connection;
    this.publisher = new Publisher(connection, this.tests, (path) => this.uriOf(path));
    this.life();
    this.texts();
    this.files();
    this.questions();
    this.documents.listen(connection);
  }

  listen(): void {
    this.connection.listen();
  }

  private life(): void {
    const { connection } = this;
    connection.onInitialize((params) => this.initialize(params));
    connection.onInitialized(async () => {
      await this.register();
      await this.configure();
      this.publisher.schedule(this.workspace.projects);
    });
    connection.onShutdown(() => this.publisher.close());
  }

  private initialize(params: InitializeParams): InitializeResult {
    this.client = clientOf(params);
    const folders =
      params.workspaceFolders?.map(({ uri }) => uri) ?? (typeof params.rootUri === "string" ? [params.rootUri] : []);
    this.folders = folders.map(pathOfUri);
    this.workspace.setFolders(this.folders);
    this.workspace.configure(pathsIn(params.initializationOptions));
    return {
      serverInfo: { name: "policy lsp", version: penstockVersion },
      capabilities: {
        textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Incremental, save: true },
        completionProvider: { triggerCharacters: [".", '"'] },
        hoverProvider: true,
        signatureHelpProvider: { triggerCharacters: ["(", ","], retriggerCharacters: [")"] },
        definitionProvider: true,
        referencesProvider: true,
        documentHighlightProvider: true,
        documentSymbolProvider: true,
        workspaceSymbolProvider: true,
        documentFormattingProvider: true,
        renameProvider: { prepareProvider: true },
        codeActionProvider: { codeActionKinds: ["quickfix"] },
        codeLensProvider: {},
        executeCommandProvider: { commands: [runTestsCommand] },
        semanticTokensProvider: { legend, full: true },
        workspace: { workspaceFolders: { supported: true, changeNotifications: true } },
      },
    };
  }

  private async register(): Promise<void> {
    const { client, connection } = this;
    if (client.canRegisterWatchers) {
      const watchers = ["**/*.policy", "**/data.json", "**/testdata/catalog.json"].map((globPattern) => ({
        globPattern,
      }));
      await connection.client.register(DidChangeWatchedFilesNotification.type, { watchers });
    }
    if (client.canRegisterConfiguration)
      await connection.client.register(DidChangeConfigurationNotification.type, { section: "penstock" });
  }

  private async configure(): Promise<void> {
    if (!this.client.hasConfiguration) return;
    const settings: unknown = await this.connection.workspace.getConfiguration("penstock");
    if (settings === null || settings === undefined) return;
    this.workspace.configure(pathsIn(settings));
    this.rearranged();
  }

  private rearranged(): void {
    this.publisher.keepOnly(this.workspace.projects);
    for (const path of this.open.keys()) this.workspace.projectOf(path);
    this.publisher.schedule(this.workspace.projects);
  }

  // What the editor holds.

  private texts(): void {
    this.documents.onDidOpen(({ document }) => {
      this.uris.set(pathOfUri(document.uri), document.uri);
    });
    this.documents.onDidChangeContent(({ document }) => {
      const path = pathOfUri(document.uri);
      this.open.set(path, document.getText());
      this.changed(path);
    });
    this.documents.onDidClose(({ document }) => {
      const path = pathOfUri(document.uri);
      this.open.delete(path);
      this.uris.delete(path);
      // What was not saved is gone.
      this.workspace.projectOf(path).reload();
      this.changed(path);
    });
    this.documents.onDidSave(({ document }) => this.workspace.projectOf(pathOfUri(document.uri)).reload());
  }

  private changed(path: string): void {
    const project = this.workspace.projectOf(path);
    project.change();
    this.publisher.schedule([project]);
  }

  // What is on the disk.

  private files(): void {
    const { connection } = this;
    connection.onDidChangeWatchedFiles(() => {
      this.workspace.refresh();
      this.rearranged();
    });
    connection.onDidChangeConfiguration(async ({ settings }) => {
      if (this.client.hasConfiguration) return this.configure();
      this.workspace.configure(pathsIn((settings as { penstock?: unknown } | null)?.penstock));
      this.rearranged();
    });
    connection.onNotification("workspace/didChangeWorkspaceFolders", ({ event }: FolderChange) => {
      const removed = new Set(event.removed.map(({ uri }) => pathOfUri(uri)));
      this.folders = [
        ...this.folders.filter((folder) => !removed.has(folder)),
        ...event.added.map(({ uri }) => pathOfUri(uri)),
      ];
      this.workspace.setFolders(this.folders);
      this.rearranged();
    });
  }

  // What the editor asks.

  private questions(): void {
    const { connection } = this;
    connection.onHover((params) => this.at(params, hover) ?? null);
    connection.onCompletion(
      (params) => this.at(params, (look, offset) => completions(look, offset, this.client.hasSnippets)) ?? null,
    );
    connection.onSignatureHelp((params) => this.at(params, signatureHelp) ?? null);
    connection.onDefinition((params) => this.at(params, definition) ?? []);
    connection.onReferences(
      (params) => this.at(params, (look, offset) => references(look, offset, params.context.includeDeclaration)) ?? [],
    );
    connection.onDocumentHighlight((params) => this.at(params, highlights) ?? []);
    connection.onPrepareRename((params) => this.at(params, prepareRename) ?? null);
    connection.onRenameRequest(
      (params) => this.at(params, (look, offset) => renaming(look, offset, params.newName)) ?? null,
    );
    connection.onDocumentSymbol(({ textDocument }) => this.in(textDocument, documentSymbols) ?? []);
    connection.onWorkspaceSymbol(({ query }) => workspaceSymbols(this.everywhere(), query));
    connection.onDocumentFormatting(({ textDocument }) => this.in(textDocument, formatting) ?? []);
    connection.onCodeAction(
      ({ textDocument, range, context }) =>
        this.in(textDocument, (look) => fixes(look, range, context.diagnostics)) ?? [],
    );
    connection.onCodeLens(({ textDocument }) => this.in(textDocument, (look) => this.tests.lenses(look)) ?? []);
    connection.onExecuteCommand(({ command, arguments: given }, token) => {
      if (command !== runTestsCommand) throw new ResponseError(ErrorCodes.InvalidParams, `there is no ${command}`);
      return this.runTests(given ?? [], token);
    });
    connection.languages.semanticTokens.on(({ textDocument }) => this.in(textDocument, semanticTokens) ?? { data: [] });
  }

  /** @param given a file's URI and, unless all are meant, names of its tests */
  private async runTests([uri, names]: readonly unknown[], token: CancellationToken): Promise<TestAnswer> {
    const look = typeof uri === "string" ? this.in({ uri }, (found) => found) : undefined;
    if (look === undefined)
      throw new ResponseError(ErrorCodes.InvalidParams, "the first argument is the URI of a policy");
    const wanted = Array.isArray(names) ? names.filter((name) => typeof name === "string") : undefined;
    const answer = await this.tests.run(look, wanted, token);
    this.publisher.schedule([look.project]);
    if (this.client.canRefreshLenses) void this.connection.sendRequest(CodeLensRefreshRequest.type);
    const shown =
      "problem" in answer
        ? { type: MessageType.Error, message: `Tests did not run: ${answer.problem}` }
        : { type: MessageType.Info, message: summaryOf(answer) };
    await this.connection.sendNotification("window/showMessage", shown);
    return answer;
  }

  private at<Answer>(
    { textDocument, position }: { readonly textDocument: { readonly uri: string }; readonly position: Position },
    answer: (look: Look, offset: number) => Answer,
  ): Answer | undefined {
    return this.in(textDocument, (look) => answer(look, offsetAt(look.source, position)));
  }

  /** @returns `undefined` for a file that is neither open nor on the disk */
  private in<Answer>({ uri }: { readonly uri: string }, answer: (look: Look) => Answer): Answer | undefined {
    const path = pathOfUri(uri);
    const project = this.workspace.projectOf(path);
    const source = project.set.files.get(path)?.source;
    return source === undefined ? undefined : answer(this.look(project.set, { project, path, source }));
  }

  private everywhere(): Look[] {
    return this.workspace.projects.flatMap((project) =>
      [...project.set.files].map(([path, { source }]) => this.look(project.set, { project, path, source })),
    );
  }

  private look(set: Look["set"], rest: Pick<Look, "project" | "path" | "source">): Look {
    return { ...rest, set, uriOf: (path) => this.uriOf(path) };
  }

  private uriOf(path: string): string {
    return this.uris.get(path) ?? uriOfPath(path);
  }
}

interface FolderChange {
  readonly event: {
    readonly added: readonly { readonly uri: string }[];
    readonly removed: readonly { readonly uri: string }[];
  };
}

function clientOf({ capabilities }: Pick<InitializeParams, "capabilities">): Client {
  const { textDocument, workspace } = capabilities;
  return {
    hasSnippets: textDocument?.completion?.completionItem?.snippetSupport === true,
    hasConfiguration: workspace?.configuration === true,
    canRegisterWatchers: workspace?.didChangeWatchedFiles?.dynamicRegistration === true,
    canRefreshLenses: workspace?.codeLens?.refreshSupport === true,
    canRegisterConfiguration: workspace?.didChangeConfiguration?.dynamicRegistration === true,
  };
}

/** `paths` of settings from outside: whatever else stands there is no setting. */
function pathsIn(settings: unknown): string[] {
  const paths: unknown = typeof settings === "object" && settings !== null && "paths" in settings ? settings.paths : [];
  return Array.isArray(paths) ? paths.filter((path) => typeof path === "string") : [];
}
