/** Colours by meaning: what a grammar of patterns cannot tell apart. */
import type { Meaning, Place } from "@penstock/language/editor";
import { type SemanticTokens, SemanticTokensBuilder, type SemanticTokensLegend } from "vscode-languageserver/node";
import { type Look, rangeIn } from "./look.ts";

const types = ["namespace", "variable", "parameter", "property", "function", "keyword", "enumMember", "macro"] as const;
const modifiers = ["definition", "readonly", "defaultLibrary"] as const;

export const legend: SemanticTokensLegend = { tokenTypes: [...types], tokenModifiers: [...modifiers] };

export function semanticTokens(look: Look): SemanticTokens {
  const builder = new SemanticTokensBuilder();
  let end = -1;
  for (const place of look.set.placesIn(look.path)) {
    const type = typeOf(place.meaning);
    const { start, end: stop } = rangeIn(look, place.span);
    // Tokens may neither overlap nor go over a line.
    if (type === undefined || place.span.start < end || start.line !== stop.line) continue;
    end = place.span.end;
    builder.push(
      start.line,
      start.character,
      stop.character - start.character,
      types.indexOf(type),
      modifiersOf(place),
    );
  }
  return builder.build();
}

function typeOf(meaning: Meaning): (typeof types)[number] | undefined {
  switch (meaning.kind) {
    case "local":
      return "variable";
    case "rule":
      return meaning.group.kind === "function" ? "function" : "variable";
    case "import":
    case "data":
    case "relation":
      return "namespace";
    case "root":
      return "variable";
    case "field":
      return "property";
    case "builtin":
      return "function";
    case "mask":
      return "macro";
    case "decision":
      return "keyword";
    case "value":
      return meaning.isListed ? "enumMember" : undefined;
    case "label":
      return "enumMember";
  }
}

function modifiersOf({ meaning, isDefinition }: Place): number {
  const isBuiltin = meaning.kind === "builtin" || meaning.kind === "root" || meaning.kind === "mask";
  const names: (typeof modifiers)[number][] = [
    ...(isDefinition ? (["definition"] as const) : []),
    ...(meaning.kind === "root" || meaning.kind === "rule" ? (["readonly"] as const) : []),
    ...(isBuiltin ? (["defaultLibrary"] as const) : []),
  ];
  return names.reduce((bits, name) => bits | (1 << modifiers.indexOf(name)), 0);
}
