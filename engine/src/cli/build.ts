import { writeFileSync } from "node:fs";
import { basename } from "node:path";
import { compile, formatDiagnostics } from "@penstock/language";
import type { Command } from "commander";
import { relocate, writeBundle } from "../bundle/bundle.ts";
import { errorMessage } from "../bundle/error-message.ts";
import { exitCodes, UsageError } from "./exit-codes.ts";
import { compileFiles } from "./program-files.ts";
import { readTextFile } from "./read-text-file.ts";

interface BuildOptions {
  readonly output: string;
  readonly key?: string;
  readonly unsigned?: true;
  readonly name?: string;
}

/** `policy build`: policies and data as one signed file. */
export function registerBuild(program: Command): void {
  program
    .command("build")
    .description("Check policies and write them as a signed bundle; the same sources give the same bytes.")
    .argument("[paths...]", "policy files or folders", ["policies"])
    .requiredOption("-o, --output <file>", "the bundle to write, such as policies.tar.gz")
    .option("--key <file>", "private key made by `policy keygen`")
    .option("--unsigned", "write without a signature, for development")
    .option("--name <name>", "name in the manifest; the first path's name when left out")
    .action(async (paths: string[], options: BuildOptions) => {
      if ((options.key === undefined) === (options.unsigned === undefined)) {
        throw new UsageError("give either `--key FILE` (made by `policy keygen`) or, for development, `--unsigned`");
      }
      const { folder, diagnostics } = compileFiles(paths, false);
      if (diagnostics.length > 0)
        console.error(formatDiagnostics(diagnostics, folder.sources, { color: process.stderr.isTTY }));
      if (diagnostics.some((diagnostic) => diagnostic.severity === "error")) {
        process.exitCode = exitCodes.failed;
        return;
      }
      const key = options.key === undefined ? undefined : readTextFile(options.key);
      const { bytes, revision } = await bundleOf(paths, folder, options.name ?? basename(paths[0] ?? "policies"), key);
      writeFileSync(options.output, bytes);
      console.log(
        `wrote ${options.output}: revision ${revision}, ${folder.sources.length} files, ${bytes.length} bytes${key === undefined ? ", NOT SIGNED" : ""}`,
      );
    });
}

async function bundleOf(
  paths: readonly string[],
  folder: Parameters<typeof relocate>[0],
  name: string,
  key: string | undefined,
): Promise<{ readonly bytes: Buffer; readonly revision: string }> {
  try {
    const relocated = relocate(folder, paths);
    const { program: compiled } = compile({ sources: relocated.sources, data: relocated.data });
    if (compiled === undefined) throw new Error("the sources compile where they are and not in the bundle");
    return { bytes: await writeBundle(relocated, name, compiled.revision, key), revision: compiled.revision };
  } catch (error) {
    throw new UsageError(errorMessage(error), { cause: error });
  }
}
