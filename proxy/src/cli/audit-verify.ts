import { createPublicKey, type KeyObject } from "node:crypto";
import { readFileSync } from "node:fs";
import { endedFiles } from "../audit/ended-files.ts";
import { sealStart } from "../audit/chain.ts";
import { escapeForTerminal } from "../audit/escape.ts";
import type { CheckedFile, Finding, TrustedKeys } from "../audit/file-check.ts";
import { trustedKeys, verifyAuditFiles } from "../audit/verify.ts";
import { cannotRead, errorCode, errorMessage } from "../config/system-error.ts";
import { CommandError, exitCodes } from "./exit-codes.ts";

export interface VerifyOptions {
  readonly key?: readonly string[];
  readonly kept?: string;
}

/** `policy-proxy audit verify`. Sets the exit code when something is wrong. */
export function verify(files: readonly string[], options: VerifyOptions): void {
  const keys = readKeys(options.key ?? []);
  const kept = options.kept === undefined ? [] : readSeals(options.kept);
  const [only = ""] = files;
  const all = files.length > 1 ? files : [...readable(only, endedFiles), only];
  const { files: checked, problems, notes } = readable(all.join(", "), () => verifyAuditFiles(all, keys, kept));
  for (const each of checked) print(describe(each));
  for (const each of notes) print(`note: ${place(each)}: ${each.message}`);
  for (const each of problems) print(`WRONG: ${place(each)}: ${each.message}`);
  if (keys.size === 0) {
    print(
      "note: no key was given: whoever could write the files could have made these seals, too. Give the public key with --key",
    );
  }
  if (problems.length === 0) {
    print("nothing is wrong");
    return;
  }
  print(`${problems.length} ${problems.length === 1 ? "thing is" : "things are"} wrong`);
  process.exitCode = exitCodes.tampered;
}

function describe({ file, segment, lines, seals, sealed }: CheckedFile): string {
  const name = segment === undefined ? "" : ` segment ${segment.segment},`;
  return `${file}:${name} ${lines} lines, ${seals} seals, which vouch for ${sealed} of them`;
}

function place({ file, line }: Finding): string {
  return line === undefined ? file : `${file}:${line}`;
}

function print(line: string): void {
  process.stdout.write(`${escapeForTerminal(line)}\n`);
}

function readKeys(files: readonly string[]): TrustedKeys {
  const keys: KeyObject[] = [];
  for (const file of files) {
    const pem = readable(file, (path) => readFileSync(path, "utf8"));
    try {
      keys.push(createPublicKey(pem));
      trustedKeys(keys);
    } catch (error) {
      throw new CommandError(`${file} is no public key to check seals with: ${errorMessage(error)}`, exitCodes.misuse);
    }
  }
  return trustedKeys(keys);
}

function readSeals(file: string): string[] {
  return readable(file, (path) => readFileSync(path, "utf8"))
    .split("\n")
    .filter((line) => line.startsWith(sealStart));
}

function readable<T>(file: string, read: (file: string) => T): T {
  try {
    return read(file);
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    throw new CommandError(`${file} ${cannotRead(error)}`, exitCodes.misuse);
  }
}
