/** Starts `policy lsp` for the workspace and connects it with the editor; everything else is the service's. */
import { existsSync } from "node:fs";
import { delimiter, dirname, isAbsolute, join } from "node:path";
import { commands, type ExtensionContext, window, workspace } from "vscode";
import { LanguageClient, type LanguageClientOptions, type ServerOptions } from "vscode-languageclient/node";

let client: LanguageClient | undefined;

export async function activate(context: ExtensionContext): Promise<void> {
  context.subscriptions.push(commands.registerCommand("penstock.restart", restart));
  await start();
}

export async function deactivate(): Promise<void> {
  await client?.stop();
}

async function restart(): Promise<void> {
  await client?.stop();
  await start();
}

async function start(): Promise<void> {
  const command = policyCommand();
  const server: ServerOptions = {
    command,
    args: ["lsp", "--stdio"],
    // The command is a script on Windows, which only a shell can start.
    options: { shell: process.platform === "win32", env: environmentOf(command) },
  };
  const options: LanguageClientOptions = {
    documentSelector: [{ language: "policy" }],
    outputChannelName: "Penstock policies",
  };
  client = new LanguageClient("penstock", "Penstock policies", server, options);
  try {
    await client.start();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    void window.showErrorMessage(
      `Penstock: \`${command} lsp\` did not start (${reason}). Run \`npm install\` in the workspace, or set \`penstock.command\`.`,
    );
  }
}

/** As `npx` does it: a Node that is installed beside the command comes before one of the system, which may be too old for it. */
function environmentOf(command: string): NodeJS.ProcessEnv {
  if (!isAbsolute(command)) return process.env;
  return { ...process.env, PATH: [dirname(command), process.env["PATH"] ?? ""].join(delimiter) };
}

/** As configured; else the workspace's own, so that editor and CI agree; else whatever is on the path. */
function policyCommand(): string {
  const configured = workspace.getConfiguration("penstock").get<string>("command", "");
  if (configured !== "") return configured;
  const name = process.platform === "win32" ? "policy.cmd" : "policy";
  const own = (workspace.workspaceFolders ?? [])
    .filter(({ uri }) => uri.scheme === "file")
    .map(({ uri }) => join(uri.fsPath, "node_modules", ".bin", name))
    .find((path) => existsSync(path));
  return own ?? name;
}
