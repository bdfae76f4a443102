import { codes, explain, isCode, nearest } from "@penstock/language";
import type { Command } from "commander";
import { catalogNames } from "../catalog/catalog-names.ts";
import { checkMasksByLabel } from "../decide/label-masks.ts";
import { exitCodes, UsageError } from "./exit-codes.ts";
import { compileFiles, readCatalog } from "./program-files.ts";
import { type DiagnosticFormat, diagnosticFormats, reportDiagnostics } from "./report/diagnostics.ts";
import { formatOption } from "./report/format-option.ts";
import { counted } from "./report/text.ts";

interface CheckOptions {
  readonly format: DiagnosticFormat;
  readonly strict: boolean;
  readonly catalog?: string;
  readonly explain?: string;
}

/** `policy check`: exit code 1 where there is an error; warnings alone are no failure but under `--strict`. */
export function registerCheck(program: Command): void {
  program
    .command("check")
    .description("Report every mistake in policy files at once. Exit code 1 where there is an error.")
    .argument("[paths...]", "policy files or folders", ["policies"])
    .addOption(formatOption(diagnosticFormats))
    .option("--strict", "fail on warnings too", false)
    .option("--catalog <file>", "catalog fixture (JSON): tables and columns that policies name must be in it")
    .option("--explain <code>", "print what a code such as P312 means, with examples, and check nothing")
    .action((paths: string[], options: CheckOptions) => {
      if (options.explain !== undefined) return explainCode(options.explain);
      return check(paths, options);
    });
}

function check(paths: readonly string[], { format, strict, catalog }: CheckOptions): void {
  const known = catalog === undefined ? undefined : readCatalog(catalog);
  const names = known === undefined ? {} : { catalog: catalogNames(known) };
  const { folder, result, diagnostics: compiled } = compileFiles(paths, true, { lint: true, ...names });
  const byLabel =
    known === undefined || result.program === undefined ? [] : checkMasksByLabel(folder.sources, result.program, known);
  const diagnostics = [...compiled, ...byLabel];
  const { silenced = [] } = result;
  const report = reportDiagnostics(format, { diagnostics, silenced }, folder.sources, process.stdout.isTTY);
  if (report !== "") console.log(report);
  const errors = diagnostics.filter((diagnostic) => diagnostic.severity === "error").length;
  const warnings = diagnostics.length - errors;
  if (format === "pretty" || format === "github") {
    console.log(
      `${counted(folder.sources.length, "file")} checked: ${counted(errors, "error")}, ${counted(warnings, "warning")}${silenced.length === 0 ? "" : `, ${silenced.length} ignored`}`,
    );
    const [first] = diagnostics;
    if (format === "pretty" && first !== undefined)
      console.log(`what a code means, with examples: policy check --explain ${first.code}`);
  }
  process.exitCode = errors > 0 || (strict && warnings > 0) ? exitCodes.failed : exitCodes.ok;
}

function explainCode(given: string): void {
  const code = given.toUpperCase();
  if (!isCode(code)) {
    const near = nearest(code, Object.keys(codes));
    throw new UsageError(`\`${given}\` is no code${near === undefined ? "" : `: did you mean \`${near}\`?`}`);
  }
  console.log(explain(code));
}
