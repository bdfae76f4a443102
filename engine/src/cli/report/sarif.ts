/** Diagnostics as SARIF 2.1.0 (OASIS standard), which code hosts show beside the lines of a pull request. */
import type { Diagnostic, SourceFile } from "@penstock/language";
import type { Log, Region, ReportingDescriptor, Result } from "sarif";
import { repositoryUri } from "./repository-path.ts";

const schema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/** What the first digit of a code tells. */
const families: Readonly<Record<string, { readonly name: string; readonly about: string }>> = {
  "0": { name: "File", about: "A file cannot be read as what it is, so nothing in it can be trusted." },
  "1": { name: "Syntax", about: "The text is not a policy file as the language defines it." },
  "2": { name: "Name", about: "A name is unknown, out of place or has no value." },
  "3": { name: "Type", about: "A value or an argument can never be what the rule asks for." },
  "4": { name: "Lint", about: "The rule is allowed and probably does not do what its author wants." },
};

export function toSarif(diagnostics: readonly Diagnostic[], sources: readonly SourceFile[], version: string): Log {
  const texts = new Map(sources.map(({ path, text }) => [path, text] as const));
  const codes = [...new Set(diagnostics.map(({ code }) => code))].sort();
  return {
    $schema: schema,
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: {
            name: "penstock policy check",
            semanticVersion: version,
            rules: codes.map((code) => ruleOf(code, diagnostics)),
          },
        },
        columnKind: "utf16CodeUnits",
        results: diagnostics.map(
          (diagnostic): Result => ({
            ruleId: diagnostic.code,
            ruleIndex: codes.indexOf(diagnostic.code),
            level: diagnostic.severity,
            message: { text: messageOf(diagnostic) },
            locations: [
              {
                physicalLocation: {
                  artifactLocation: { uri: repositoryUri(diagnostic.span.file) },
                  region: regionOf(diagnostic, texts.get(diagnostic.span.file) ?? ""),
                },
              },
            ],
          }),
        ),
      },
    ],
  };
}

function ruleOf(code: string, diagnostics: readonly Diagnostic[]): ReportingDescriptor {
  const family = families[code.charAt(1)] ?? { name: "Policy", about: "A mistake in a policy." };
  const severities = diagnostics.filter((diagnostic) => diagnostic.code === code).map(({ severity }) => severity);
  return {
    id: code,
    name: `${family.name}${code}`,
    shortDescription: { text: family.about },
    help: {
      text: `${family.about} The message names the place and, where there is one, the way out; \`policy check\` shows it with the source line.`,
    },
    defaultConfiguration: { level: severities.includes("error") ? "error" : "warning" },
  };
}

function messageOf({ message, help }: Diagnostic): string {
  return help === undefined ? message : `${message}\n${help}`;
}

/** Lines and columns count from 1; the end column is the one after the last character. */
function regionOf({ span }: Diagnostic, text: string): Region {
  const before = text.slice(0, span.end);
  const lineStart = before.lastIndexOf("\n") + 1;
  const endLine = span.line + (text.slice(span.start, span.end).split("\n").length - 1);
  const endColumn = endLine === span.line ? span.column + (span.end - span.start) : span.end - lineStart + 1;
  return { startLine: span.line, startColumn: span.column, endLine, endColumn };
}
