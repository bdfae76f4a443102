import { complete, type Completion } from "@penstock/language/editor";
import {
  type CompletionItem,
  CompletionItemKind,
  type CompletionList,
  InsertTextFormat,
} from "vscode-languageserver/node";
import { type Look, rangeIn } from "./look.ts";

const kinds: Readonly<Record<Completion["kind"], CompletionItemKind>> = {
  decision: CompletionItemKind.Keyword,
  keyword: CompletionItemKind.Keyword,
  variable: CompletionItemKind.Variable,
  rule: CompletionItemKind.Constant,
  function: CompletionItemKind.Function,
  root: CompletionItemKind.Module,
  field: CompletionItemKind.Field,
  value: CompletionItemKind.EnumMember,
  package: CompletionItemKind.Module,
  mask: CompletionItemKind.Function,
  label: CompletionItemKind.EnumMember,
  relation: CompletionItemKind.Struct,
  column: CompletionItemKind.Field,
};

/** @param hasSnippets whether the editor fills in `$1` and the like */
export function completions(look: Look, offset: number, hasSnippets: boolean): CompletionList | null {
  const found = complete(look.set, look.path, offset, look.project.catalogOf(look.path));
  if (found === undefined) return null;
  const range = rangeIn(look, { file: look.path, start: found.start, end: found.end });
  const items = found.items.map((item, index): CompletionItem => {
    const isSnippet = item.isSnippet && hasSnippets;
    return {
      label: item.label,
      kind: kinds[item.kind],
      // In the order in which they were found: near names first.
      sortText: String(index).padStart(5, "0"),
      filterText: item.label,
      insertTextFormat: isSnippet ? InsertTextFormat.Snippet : InsertTextFormat.PlainText,
      textEdit: { range, newText: isSnippet ? item.insert : item.label },
      ...(item.detail === undefined ? {} : { detail: item.detail }),
      ...(item.documentation === undefined || item.documentation === ""
        ? {}
        : { documentation: { kind: "markdown", value: item.documentation } }),
    };
  });
  return { isIncomplete: false, items };
}
