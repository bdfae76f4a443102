import { statSync } from "node:fs";
import { type Diagnostic, formatDiagnostics, formatSource, printable, type SourceFile } from "@penstock/language";
import type { Command } from "commander";
import { createTwoFilesPatch, FILE_HEADERS_ONLY } from "diff";
import { readPolicyText } from "../bundle/policy-folder.ts";
import { exitCodes, UsageError } from "./exit-codes.ts";
import { policyFiles, unreadableFile } from "./program-files.ts";
import { counted } from "./report/text.ts";
import { writeAtomically } from "./write-atomically.ts";

interface FmtOptions {
  readonly write?: true;
  readonly check?: true;
  readonly diff?: true;
}

interface Files {
  readonly sources: readonly SourceFile[];
  readonly unreadable: readonly Diagnostic[];
  /** One file was named, or standard input: its text is what the user wants to see. */
  readonly isOne: boolean;
}

interface Formatting {
  readonly source: SourceFile;
  readonly text: string;
}

/** `policy fmt`: exit code 1 for files that cannot be formatted and, with `--check`, for files that are not. */
export function registerFmt(program: Command): void {
  program
    .command("fmt")
    .description("Show policy files in the one style, or write them so. Files with syntax errors are left as they are.")
    .argument("[paths...]", "policy files or folders; `-` for standard input", ["policies"])
    .option("-w, --write", "write the files that are not formatted")
    .option("--check", "list the files that are not formatted; exit code 1 where there is one")
    .option("--diff", "show what would change")
    .addHelpText(
      "after",
      "\nWithout an option one file is printed as it would be, and of several those are listed that would change.",
    )
    .action((paths: string[], options: FmtOptions) => run(read(paths, options), options));
}

function read(paths: readonly string[], { write, check, diff }: FmtOptions): Files {
  if (write === true && (check === true || diff === true)) {
    throw new UsageError("`--write` changes files, `--check` and `--diff` change none: give one or the other");
  }
  if (!paths.includes("-")) {
    const { folder, unreadable } = policyFiles(paths, true);
    // A file that two paths lead to is one file.
    const sources = [...new Map(folder.sources.map((source) => [source.path, source])).values()];
    const [only = ""] = paths;
    return { sources, unreadable, isOne: paths.length === 1 && !statSync(only).isDirectory() };
  }
  if (paths.length > 1 || write === true) {
    throw new UsageError("`-` is standard input: it stands alone, and what is read from it cannot be written back");
  }
  const path = "<stdin>";
  const text = readPolicyText(0);
  return typeof text === "string"
    ? { sources: [{ path, text }], unreadable: [], isOne: true }
    : { sources: [], unreadable: [unreadableFile(path, text.problem)], isOne: true };
}

function run({ sources, unreadable, isOne }: Files, options: FmtOptions): void {
  const diagnostics = [...unreadable];
  const formatted: Formatting[] = [];
  for (const source of sources) {
    const { text, diagnostics: mistakes } = formatSource(source);
    if (text === undefined) diagnostics.push(...mistakes);
    else formatted.push({ source, text });
  }
  const changing = formatted.filter(({ source, text }) => text !== source.text);
  const showsText = isOne && options.write !== true && options.check !== true && options.diff !== true;
  if (showsText) process.stdout.write(formatted[0]?.text ?? "");
  else if (options.diff === true) process.stdout.write(changing.map(patch).join(""));
  for (const formatting of showsText || options.diff === true ? [] : changing) {
    const failure = options.write === true ? writeBack(formatting) : undefined;
    if (failure === undefined) console.log(printable(formatting.source.path));
    else diagnostics.push(failure);
  }
  if (diagnostics.length > 0) console.error(formatDiagnostics(diagnostics, sources, { color: process.stderr.isTTY }));
  const broken = new Set(diagnostics.map(({ span }) => span.file)).size;
  // On standard error, so that what is on standard output can be piped.
  if (!showsText) console.error(summary(changing.length, formatted.length, broken, options));
  process.exitCode = broken > 0 || (options.check === true && changing.length > 0) ? exitCodes.failed : exitCodes.ok;
}

function writeBack({ source, text }: Formatting): Diagnostic | undefined {
  try {
    writeAtomically(source.path, text);
    return undefined;
  } catch (error) {
    return unreadableFile(source.path, `cannot be written: ${(error as NodeJS.ErrnoException).code ?? String(error)}`);
  }
}

function patch({ source, text }: Formatting): string {
  const path = printable(source.path);
  return createTwoFilesPatch(path, path, source.text, text, undefined, "formatted", {
    headerOptions: FILE_HEADERS_ONLY,
  });
}

function summary(changing: number, readable: number, broken: number, { write }: FmtOptions): string {
  const left = broken === 0 ? "" : `; ${counted(broken, "file")} left as ${broken === 1 ? "it is" : "they are"}`;
  if (changing === 0) return `${counted(readable, "file")} formatted already${left}`;
  if (write === true) return `${counted(changing, "file")} formatted, ${readable - changing} already${left}`;
  return `${changing} of ${counted(readable, "file")} not formatted: \`policy fmt -w\` writes them${left}`;
}
