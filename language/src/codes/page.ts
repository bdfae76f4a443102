/** What is to be read about a code: one page for `policy check --explain`, all of them for docs/diagnostics.md. */
import { type Code, codes } from "./codes.ts";
import type { CodeEntry, Examples } from "./entry.ts";

/** An example without its marks, and where the mistake is. */
export function wrongExample({ wrong }: Examples): {
  readonly text: string;
  readonly start: number;
  readonly end: number;
} {
  const start = wrong.indexOf("«");
  const end = wrong.indexOf("»") - 1;
  return { text: wrong.replace("«", "").replace("»", ""), start, end };
}

/** Markdown, with the code as heading; no line break at the end. */
export function explain(code: Code): string {
  const entry = codes[code];
  const kind = entry.severity === "error" ? "An error" : "A warning";
  return [`## ${code}: ${entry.title}`, `${kind}. ${entry.explanation}`, ...examples(entry)].join("\n\n");
}

function examples(entry: CodeEntry): string[] {
  if (entry.wrong === undefined) return [];
  const language = entry.file === undefined ? "rego" : "json";
  return [
    ...(entry.catalog === undefined ? [] : [`With this catalog:`, fenced("json", entry.catalog)]),
    "Wrong:",
    // Not as a policy: what is fenced as one is run.
    fenced("text", underlined(entry)),
    "Right:",
    fenced(language, entry.right),
  ];
}

/** The whole of docs/diagnostics.md. */
export function diagnosticsReference(): string {
  const names = Object.keys(codes).filter((code): code is Code => code in codes);
  const rows = names.map((code) => `| [${code}](#${anchor(code)}) | ${codes[code].severity} | ${codes[code].title} |`);
  return [
    "# Diagnostics",
    "Made from the tables in `language/src/codes`; `npx vitest run language -u` writes it anew. Every example is run by a test. `policy check --explain CODE` prints one section.",
    "`P0xx` are files, `P1xx` syntax, `P2xx` names, `P3xx` types and values, `P4xx` what is allowed and probably not meant, `P5xx` what the catalog of `--catalog FILE` lacks. Warnings leave the exit code at 0 unless `--strict` is given.",
    ["| code | severity | what |", "|---|---|---|", ...rows].join("\n"),
    ...names.map(explain),
    "",
  ]
    .join("\n\n")
    .replace(/\n+$/, "\n");
}

/** Where docs/diagnostics.md is about a code, relative to the project's repository. */
export function referenceOf(code: Code): string {
  return `docs/diagnostics.md#${anchor(code)}`;
}

/** As GitHub and its kin make it from the heading. */
function anchor(code: Code): string {
  const heading = `${code}: ${codes[code].title}`.toLowerCase();
  return heading.replaceAll(/[^\p{L}\p{N} _-]/gu, "").replaceAll(" ", "-");
}

/** The example with carets below what is wrong. */
function underlined(entry: Examples): string {
  const { text, start, end } = wrongExample(entry);
  const lineStart = text.lastIndexOf("\n", start - 1) + 1;
  const lineEnd = text.indexOf("\n", start);
  const carets = " ".repeat(start - lineStart) + "^".repeat(Math.max(1, Math.min(end, lineEnd) - start));
  return `${text.slice(0, lineEnd)}\n${carets}${text.slice(lineEnd)}`;
}

function fenced(language: string, text: string): string {
  return `\`\`\`${language}\n${text.trimEnd()}\n\`\`\``;
}
