/** Hover, signatures, definition, references, highlights and symbols. */
import { definitionsAt, describe, outline, type OutlineItem, placesLike, signatureAt } from "@penstock/language/editor";
import {
  type DocumentHighlight,
  DocumentHighlightKind,
  type DocumentSymbol,
  type Hover,
  type Location,
  type SignatureHelp,
  type SignatureInformation,
  SymbolKind,
  type WorkspaceSymbol,
} from "vscode-languageserver/node";
import { type Look, locationOf, rangeIn } from "./look.ts";

export function hover(look: Look, offset: number): Hover | null {
  const place = look.set.placeAt(look.path, offset);
  const value = place === undefined ? undefined : describe(look.set, place.meaning, look.project.catalogOf(look.path));
  return place === undefined || value === undefined
    ? null
    : { contents: { kind: "markdown", value }, range: rangeIn(look, place.span) };
}

/** Of the call that the cursor is in. */
export function signatureHelp(look: Look, offset: number): SignatureHelp | null {
  const found = signatureAt(look.set, look.path, offset);
  if (found === undefined) return null;
  const { label, documentation, parameters, active } = found;
  const signature: SignatureInformation = {
    label,
    parameters: parameters.map(([start, end]) => ({ label: [start, end] })),
    ...(documentation === undefined ? {} : { documentation: { kind: "markdown", value: documentation } }),
  };
  return { signatures: [signature], activeSignature: 0, activeParameter: active };
}

export function definition(look: Look, offset: number): Location[] {
  return definitionsAt(look.set, look.path, offset).map((span) => locationOf(look, span));
}

export function references(look: Look, offset: number, withDefinition: boolean): Location[] {
  const place = look.set.placeAt(look.path, offset);
  if (place === undefined) return [];
  return placesLike(look.set, place)
    .filter(({ isDefinition }) => withDefinition || !isDefinition)
    .map(({ span }) => locationOf(look, span));
}

export function highlights(look: Look, offset: number): DocumentHighlight[] {
  const place = look.set.placeAt(look.path, offset);
  if (place === undefined) return [];
  return placesLike(look.set, place)
    .filter(({ span }) => span.file === look.path)
    .map(({ span, isDefinition }) => ({
      range: rangeIn(look, span),
      kind: isDefinition ? DocumentHighlightKind.Write : DocumentHighlightKind.Read,
    }));
}

const symbolKinds: Readonly<Record<OutlineItem["kind"], SymbolKind>> = {
  package: SymbolKind.Package,
  rule: SymbolKind.Variable,
  function: SymbolKind.Function,
  set: SymbolKind.Array,
  test: SymbolKind.Method,
  decision: SymbolKind.Event,
};

export function documentSymbols(look: Look): DocumentSymbol[] {
  const file = look.set.files.get(look.path);
  if (file === undefined) return [];
  return outline(file).map(({ name, detail, kind, span, nameSpan }) => ({
    name,
    detail,
    kind: symbolKinds[kind],
    range: rangeIn(look, span),
    selectionRange: rangeIn(look, nameSpan),
  }));
}

/** More are of no use in a list. */
const workspaceSymbolsMax = 1_000;

/** @param query letters that a name has in this order, as editors ask */
export function workspaceSymbols(looks: readonly Look[], query: string): WorkspaceSymbol[] {
  const letters = query.toLowerCase();
  const found: WorkspaceSymbol[] = [];
  for (const look of looks) {
    const file = look.set.files.get(look.path);
    if (file === undefined) continue;
    for (const { name, kind, nameSpan } of outline(file)) {
      if (!hasLetters(name.toLowerCase(), letters)) continue;
      const containerName = file.module.package.join(".");
      found.push({ name, kind: symbolKinds[kind], location: locationOf(look, nameSpan), containerName });
      if (found.length === workspaceSymbolsMax) return found;
    }
  }
  return found;
}

function hasLetters(name: string, letters: string): boolean {
  let at = 0;
  for (const letter of letters) {
    at = name.indexOf(letter, at) + 1;
    if (at === 0) return false;
  }
  return true;
}
