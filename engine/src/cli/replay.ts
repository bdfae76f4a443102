import { existsSync, readFileSync, statSync } from "node:fs";
import { compile, formatDiagnostics, type Program } from "@penstock/language";
import type { Command } from "commander";
import { readBundle } from "../bundle/bundle.ts";
import { errorMessage } from "../bundle/error-message.ts";
import type { Catalog } from "../catalog/catalog.ts";
import { createEnforcer } from "../decide/enforcer.ts";
import { SharedTexts } from "../decide/prepared-text.ts";
import { replay, type ReplayResult } from "../replay/replay.ts";
import { exitCodes, UsageError } from "./exit-codes.ts";
import { compileFiles, readCatalog } from "./program-files.ts";
import { readBytes, readTextFile } from "./read-text-file.ts";
import { formatOption } from "./report/format-option.ts";
import { printReplay, replayJson } from "./report/replay.ts";

interface ReplayOptions {
  readonly against: string;
  readonly with: string;
  readonly catalog: readonly string[];
  readonly key: readonly string[];
  readonly format: "pretty" | "json";
}

const collect = (value: string, all: readonly string[]) => [...all, value];

/** `policy replay`: exit code 0 where nothing changes, 1 where something does. */
export function registerReplay(program: Command): void {
  program
    .command("replay")
    .description(
      "Decide recorded statements under two versions of the policies, and show what changes for whom. Exit code 1 where something does.",
    )
    .argument("<traffic...>", "audit files of the proxy, in the order in which they were written; .gz too")
    .requiredOption("--against <path>", "the version before: a folder, a file or a bundle")
    .requiredOption("--with <path>", "the version after")
    .option(
      "--catalog <file>",
      "the schema, as `policy-proxy catalog` prints it; for several targets TARGET=FILE, several times",
      collect,
      [],
    )
    .option("--key <file>", "a public key that must have signed bundles, may be given several times", collect, [])
    .addOption(formatOption(["pretty", "json"]))
    .action(async (files: string[], options: ReplayOptions) => {
      for (const file of files)
        if (!existsSync(file) || statSync(file).isDirectory()) throw new UsageError(`\`${file}\` is no audit file`);
      if (options.catalog.length === 0)
        throw new UsageError("give the schema: `--catalog FILE`, which `policy-proxy catalog TARGET` prints");
      const catalogOf = catalogsOf(options.catalog);
      const before = await programAt(options.against, options.key);
      const after = await programAt(options.with, options.key);
      const result = await replayFiles(files, before, after, catalogOf);
      if (result.traffic.statements === 0)
        throw new UsageError(`no statement is recorded in ${files.join(", ")}: name audit files of the proxy`);
      const reads = {
        parameters: before.reads.parameters || after.reads.parameters,
        time: before.reads.time || after.reads.time,
      };
      console.log(
        options.format === "json" ? JSON.stringify(replayJson(result, reads), null, 2) : printReplay(result, reads),
      );
      process.exitCode = result.changed > 0 ? exitCodes.failed : exitCodes.ok;
    });
}

async function replayFiles(
  files: readonly string[],
  before: Program,
  after: Program,
  catalogOf: (target: string) => Catalog | undefined,
): Promise<ReplayResult> {
  try {
    const options = { hints: false, texts: new SharedTexts() };
    return await replay(files, createEnforcer(before, options), createEnforcer(after, options), catalogOf);
  } catch (error) {
    throw new UsageError(`the traffic cannot be read: ${errorMessage(error)}`, { cause: error });
  }
}

/** `FILE` serves every target, `TARGET=FILE` that one. */
function catalogsOf(given: readonly string[]): (target: string) => Catalog | undefined {
  const named = new Map<string, Catalog>();
  let any: Catalog | undefined;
  for (const each of given) {
    const [, target, file] = /^([^=/\\]+)=(.*)$/s.exec(each) ?? [];
    if (target === undefined || file === undefined) any = readCatalog(each);
    else named.set(target, readCatalog(file));
  }
  return (target) => named.get(target) ?? any;
}

/** @throws UsageError for policies with mistakes: nothing can be said about what they would change */
async function programAt(path: string, keys: readonly string[]): Promise<Program> {
  const isBundle = existsSync(path) && statSync(path).isFile() && isGzip(path);
  if (!isBundle) {
    const { folder, result, diagnostics } = compileFiles([path], false);
    const errors = diagnostics.filter(({ severity }) => severity === "error");
    if (result.program !== undefined && errors.length === 0) return result.program;
    throw new UsageError(`the policies in ${path} have mistakes\n${formatDiagnostics(errors, folder.sources)}`);
  }
  const trust =
    keys.length === 0
      ? ({ kind: "unsigned" } as const)
      : ({ kind: "keys", publicKeys: keys.map(readTextFile) } as const);
  const read = await readBundle(readBytes(path), trust);
  if (!read.ok) throw new UsageError(`\`${path}\` is refused: ${read.problem}`);
  const { sources, data } = read.bundle.folder;
  const { program, diagnostics } = compile({ sources, data });
  if (program !== undefined) return program;
  throw new UsageError(`the policies in ${path} have mistakes\n${formatDiagnostics(diagnostics, sources)}`);
}

function isGzip(path: string): boolean {
  return readFileSync(path)
    .subarray(0, 2)
    .equals(Buffer.from([0x1f, 0x8b]));
}
