import { type Diagnostic, diagnostic, type SourceFile } from "./diagnostics.ts";

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
    return refused(tooLarge(sources));
  }
}

function tooLarge(sources: readonly SourceFile[]): Diagnostic {
  const largest = sources.toSorted((a, b) => b.text.length - a.text.length)[0]?.path ?? "";
  return diagnostic(
    "P103",
    "an expression or a rule has too many parts",
    { file: largest, start: 0, end: 1, line: 1, column: 1 },
    "put lists of values into `data`, and split long conditions into rules",
  );
}
