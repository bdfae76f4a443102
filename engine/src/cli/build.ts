import { basename, join, resolve } from "node:path";
import { compile, formatDiagnostics, toRego } from "@penstock/language";
import { type Command, Option } from "commander";
import { relocate, writeBundle } from "../bundle/bundle.ts";
import { errorMessage } from "../bundle/error-message.ts";
import type { PolicyFolder } from "../bundle/policy-folder.ts";
import { writeModule } from "../standalone/write-module.ts";
import { exitCodes, UsageError } from "./exit-codes.ts";
import { compileFiles } from "./program-files.ts";
import { readTextFile } from "./read-text-file.ts";
import { counted } from "./report/text.ts";
import { writeOutput } from "./write-output.ts";

interface BuildOptions {
  readonly output?: string;
  readonly target: "bundle" | "rego" | "js";
  readonly key?: string;
  readonly unsigned?: true;
  readonly name?: string;
  readonly sequence?: number;
}

/** `policy build`: policies and data as one signed file. */
export function registerBuild(program: Command): void {
  program
    .command("build")
    .description(
      "Check policies and write them as a signed bundle, as plain Rego, or as one JavaScript module; the same sources give the same bytes.",
    )
    .argument("[paths...]", "policy files or folders", ["policies"])
    .addOption(
      new Option(
        "--target <what>",
        "`bundle` for a proxy; `rego`: each decision statement as the plain Rego rule that defines it; `js`: a module that decides by itself, for other programs",
      )
        .choices(["bundle", "rego", "js"])
        .default("bundle"),
    )
    .option(
      "-o, --output <path>",
      "what to write: a file such as policies.tar.gz or policies.js, for Rego a folder (left out, it is printed)",
    )
    .option("--key <file>", "private key made by `policy keygen`")
    .option("--unsigned", "write without a signature, for development")
    .option("--name <name>", "name in the manifest; the first path's name when left out")
    .option("--sequence <number>", "orders bundles: a proxy takes no lower one after a higher one", sequenceOf)
    .action(async (paths: string[], options: BuildOptions) => {
      checkOptions(options);
      const { folder, diagnostics } = compileFiles(paths, false);
      if (diagnostics.length > 0)
        console.error(formatDiagnostics(diagnostics, folder.sources, { color: process.stderr.isTTY }));
      if (diagnostics.some((diagnostic) => diagnostic.severity === "error")) process.exitCode = exitCodes.failed;
      else if (options.target === "rego") writeRego(paths, folder, options.output);
      else if (options.target === "js") await writeModuleFiles(paths, folder, options.output ?? "");
      else await writeBundleFile(paths, folder, options);
    });
}

function checkOptions({ target, output, key, unsigned, sequence, name }: BuildOptions): void {
  if (target !== "bundle") {
    const given = Object.entries({ key, unsigned, sequence, name }).find(([, value]) => value !== undefined)?.[0];
    const what = { rego: "Rego is text", js: "a module is text" }[target];
    if (given !== undefined) throw new UsageError(`\`--${given}\` belongs to a bundle: ${what}`);
    if (target === "js" && !/\.m?js$/.test(output ?? "")) {
      throw new UsageError("give the file to write, which ends in `.js` or `.mjs`: `-o policies.js`");
    }
    return;
  }
  if (output === undefined) throw new UsageError("give the file to write: `-o policies.tar.gz`");
  if ((key === undefined) === (unsigned === undefined)) {
    throw new UsageError("give either `--key FILE` (made by `policy keygen`) or, for development, `--unsigned`");
  }
}

function writeRego(paths: readonly string[], folder: PolicyFolder, output: string | undefined): void {
  const { files, diagnostics } = toRego(relocated(folder, paths).sources);
  if (diagnostics.length > 0) {
    console.error(formatDiagnostics(diagnostics, folder.sources, { color: process.stderr.isTTY }));
    process.exitCode = exitCodes.failed;
    return;
  }
  const named = files.map(({ path, text }) => ({ path: path.replace(/^sources\//, ""), text }));
  if (output === undefined) {
    console.log(named.map(({ path, text }) => `# ${path}\n\n${text.trimEnd()}`).join("\n\n"));
    return;
  }
  for (const { path, text } of named) {
    writeOutput(join(output, path), text);
  }
  console.log(`wrote ${counted(named.length, "file")} of Rego to ${output}`);
}

/** Beside the module, its source map. */
async function writeModuleFiles(paths: readonly string[], folder: PolicyFolder, output: string): Promise<void> {
  const { files, diagnostics } = await writeModule(relocated(folder, paths), `${basename(output)}.map`);
  if (files === undefined) {
    const [first] = diagnostics;
    throw new Error(`the sources compile where they are and not as a module: ${first?.message ?? ""}`);
  }
  writeOutput(output, files.code);
  writeOutput(`${output}.map`, files.map);
  const bytes = Buffer.byteLength(files.code);
  console.log(`wrote ${output}: revision ${files.revision}, ${counted(folder.sources.length, "file")}, ${bytes} bytes`);
}

async function writeBundleFile(paths: readonly string[], folder: PolicyFolder, options: BuildOptions): Promise<void> {
  const { output = "" } = options;
  const key = options.key === undefined ? undefined : readTextFile(options.key);
  const { bytes, revision } = await bundleOf(paths, folder, key, options);
  writeOutput(output, bytes);
  console.log(
    `wrote ${output}: revision ${revision}, ${folder.sources.length} files, ${bytes.length} bytes${key === undefined ? ", NOT SIGNED" : ""}`,
  );
}

function sequenceOf(text: string): number {
  const sequence = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(sequence)) throw new UsageError("`--sequence` needs a whole number, 0 or more");
  return sequence;
}

async function bundleOf(
  paths: readonly string[],
  folder: PolicyFolder,
  key: string | undefined,
  { name = basename(resolve(paths[0] ?? "policies")), sequence }: BuildOptions,
): Promise<{ readonly bytes: Buffer; readonly revision: string }> {
  const { sources, data } = relocated(folder, paths);
  const { program: compiled } = compile({ sources, data });
  if (compiled === undefined) throw new Error("the sources compile where they are and not in the bundle");
  const { revision } = compiled;
  try {
    return { bytes: await writeBundle({ sources, data, problems: [] }, name, revision, key, sequence), revision };
  } catch (error) {
    throw new UsageError(errorMessage(error), { cause: error });
  }
}

function relocated(folder: PolicyFolder, paths: readonly string[]): PolicyFolder {
  try {
    return relocate(folder, paths);
  } catch (error) {
    throw new UsageError(errorMessage(error), { cause: error });
  }
}
