/** Diagnostics for people: an excerpt with a caret. */
import type { Diagnostic, SourceFile } from "./diagnostics.ts";
import { printable } from "./printable.ts";

export interface FormatOptions {
  /** ANSI colours, for a terminal. */
  readonly color?: boolean;
}

/** Longest source line that is shown whole; a longer one is cut around the caret. */
const excerptCharsMax = 160;

/**
 * @param sources the files that were compiled: the excerpts come from them
 * @returns text without a final line break; the empty string for no diagnostics
 */
export function formatDiagnostics(
  diagnostics: readonly Diagnostic[],
  sources: readonly SourceFile[],
  options: FormatOptions = {},
): string {
  const texts = new Map(sources.map(({ path, text }) => [path, text] as const));
  return diagnostics
    .map((diagnostic) => pretty(diagnostic, texts.get(diagnostic.span.file), options.color === true))
    .join("\n\n");
}

function pretty({ code, severity, message, span, help }: Diagnostic, text: string | undefined, color: boolean): string {
  const paint = (style: string, part: string): string => (color ? `\u001b[${style}m${part}\u001b[0m` : part);
  const severityStyle = severity === "error" ? "1;31" : "1;33";
  const lines = [
    `${paint(severityStyle, `${severity}[${code}]`)}: ${paint("1", printable(message))}`,
    `${paint("34", "  -->")} ${printable(span.file)}:${span.line}:${span.column}`,
  ];
  const source = text?.split("\n")[span.line - 1];
  if (source !== undefined)
    lines.push(...excerpt(source.replace(/\r$/, ""), span, (part) => paint(severityStyle, part)));
  if (help !== undefined) lines.push(`  ${paint("36", "help")}: ${printable(help)}`);
  return lines.join("\n");
}

function excerpt(source: string, span: Diagnostic["span"], mark: (text: string) => string): string[] {
  const number = String(span.line);
  const gutter = " ".repeat(number.length);
  const start = Math.max(0, span.column - 1 - Math.floor(excerptCharsMax / 2));
  const from = source.length > excerptCharsMax ? start : 0;
  const shown = source.slice(from, from + excerptCharsMax);
  const offset = span.column - 1 - from;
  const length = Math.max(1, Math.min(span.end - span.start, shown.length - offset));
  // Tabs stay tabs under tabs, so that the caret stands below its character however wide they are shown.
  const indent = shown.slice(0, offset).replaceAll(/[^\t]/g, " ");
  return [` ${gutter} |`, ` ${number} | ${printable(shown)}`, ` ${gutter} | ${indent}${mark("^".repeat(length))}`];
}
