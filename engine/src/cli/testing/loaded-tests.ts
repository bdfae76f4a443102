import type { Diagnostic, Program, SourceFile, TestCase } from "@penstock/language";
import { compileFiles } from "../program-files.ts";
import type { TestSettings } from "./test-settings.ts";

export interface LoadedTests {
  readonly sources: readonly SourceFile[];
  /** Errors; where there are any, there is no program. */
  readonly errors: readonly Diagnostic[];
  readonly program: Program | undefined;
  /** The selected tests by file. */
  readonly files: ReadonlyMap<string, readonly TestCase[]>;
  /** How long it took. */
  readonly milliseconds: number;
}

/** Compiles the policies and chooses tests; the same selection gives the same files in every thread. */
export function loadTests({ paths, run, coverage }: Pick<TestSettings, "paths" | "run" | "coverage">): LoadedTests {
  const started = performance.now();
  const { folder, result, diagnostics } = compileFiles(paths, true, { coverage });
  const errors = diagnostics.filter(({ severity }) => severity === "error");
  const program = errors.length === 0 ? result.program : undefined;
  const isSelected = run === undefined ? () => true : matcher(run);
  const selected = (program?.tests ?? []).filter(({ name, rule }) => isSelected(`${rule.package}.${name}`));
  const inOrder = selected.toSorted((a, b) => a.rule.line - b.rule.line);
  const byFile = Map.groupBy(inOrder, ({ rule }) => rule.file);
  const order = folder.sources.map(({ path }) => path).filter((path) => byFile.has(path));
  return {
    sources: folder.sources,
    errors,
    program,
    files: new Map(order.map((path) => [path, byFile.get(path) ?? []])),
    milliseconds: performance.now() - started,
  };
}

function matcher(run: string): (name: string) => boolean {
  const pattern = asPattern(run);
  return (name) => name.includes(run) || pattern?.test(name) === true;
}

function asPattern(run: string): RegExp | undefined {
  try {
    return new RegExp(run, "u");
  } catch {
    return undefined;
  }
}
