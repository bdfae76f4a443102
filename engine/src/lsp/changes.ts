/** What changes texts: renaming, formatting and fixes. */
import { formatSource } from "@penstock/language";
import { type Edit, fixOf, rename, renameable } from "@penstock/language/editor";
import {
  type CodeAction,
  CodeActionKind,
  type Diagnostic,
  ErrorCodes,
  type Range,
  ResponseError,
  type TextEdit,
  type WorkspaceEdit,
} from "vscode-languageserver/node";
import { wholeRange } from "./locations.ts";
import { type Look, rangeIn } from "./look.ts";

/** @throws ResponseError with the reason where the name cannot be renamed */
export function prepareRename(look: Look, offset: number): { range: Range; placeholder: string } | null {
  const place = renameable(look.set, look.path, offset);
  if (place === undefined) return null;
  if ("refusal" in place) throw refused(place.refusal);
  const placeholder = look.source.text.slice(place.span.start, place.span.end).replace(/^"(.*)"$/, "$1");
  return { range: rangeIn(look, place.span), placeholder };
}

/** @throws ResponseError with the reason where the new name does not fit */
export function renaming(look: Look, offset: number, name: string): WorkspaceEdit | null {
  const result = rename(look.set, look.path, offset, name);
  if (result === undefined) return null;
  if (result.edits === undefined) throw refused(result.refusal);
  return workspaceEdit(look, result.edits);
}

function refused(reason: string): ResponseError {
  return new ResponseError(ErrorCodes.InvalidRequest, reason);
}

function workspaceEdit(look: Look, edits: readonly Edit[]): WorkspaceEdit {
  const changes: Record<string, TextEdit[]> = {};
  for (const { span, text } of edits)
    (changes[look.uriOf(span.file)] ??= []).push({ range: rangeIn(look, span), newText: text });
  return { changes };
}

/** Nothing for a file with syntax errors: they are shown already. */
export function formatting({ source }: Look): TextEdit[] {
  const { text } = formatSource(source);
  return text === undefined || text === source.text ? [] : [{ range: wholeRange(source), newText: text }];
}

/** Fixes for mistakes that touch the range. @param shown the mistakes as the editor has them */
export function fixes(look: Look, range: Range, shown: readonly Diagnostic[]): CodeAction[] {
  const found = look.project.diagnostics().get(look.path) ?? [];
  return found.flatMap((diagnostic) => {
    const place = rangeIn(look, diagnostic.span);
    const fix = touches(place, range) ? fixOf(diagnostic, look.source) : undefined;
    if (fix === undefined) return [];
    const same = shown.filter(({ code, range: at }) => code === diagnostic.code && touches(at, place));
    const edit = workspaceEdit(look, [fix.edit]);
    return [{ title: fix.title, kind: CodeActionKind.QuickFix, isPreferred: true, diagnostics: same, edit }];
  });
}

function touches(a: Range, b: Range): boolean {
  return isBefore(a.start, b.end) && isBefore(b.start, a.end);
}

function isBefore(a: Range["start"], b: Range["start"]): boolean {
  return a.line < b.line || (a.line === b.line && a.character <= b.character);
}
