/** A user's mistake in a policy: data, never thrown. All mistakes of a run are reported at once. */
export interface Diagnostic {
  /** Stable code with a page in the documentation: `P1xx` syntax, `P2xx` names, `P3xx` types, `P4xx` lint. */
  readonly code: string;
  readonly severity: "error" | "warning";
  /** Lower case, input in backticks, no full stop. */
  readonly message: string;
  readonly span: Span;
  /** What to do next, such as "did you mean `drop_table`?". */
  readonly help?: string;
}

/** A place in a source file. Offsets are UTF-16 code units from 0, end exclusive; line and column count from 1. */
export interface Span {
  readonly file: string;
  readonly start: number;
  readonly end: number;
  readonly line: number;
  readonly column: number;
}

export interface SourceFile {
  /** Path as the user wrote it; used in diagnostics and rule ids. */
  readonly path: string;
  readonly text: string;
}
