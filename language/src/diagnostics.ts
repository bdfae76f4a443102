import { type Code, codes } from "./codes/codes.ts";

/** A user's mistake in a policy: data, never thrown. All mistakes of a run are reported at once. */
export interface Diagnostic {
  /** Stable; docs/diagnostics.md has a section for each. */
  readonly code: string;
  readonly severity: "error" | "warning";
  /** Lower case, input in backticks, no full stop. */
  readonly message: string;
  readonly span: Span;
  /** What to do next, such as "did you mean `drop_table`?". */
  readonly help?: string;
  /** What would mend it, where that is certain enough to be offered as one step. */
  readonly fix?: Fix;
}

/** `text` takes the place of `span`. */
export interface Fix {
  readonly span: Span;
  readonly text: string;
}

/** What to do about a mistake. */
export interface Advice {
  readonly help: string;
  readonly fix?: Fix;
}

export function diagnostic(code: Code, message: string, span: Span, advice?: string | Advice): Diagnostic {
  const more = typeof advice === "string" ? { help: advice } : advice;
  return { code, severity: codes[code].severity, message, span, ...more };
}

export type Report = (code: Code, message: string, span: Span, advice?: string | Advice) => void;

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
