import { createConnection, ProposedFeatures } from "vscode-languageserver/node";
import { Server } from "./server.ts";

/** Serves until the editor says `exit` or closes the input: exit code 0 after `shutdown`, else 1. */
export function serveStdio(): void {
  new Server(createConnection(ProposedFeatures.all, process.stdin, process.stdout)).listen();
}
