/** Between the protocol's positions and URIs and the language's offsets and paths. */
import { fileURLToPath, pathToFileURL } from "node:url";
import type { SourceFile, Span } from "@penstock/language";
import type { Position, Range } from "vscode-languageserver/node";
import { TextDocument } from "vscode-languageserver-textdocument";

/** A file's path; the URI itself for what is no file, such as a text that has not been saved yet. */
export function pathOfUri(uri: string): string {
  if (!uri.startsWith("file:")) return uri;
  try {
    return fileURLToPath(uri);
  } catch {
    return uri;
  }
}

export function uriOfPath(path: string): string {
  return isFile(path) ? pathToFileURL(path).href : path;
}

/** One letter and a colon is a drive. */
export function isFile(path: string): boolean {
  return !/^[A-Za-z][A-Za-z0-9+.-]+:/.test(path);
}

const documents = new WeakMap<SourceFile, TextDocument>();

/** Positions count UTF-16 code units, as offsets do. */
function documentOf(source: SourceFile): TextDocument {
  const known = documents.get(source);
  if (known !== undefined) return known;
  const document = TextDocument.create(source.path, "policy", 0, source.text);
  documents.set(source, document);
  return document;
}

export function offsetAt(source: SourceFile, position: Position): number {
  return documentOf(source).offsetAt(position);
}

export function rangeOf(source: SourceFile, { start, end }: Pick<Span, "start" | "end">): Range {
  const document = documentOf(source);
  return { start: document.positionAt(start), end: document.positionAt(end) };
}

export function wholeRange(source: SourceFile): Range {
  return rangeOf(source, { start: 0, end: source.text.length });
}
