import type { Command } from "commander";
import { exitCodes } from "./exit-codes.ts";
import { compileFiles } from "./program-files.ts";
import { type DiagnosticFormat, diagnosticFormats, reportDiagnostics } from "./report/diagnostics.ts";
import { formatOption } from "./report/format-option.ts";
import { counted } from "./report/text.ts";

/** `policy check`: exit code 1 where there is an error; warnings alone are no failure. */
export function registerCheck(program: Command): void {
  program
    .command("check")
    .description("Report every mistake in policy files at once. Exit code 1 where there is an error.")
    .argument("[paths...]", "policy files or folders", ["policies"])
    .addOption(formatOption(diagnosticFormats))
    .action((paths: string[], { format }: { format: DiagnosticFormat }) => {
      const { folder, diagnostics } = compileFiles(paths, true);
      const report = reportDiagnostics(format, diagnostics, folder.sources, process.stdout.isTTY);
      if (report !== "") console.log(report);
      const errors = diagnostics.filter((diagnostic) => diagnostic.severity === "error").length;
      if (format === "pretty" || format === "github") {
        const mistakes = `${counted(errors, "error")}, ${counted(diagnostics.length - errors, "warning")}`;
        console.log(`${counted(folder.sources.length, "file")} checked: ${mistakes}`);
      }
      process.exitCode = errors > 0 ? exitCodes.failed : exitCodes.ok;
    });
}
