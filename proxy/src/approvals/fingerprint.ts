/**
 * What statements have in common that an approver may take for alike: the same text but for literals and values that nothing but the server's own
 * computation depends on, of the same principal, on the same relations. Every statement is decided by itself all the same.
 */
import { alikeText, anyNumber, anyString, type Catalog, type NameContext } from "@penstock/engine";
import { type DigestedStatement, digestParts } from "./digest.ts";

export interface Fingerprint {
  readonly digest: string;
  /** For people: with `?` and `'?'` for what is left open. */
  readonly text: string;
}

/** @returns `undefined` where no other statement is taken for alike: of several, of what runs others by name, of what cannot be read for sure */
export function fingerprintOf(
  { who, searchPath, texts, relations, types }: Omit<DigestedStatement, "values">,
  catalog: Catalog,
  names: NameContext,
): Fingerprint | undefined {
  const [text, ...runs] = texts;
  const alike = text === undefined || runs.length > 0 ? undefined : alikeText(text, catalog, names);
  if (alike === undefined) return undefined;
  const mode = names.sqlMode === undefined ? [] : [JSON.stringify(names.sqlMode)];
  return {
    digest: digestParts("penstock alike 1", { who, searchPath, texts: [alike, ...mode], relations, types, values: [] }),
    text: alike.replaceAll(anyNumber, "?").replaceAll(anyString, "'?'"),
  };
}
