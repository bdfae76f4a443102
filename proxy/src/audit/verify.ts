/** Whether files of the audit log are what the proxy has written: see `chain.ts` for what vouches for what. */
import type { KeyObject } from "node:crypto";
import { keyId, parseSeal } from "./chain.ts";
import { type CheckedFile, FileCheck, type Finding, type TrustedKeys } from "./file-check.ts";

export interface Verification {
  /** In the order of the chain. */
  readonly files: readonly CheckedFile[];
  readonly problems: readonly Finding[];
  /** What is no sign of tampering, and could hide it. */
  readonly notes: readonly Finding[];
}

/** @throws when one is no Ed25519 key */
export function trustedKeys(keys: readonly KeyObject[]): TrustedKeys {
  return new Map(keys.map((key) => [keyId(key), key]));
}

/**
 * @param files of one log, in any order
 * @param keys none, when signatures are not to be checked
 * @param witnesses lines of seals that were kept elsewhere: each must be in the files
 */
export function verifyAuditFiles(
  files: readonly string[],
  keys: TrustedKeys,
  witnesses: readonly string[] = [],
): Verification {
  const missing = new Set(witnesses);
  const checks = files.map((file) => new FileCheck(file, keys, missing)).toSorted((a, b) => a.number - b.number);
  const problems = checks.flatMap((check) => check.problems);
  const notes = checks.flatMap((check) => check.notes);
  for (const [index, check] of checks.entries()) {
    const before = checks[index - 1];
    const found = before === undefined ? undefined : linkProblem(before, check);
    if (found !== undefined) problems.push(found);
  }
  const [first] = checks;
  if (first?.segment !== undefined && first.number > 1) {
    notes.push({
      file: first.file,
      line: undefined,
      message: `it is segment ${first.number}: those before it are not here`,
    });
  }
  for (const line of missing) {
    const seal = parseSeal(line);
    const what =
      seal === undefined
        ? "what is no seal"
        : `the seal of segment ${seal.segment} behind line ${seal.lines}, of ${seal.time}`;
    problems.push({
      file: first?.file ?? "",
      line: undefined,
      message: `${what}, which was kept elsewhere, is not in the log: it was cut or written anew`,
    });
  }
  return { files: checks, problems, notes };
}

function linkProblem(before: FileCheck, after: FileCheck): Finding | undefined {
  const at = { file: after.file, line: 1 };
  if (after.segment === undefined || before.segment === undefined) return undefined;
  if (after.segment.chain !== before.segment.chain)
    return { ...at, message: `it is of another log than ${before.file}` };
  if (after.number === before.number) return { ...at, message: `${before.file} is segment ${before.number} as well` };
  if (after.number > before.number + 1) {
    const gap =
      after.number - 1 === before.number + 1
        ? `segment ${after.number - 1}`
        : `segments ${before.number + 1} to ${after.number - 1}`;
    return { ...at, message: `${gap}, between this file and ${before.file}, is missing` };
  }
  if (before.lastSeal?.last !== true)
    return { ...at, message: `${before.file} was cut: its last line is not the seal that a file ends with` };
  if (after.segment.previous !== before.lastSeal.hash)
    return { ...at, message: `it does not go on from the end of ${before.file}: one of both was replaced` };
  return undefined;
}
