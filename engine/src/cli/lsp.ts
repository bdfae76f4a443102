import type { Command } from "commander";
import { UsageError } from "./exit-codes.ts";

export function registerLsp(program: Command): void {
  program
    .command("lsp")
    .description("Serve editors: the Language Server Protocol over standard input and output.")
    .option("--stdio", "over standard input and output; there is no other way, so it may be left out")
    .option("--clientProcessId <pid>", "end when this process is gone")
    .action(async () => {
      if (process.stdin.isTTY) {
        throw new UsageError("`policy lsp` talks to an editor, not to people: docs/editor.md has the lines for yours");
      }
      const { serveStdio } = await import("../lsp/stdio.ts");
      serveStdio();
    });
}
