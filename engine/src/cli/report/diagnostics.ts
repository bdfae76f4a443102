/** Mistakes in policies, in each format that commands offer for them. */
import { type Diagnostic, formatDiagnostics, type Silenced, type SourceFile } from "@penstock/language";
import { penstockVersion } from "../version.ts";
import { workflowCommand } from "./github.ts";
import { toSarif } from "./sarif.ts";

export const diagnosticFormats = ["pretty", "json", "sarif", "github"] as const;
export type DiagnosticFormat = (typeof diagnosticFormats)[number];

interface Found {
  readonly diagnostics: readonly Diagnostic[];
  /** Only the formats for programs have them. */
  readonly silenced?: readonly Silenced[];
}

/**
 * The report's text, without a final line break; in `pretty` and `github` the empty string for no diagnostics.
 * @param sources the files that were compiled: excerpts and the ends of regions come from them
 */
export function reportDiagnostics(
  format: DiagnosticFormat,
  { diagnostics, silenced = [] }: Found,
  sources: readonly SourceFile[],
  color: boolean,
): string {
  switch (format) {
    case "pretty":
      return formatDiagnostics(diagnostics, sources, { color });
    case "json":
      return JSON.stringify({ diagnostics, silenced }, undefined, 2);
    case "sarif":
      return JSON.stringify(toSarif(diagnostics, silenced, sources, penstockVersion), undefined, 2);
    case "github":
      return diagnostics.map(annotation).join("\n");
  }
}

function annotation({ code, severity, message, span, help }: Diagnostic): string {
  return workflowCommand({
    level: severity,
    file: span.file,
    line: span.line,
    column: span.column,
    title: code,
    message: help === undefined ? message : `${message}\n${help}`,
  });
}
