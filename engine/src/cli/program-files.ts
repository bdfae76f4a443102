import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { compile, type CompileOptions, type CompileResult, type Diagnostic, diagnostic } from "@penstock/language";
import { type PolicyFolder, readPolicyFolder } from "../bundle/policy-folder.ts";
import type { Catalog } from "../catalog/catalog.ts";
import { parseCatalogFixture } from "../catalog/fixture.ts";
import { UsageError } from "./exit-codes.ts";

export interface CompiledFiles {
  readonly folder: PolicyFolder;
  readonly result: CompileResult;
  /** Of the compiler and of files that could not be read, together. */
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * @param withTests `_test.policy` files too
 * @param options what else is looked for, and whether to count what runs
 */
export function compileFiles(
  paths: readonly string[],
  withTests: boolean,
  options: Pick<CompileOptions, "coverage" | "lint" | "catalog"> = {},
): CompiledFiles {
  const { folder, unreadable } = policyFiles(paths, withTests);
  const result = compile({ sources: folder.sources, data: folder.data, ...options });
  return { folder, result, diagnostics: [...unreadable, ...result.diagnostics] };
}

/** @throws UsageError for a path that does not exist */
export function policyFiles(
  paths: readonly string[],
  withTests: boolean,
): { readonly folder: PolicyFolder; readonly unreadable: readonly Diagnostic[] } {
  for (const path of paths) {
    if (!existsSync(path)) throw new UsageError(`\`${path}\` does not exist: name a policy file or a folder of them`);
  }
  const folder = readPolicyFolder(paths, withTests);
  return { folder, unreadable: folder.problems.map(({ path, message }) => unreadableFile(path, message)) };
}

export function unreadableFile(path: string, message: string): Diagnostic {
  const span = { file: path, start: 0, end: 0, line: 1, column: 1 };
  return diagnostic("P001", `\`${path}\` ${message}`, span);
}

/** The catalog that a test file's `decide(sql)` uses: the nearest `testdata/catalog.json` in its folder or above. */
export function catalogFor(file: string): string | undefined {
  let folder = dirname(file);
  for (;;) {
    const candidate = join(folder, "testdata", "catalog.json");
    if (existsSync(candidate)) return candidate;
    const parent = dirname(folder);
    if (parent === folder) return undefined;
    folder = parent;
  }
}

export function readCatalog(path: string): Catalog {
  return parseCatalogFixture(parseJsonFile(path), path);
}

export function parseJsonFile(path: string): unknown {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new UsageError(`\`${path}\` cannot be read: ${(error as NodeJS.ErrnoException).code ?? String(error)}`, {
      cause: error,
    });
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UsageError(`\`${path}\` is not JSON: ${(error as Error).message}`, { cause: error });
  }
}
