import {
  type Diagnostic,
  formatDiagnostics,
  type Metadata,
  metadataOf,
  parseModule,
  type SourceFile,
  type Tree,
} from "@penstock/language";
import type { Command } from "commander";
import { exitCodes } from "./exit-codes.ts";
import { policyFiles } from "./program-files.ts";
import { type DocumentedPackage, type DocumentedStatement, toMarkdown } from "./report/markdown.ts";

/** `policy doc`: exit code 1 where a file cannot be read as a policy. */
export function registerDoc(program: Command): void {
  program
    .command("doc")
    .description(
      "Print a reference of packages, decisions, rules and labels in Markdown, with what METADATA comments say.",
    )
    .argument("[paths...]", "policy files or folders", ["policies"])
    .action((paths: string[]) => {
      const { folder, unreadable } = policyFiles(paths, false);
      const diagnostics = [...unreadable];
      const modules = folder.sources.flatMap((source) => {
        const parsed = parseModule(source);
        diagnostics.push(...parsed.diagnostics);
        return parsed.tree === undefined ? [] : [{ source, module: parsed.tree }];
      });
      const isBroken = diagnostics.length > 0;
      const packages = isBroken ? [] : packagesOf(modules, diagnostics);
      if (diagnostics.length > 0)
        console.error(formatDiagnostics(diagnostics, folder.sources, { color: process.stderr.isTTY }));
      if (!isBroken) console.log(toMarkdown(packages));
      process.exitCode = isBroken ? exitCodes.failed : exitCodes.ok;
    });
}

interface File {
  readonly source: SourceFile;
  readonly module: Tree.Module;
}

/** In order of their names; what several files say of one package stands together. */
function packagesOf(files: readonly File[], diagnostics: Diagnostic[]): readonly DocumentedPackage[] {
  const packages = new Map<
    string,
    { about: Metadata[]; decisions: DocumentedStatement[]; rules: DocumentedStatement[] }
  >();
  for (const { source, module } of files) {
    const name = module.package.join(".");
    const documented = packages.get(name) ?? { about: [], decisions: [], rules: [] };
    packages.set(name, documented);
    const metadata = metadataOf(module);
    diagnostics.push(...metadata.diagnostics);
    const about = metadata.at(module.span.line);
    if (about !== undefined) documented.about.push(about);
    const statement = (kind: string, span: Tree.Module["span"], head: string): DocumentedStatement => ({
      kind,
      head,
      place: `${source.path}:${span.line}`,
      about: metadata.at(span.line),
    });
    for (const decision of module.decisions)
      documented.decisions.push(statement(decision.kind, decision.span, headOf(source, decision)));
    for (const rule of module.rules) {
      // `allow if` is a decision, which the tree holds as a rule too.
      const isDecision = module.decisions.some(({ span }) => span.start === rule.span.start);
      if (!isDecision) documented.rules.push(statement("rule", rule.span, nameOf(source, rule)));
    }
  }
  return [...packages].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, documented]) => ({ name, ...documented }));
}

/** The statement as it is written, up to its conditions. */
function headOf(source: SourceFile, { span, body }: Tree.Decision): string {
  const end = body[0]?.span.start ?? span.end;
  const text = source.text.slice(span.start, end).trim();
  return (body.length === 0 ? text : text.replace(/\s*\bif\s*\{?\s*$/, "")).replaceAll(/\s+/g, " ");
}

/** `name(parameters)`, `name contains`, without values and conditions. */
function nameOf(source: SourceFile, { name, path, args, span }: Tree.Rule): string {
  const last = args?.at(-1)?.span ?? path.at(-1)?.span ?? name.span;
  const end = args === undefined ? last.end : source.text.indexOf(")", last.end) + 1;
  const text = source.text.slice(name.span.start, Math.max(end, name.span.end));
  // The bracket after the last step of `a[b]` is no part of the step.
  const isIndexed = args === undefined && path.length > 0 && source.text.charAt(end) === "]";
  return span.start === 0 && text === "" ? name.text : `${text}${isIndexed ? "]" : ""}`.replaceAll(/\s+/g, " ");
}
