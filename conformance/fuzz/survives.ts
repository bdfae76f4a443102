/** What must hold of any text whatsoever that is taken for a policy file. */
import {
  compile,
  type Diagnostic,
  formatDiagnostics,
  type Formatted,
  formatSource,
  parseModule,
  type SourceFile,
} from "@penstock/language";

export type Fate = "does not parse" | "does not compile" | "compiles";

/** @throws Error with what went wrong */
export function fateOf(text: string): Fate {
  const source = { path: "fuzz.policy", text };
  const parsed = parseModule(source);
  sensible(parsed.diagnostics, source);
  const formatted = formatSource(source);
  if (parsed.tree === undefined) {
    if (parsed.diagnostics.length === 0) throw new Error("does not parse, and nobody says why");
    if (formatted.text !== undefined) throw new Error("formatted although it does not parse");
    sensible(formatted.diagnostics, source);
  } else {
    // That it means the same is proven before there is a text (P120).
    if (formatted.text === undefined) throw new Error(`not formatted: ${JSON.stringify(formatted.diagnostics)}`);
    const again = formatSource({ ...source, text: formatted.text });
    if (again.text !== formatted.text) throw new Error(`formatted twice: ${difference(formatted.text, again)}`);
  }
  const { program, diagnostics } = compile({ sources: [source] });
  sensible(diagnostics, source);
  if (program !== undefined) return "compiles";
  if (!diagnostics.some(({ severity }) => severity === "error"))
    throw new Error("does not compile, and nobody says why");
  return parsed.tree === undefined ? "does not parse" : "does not compile";
}

function difference(once: string, again: Formatted): string {
  if (again.text === undefined) return JSON.stringify(again.diagnostics);
  const twice = again.text.split("\n");
  const line = once.split("\n").findIndex((text, index) => text !== twice[index]);
  return `line ${line + 1} is first ${JSON.stringify(once.split("\n")[line])}, then ${JSON.stringify(twice[line])} in\n${once}`;
}

/** Diagnostics that can be shown: each at a place of the file. */
function sensible(diagnostics: readonly Diagnostic[], source: SourceFile): void {
  for (const { span, message } of diagnostics) {
    const isInside = span.start >= 0 && span.start <= span.end && span.end <= source.text.length + 1;
    if (!isInside || !(span.line >= 1) || !(span.column >= 1)) {
      throw new Error(`\`${message}\` is nowhere in the file: ${JSON.stringify(span)}`);
    }
  }
  formatDiagnostics(diagnostics, [source]);
}
