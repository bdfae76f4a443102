/** A mistake in a configuration file: data, never thrown. All mistakes of a file are reported at once. */
export interface ConfigProblem {
  readonly file: string;
  /** From 1; `undefined` where the file as a whole is meant, such as one that does not exist. */
  readonly line: number | undefined;
  readonly column: number | undefined;
  /** Lower case, input in backticks, no full stop; never shows a secret. */
  readonly message: string;
  readonly help?: string | undefined;
}

/** One line a problem, as compilers print them, so that editors and terminals can jump there. */
export function formatProblems(problems: readonly ConfigProblem[]): string {
  return problems
    .map(({ file, line, column, message, help }) => {
      const place = line === undefined ? file : `${file}:${line}:${column ?? 1}`;
      return `${place}: error: ${message}${help === undefined ? "" : `\n  help: ${help}`}`;
    })
    .join("\n");
}
