import { type Diagnostic, diagnostic, type SourceFile } from "../diagnostics.ts";
import { parseConcreteModule } from "../syntax/parse.ts";
import type { Module } from "../syntax/tree.ts";
import { unlessTooLarge } from "../too-large.ts";
import { printModule } from "./print.ts";
import { triviaOf } from "./trivia.ts";

/** The text in the one style, or why there is none. */
export type Formatted =
  | { readonly text: string; readonly diagnostics?: undefined }
  | { readonly text?: undefined; readonly diagnostics: readonly Diagnostic[] };

/** Writes a file in the one style: syntax errors are diagnostics, other mistakes are left to the checker. */
export function formatSource(source: SourceFile): Formatted {
  return unlessTooLarge<Formatted>(
    [source],
    () => format(source),
    (refusal) => ({ diagnostics: [refusal] }),
  );
}

function format(source: SourceFile): Formatted {
  const parsed = parseConcreteModule(source);
  if (parsed.tree === undefined) return { diagnostics: parsed.diagnostics };
  const { cst, tokens, comments, tree } = parsed.tree;
  return proven(tree, printModule(cst, triviaOf(tokens, comments)));
}

/** The text, where it means what the tree means and has the same comments; else a diagnostic (P120), so that nothing is written. */
export function proven(before: Module, text: string): Formatted {
  const after = parseConcreteModule({ path: before.file, text }).tree?.tree;
  if (after !== undefined && meaningOf(after) === meaningOf(before)) return { text };
  const message = "formatting would change what this file means: it is left as it is";
  const help = "this is a mistake of the formatter; please report it with the file";
  return { diagnostics: [diagnostic("P120", message, before.span, help)] };
}

/** The tree without its places, and the comments without the space after them. */
function meaningOf(tree: Module): string {
  const comments = tree.comments.map(({ text }) => text.trimEnd());
  return JSON.stringify({ ...tree, comments }, (key, value: unknown) => {
    if (key === "span") return undefined;
    return typeof value === "bigint" ? { integer: String(value) } : value;
  });
}
