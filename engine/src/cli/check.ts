import type { Command } from "commander";
import { formatDiagnostics } from "@penstock/language";
import { compileFiles, exitCodes } from "./program-files.ts";

export function registerCheck(program: Command): void {
  program
    .command("check")
    .description("Report every mistake in policy files at once.")
    .argument("[paths...]", "policy files or folders", ["policies"])
    .option("--format <format>", "pretty or json", "pretty")
    .action((paths: string[], options: { format: string }) => {
      const { folder, diagnostics } = compileFiles(paths, true);
      if (options.format === "json") {
        console.log(JSON.stringify({ diagnostics }, null, 2));
      } else {
        if (diagnostics.length > 0)
          console.log(formatDiagnostics(diagnostics, folder.sources, { color: process.stdout.isTTY }));
        console.log(summary(diagnostics, folder.sources.length));
      }
      process.exitCode = diagnostics.some((diagnostic) => diagnostic.severity === "error")
        ? exitCodes.failed
        : exitCodes.ok;
    });
}

function summary(diagnostics: readonly { readonly severity: string }[], files: number): string {
  const errors = diagnostics.filter((diagnostic) => diagnostic.severity === "error").length;
  const warnings = diagnostics.length - errors;
  return `${count(files, "file")} checked: ${count(errors, "error")}, ${count(warnings, "warning")}`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
