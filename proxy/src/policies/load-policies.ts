import { readFileSync } from "node:fs";
import { createEnforcer, type Enforcer, readBundle, readPolicyFolder } from "@penstock/engine";
import { compile, type Diagnostic, formatDiagnostics, type SourceFile } from "@penstock/language";
import type { PoliciesConfig } from "../config/load-config.ts";
import { cannotRead, errorMessage } from "../config/system-error.ts";

export interface LoadedPolicies {
  readonly enforcer: Enforcer;
  readonly files: number;
  /** For the log: where they come from, who signed. */
  readonly origin: string;
  /** Printed as compilers do; empty where there are none. */
  readonly warnings: string;
}

export type PoliciesResult =
  | { readonly ok: true; readonly policies: LoadedPolicies }
  /** @param report for people: diagnostics with excerpts, or why a bundle is refused. */
  | { readonly ok: false; readonly report: string };

/** Reads, verifies and compiles policies. Never throws: whatever goes wrong is in the report. */
export async function loadPolicies(config: PoliciesConfig): Promise<PoliciesResult> {
  try {
    return config.kind === "folder" ? loadFolder(config.paths) : await loadBundle(config);
  } catch (error) {
    return { ok: false, report: `the policies could not be loaded: ${errorMessage(error)}` };
  }
}

function loadFolder(paths: readonly string[]): PoliciesResult {
  const folder = readPolicyFolder(paths, false);
  if (folder.problems.length > 0) {
    // A file that cannot be read may be the one that denies: the others alone are not the policy.
    return { ok: false, report: folder.problems.map(({ path, message }) => `${path}: error: ${message}`).join("\n") };
  }
  return compileAll(folder.sources, folder.data, paths.join(", "));
}

async function loadBundle(config: Extract<PoliciesConfig, { kind: "bundle" }>): Promise<PoliciesResult> {
  let bytes: Buffer;
  try {
    bytes = readFileSync(config.file);
  } catch (error) {
    return { ok: false, report: `${config.file}: error: ${cannotRead(error)}` };
  }
  const { trustedKeys } = config;
  const trust =
    trustedKeys.length === 0 ? ({ kind: "unsigned" } as const) : ({ kind: "keys", publicKeys: trustedKeys } as const);
  const read = await readBundle(bytes, trust);
  if (!read.ok) {
    const help = "build it again with `policy build -o FILE --key KEY`, and look at it with `policy verify`";
    return { ok: false, report: `${config.file}: error: the bundle is refused: ${read.problem}\n  help: ${help}` };
  }
  const { manifest, folder, signedBy } = read.bundle;
  const origin = `${config.file} (${manifest.name}, ${signedBy === undefined ? "not verified" : `signed by key ${signedBy}`})`;
  return compileAll(folder.sources, folder.data, origin);
}

function compileAll(sources: readonly SourceFile[], data: unknown, origin: string): PoliciesResult {
  const { program, diagnostics } = compile({ sources, data });
  const print = (some: readonly Diagnostic[]) => (some.length === 0 ? "" : formatDiagnostics(some, sources));
  if (program === undefined) return { ok: false, report: print(diagnostics) };
  const policies = { enforcer: createEnforcer(program), files: sources.length, origin, warnings: print(diagnostics) };
  return { ok: true, policies };
}
