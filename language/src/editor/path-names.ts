import type { SourceFile, Span } from "../diagnostics.ts";
import { lex } from "../syntax/tokens.ts";
import type { Name } from "../syntax/tree.ts";

/** The names of a clause such as `import data.a["b"] as c` or of a path, each at its place; the words of the clause are left out. */
export function pathNames(source: SourceFile, span: Span): Name[] {
  const { tokens } = lex(source.text.slice(span.start, span.end));
  return tokens.flatMap((token) => {
    const isName = token.tokenType.name === "Identifier" || token.tokenType.name === "String";
    if (!isName) return [];
    const start = span.start + token.startOffset;
    const place = { file: span.file, start, end: start + token.image.length, line: 0, column: 0 };
    const line = span.line + (token.startLine ?? 1) - 1;
    const column = (token.startColumn ?? 1) + (token.startLine === 1 ? span.column - 1 : 0);
    return { text: unquoted(token.image), span: { ...place, line, column } };
  });
}

/** What a string or a name stands for; as it is where it cannot be read. */
export function unquoted(image: string): string {
  if (image.startsWith("`")) return image.slice(1, -1);
  if (!image.startsWith('"')) return image;
  try {
    return String(JSON.parse(image));
  } catch {
    return image.slice(1, -1);
  }
}
