/** Diagnostics as SARIF 2.1.0 (OASIS standard), which code hosts show beside the lines of a pull request. */
import {
  codes,
  type Diagnostic,
  explain,
  isCode,
  referenceOf,
  type Silenced,
  type SourceFile,
} from "@penstock/language";
import type { Log, Region, ReportingDescriptor, Result } from "sarif";
import { repositoryUri } from "./repository-path.ts";

const schema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

export function toSarif(
  diagnostics: readonly Diagnostic[],
  silenced: readonly Silenced[],
  sources: readonly SourceFile[],
  version: string,
): Log {
  const texts = new Map(sources.map(({ path, text }) => [path, text] as const));
  const reported = [...new Set([...diagnostics, ...silenced].map(({ code }) => code))].sort();
  const resultOf = (diagnostic: Diagnostic): Result => ({
    ruleId: diagnostic.code,
    ruleIndex: reported.indexOf(diagnostic.code),
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
  });
  return {
    $schema: schema,
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: {
            name: "penstock policy check",
            semanticVersion: version,
            rules: reported.map(ruleOf),
          },
        },
        columnKind: "utf16CodeUnits",
        results: [
          ...diagnostics.map(resultOf),
          ...silenced.map((one) => ({
            ...resultOf(one),
            suppressions: [{ kind: "inSource" as const, justification: one.reason }],
          })),
        ],
      },
    ],
  };
}

function ruleOf(code: string): ReportingDescriptor {
  if (!isCode(code)) return { id: code };
  const { title, explanation, severity } = codes[code];
  return {
    id: code,
    name: nameOf(title),
    shortDescription: { text: title },
    fullDescription: { text: explanation },
    help: { text: explanation, markdown: explain(code) },
    helpUri: referenceOf(code),
    defaultConfiguration: { level: severity },
  };
}

/** `AnUnknownName`: SARIF wants a name that is one word. */
function nameOf(title: string): string {
  const words = title.match(/[\p{L}\p{N}]+/gu) ?? [];
  return words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("");
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
