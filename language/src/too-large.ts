/** Programs that are too large to be looked at: what is too large in one file, parse.ts says. */
import { type Diagnostic, diagnostic, type SourceFile } from "./diagnostics.ts";
import { programCharsMax, programFilesMax, statementsMax } from "./syntax/limits.ts";
import type { Module } from "./syntax/tree.ts";

/** Files of which there are too many, before they are read. */
export function tooManyFiles(sources: readonly SourceFile[]): Diagnostic | undefined {
  const help = "policies of other targets are another program; long lists belong into `data`";
  const beyond = sources[programFilesMax];
  if (beyond !== undefined) return atStart(beyond.path, `program has more than ${programFilesMax} files`, help);
  let chars = 0;
  const last = sources.find(({ text }) => (chars += text.length) > programCharsMax);
  return last && atStart(last.path, `program is longer than ${programCharsMax} characters`, help);
}

/** Statements of which all files together have too many. */
export function tooManyStatements(modules: readonly Module[]): Diagnostic | undefined {
  let statements = 0;
  const last = modules.find(
    ({ imports, rules, decisions }) =>
      (statements += imports.length + rules.length + decisions.filter(({ kind }) => kind !== "allow").length) >
      statementsMax,
  );
  const help = "put lists of values into `data`";
  return last && atStart(last.file, `program has more than ${statementsMax} statements`, help);
}

/** Runs what recurses over sources. Where they exhaust the stack, ours or that of V8's parser, that is a diagnostic about them. */
export function unlessTooLarge<Result>(
  sources: readonly SourceFile[],
  run: () => Result,
  refused: (diagnostic: Diagnostic) => Result,
): Result {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const [largest] = sources.toSorted((a, b) => b.text.length - a.text.length);
    return refused(
      atStart(
        largest?.path ?? "",
        "a rule has too many parts, or needs others that need others too often",
        "put lists of values into `data`, and split long conditions into rules",
      ),
    );
  }
}

function atStart(file: string, message: string, help: string): Diagnostic {
  return diagnostic("P103", message, { file, start: 0, end: 1, line: 1, column: 1 }, help);
}
