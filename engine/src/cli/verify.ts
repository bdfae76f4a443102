import type { Command } from "commander";
import { digestsOf, readBundle, relocate } from "../bundle/bundle.ts";
import { readPolicyFolder } from "../bundle/policy-folder.ts";
import { exitCodes, UsageError } from "./exit-codes.ts";
import { readBytes, readTextFile } from "./read-text-file.ts";

interface VerifyOptions {
  readonly key: readonly string[];
  readonly source: readonly string[];
}

const collect = (value: string, all: readonly string[]) => [...all, value];

/** `policy verify`: whether a bundle is what somebody signed, and was built from these files. */
export function registerVerify(program: Command): void {
  program
    .command("verify")
    .description("Check signature and digests of a bundle, and with --source that it was built from those files.")
    .argument("<file>", "the bundle")
    .option("--key <file>", "a public key that may have signed, may be given several times", collect, [])
    .option("--source <path>", "file or folder it should have been built from, may be given several times", collect, [])
    .action(async (file: string, options: VerifyOptions) => {
      if (options.key.length === 0) throw new UsageError("give the public key that must have signed: `--key FILE`");
      const result = await readBundle(readBytes(file), { kind: "keys", publicKeys: options.key.map(readTextFile) });
      const problems = result.ok ? differences(result.bundle.manifest.members, options.source) : [result.problem];
      for (const problem of problems) console.error(`policy: \`${file}\`: ${problem}`);
      process.exitCode = problems.length > 0 ? exitCodes.failed : exitCodes.ok;
      if (!result.ok || problems.length > 0) return;
      const { manifest, signedBy, folder } = result.bundle;
      const sequence = manifest.sequence === undefined ? "" : `, sequence ${manifest.sequence}`;
      const built = options.source.length > 0 ? `, built from ${options.source.join(" ")}` : "";
      console.log(
        `${file}: ${manifest.name}, revision ${manifest.revision}${sequence}, ${folder.sources.length} files, signed by key ${signedBy ?? ""}${built}`,
      );
    });
}

/** What differs between a manifest and the files that it should have been made from; nothing when no files are given. */
function differences(built: Readonly<Record<string, string>>, paths: readonly string[]): string[] {
  if (paths.length === 0) return [];
  const folder = readPolicyFolder(paths, false);
  if (folder.problems.length > 0) return folder.problems.map(({ path, message }) => `\`${path}\` ${message}`);
  const expected = digestsOf(relocate(folder, paths));
  const names = [...new Set([...Object.keys(built), ...Object.keys(expected)])].sort();
  return names.flatMap((name) => {
    if (built[name] === expected[name]) return [];
    if (built[name] === undefined) return [`\`${name}\` is in the sources and not in the bundle`];
    if (expected[name] === undefined) return [`\`${name}\` is in the bundle and not in the sources`];
    return [`\`${name}\` differs from the sources`];
  });
}
