/**
 * Renames a variable, a rule, a function or what a file calls an import.
 *
 * Whether the new name captures something or is captured is not guessed: the files are read again with the new name, and every name in
 * them must mean what it meant before.
 */
import type { Diagnostic, Span } from "../diagnostics.ts";
import { roots } from "../check/vocabulary.ts";
import { lex } from "../syntax/tokens.ts";
import { importedName } from "../compile/imports.ts";
import { identityOf, type Meaning, type Place } from "./meaning.ts";
import { PolicySet } from "./policy-set.ts";

export interface Edit {
  readonly span: Span;
  readonly text: string;
}

export type Renaming =
  | { readonly edits: readonly Edit[]; readonly refusal?: undefined }
  | { readonly edits?: undefined; readonly refusal: string };

/** The place at an offset where it can be renamed, or why it cannot; `undefined` where no name stands. */
export function renameable(
  set: PolicySet,
  file: string,
  offset: number,
): Place | { readonly refusal: string } | undefined {
  const place = set.placeAt(file, offset);
  if (place === undefined) return undefined;
  const refusal = refusalOf(place.meaning);
  return refusal === undefined ? place : { refusal };
}

function refusalOf(meaning: Meaning): string | undefined {
  switch (meaning.kind) {
    case "local":
      return meaning.local.name === "column" && !meaning.local.declared
        ? "`column` is the word for every column"
        : undefined;
    case "rule":
    case "import":
      return undefined;
    case "data":
      return "a package cannot be renamed here: data files and other folders may use its name";
    case "root":
    case "field":
    case "value":
    case "builtin":
    case "mask":
    case "decision":
      return "this is a word of the policy language";
    case "label":
      return "labels cannot be renamed here: data files may use them";
    case "relation":
      return "this is a name of the database";
  }
}

export function rename(set: PolicySet, file: string, offset: number, name: string): Renaming | undefined {
  const place = renameable(set, file, offset);
  if (place === undefined || "refusal" in place) return place;
  const wrong = unfit(name);
  if (wrong !== undefined) return { refusal: wrong };
  const { meaning } = place;
  const hidden = hiddenBy(set, meaning, file, name);
  if (hidden !== undefined) return { refusal: hidden };
  const broken = [...set.files.values()].find(
    ({ diagnostics, source }) => diagnostics.length > 0 && (meaning.kind === "rule" || source.path === file),
  );
  if (broken !== undefined) {
    return { refusal: `\`${broken.source.path}\` has syntax errors: not all uses can be seen before they are mended` };
  }
  const edits = editsOf(set, meaning, name);
  return changed(set, edits, name) ?? { edits };
}

/** A name as the grammar has it; the roots of the vocabulary stay what they are. */
function unfit(name: string): string | undefined {
  const { tokens, errors } = lex(name);
  const isName = errors.length === 0 && tokens.length === 1 && tokens[0]?.tokenType.name === "Identifier";
  if (!isName || tokens[0]?.image !== name) return `\`${name}\` is no name`;
  if (name === "_" || name === "data" || name === "input" || roots.some((root) => root === name))
    return `\`${name}\` has a meaning of its own`;
  return undefined;
}

/** A variable may hide a rule, but a reader would not see it. */
function hiddenBy(set: PolicySet, meaning: Meaning, file: string, name: string): string | undefined {
  const module = set.files.get(file)?.module;
  if (meaning.kind !== "local" || module === undefined || set.understanding === undefined) return undefined;
  const isRule = set.understanding.rules.find([...module.package, name]).depth > module.package.length;
  const isImport = module.imports.some((clause) => importedName(clause) === name);
  return isRule || isImport ? `\`${name}\` is the name of ${isRule ? "a rule" : "an import"} already` : undefined;
}

function editsOf(set: PolicySet, meaning: Meaning, name: string): Edit[] {
  const identity = identityOf(meaning);
  const edits: Edit[] = [];
  for (const places of set.allPlaces().values()) {
    for (const place of places) {
      if (identityOf(place.meaning) !== identity || isUnderAlias(set, place)) continue;
      edits.push({ span: place.span, text: written(set, place.span, name) });
    }
  }
  if (meaning.kind === "import" && meaning.import.alias === undefined) {
    const { span } = meaning.import;
    edits.push({ span: { ...span, start: span.end }, text: ` as ${name}` });
  }
  return edits;
}

/** A rule that is used by the name that its import has in the file. */
function isUnderAlias(set: PolicySet, { meaning, span }: Place): boolean {
  return (
    meaning.kind === "rule" &&
    set
      .placesIn(span.file)
      .some(
        (other) =>
          other.span.start === span.start &&
          other.meaning.kind === "import" &&
          importedName(other.meaning.import) !== meaning.group.path.at(-1),
      )
  );
}

/** As `["name"]` where it stands so. */
function written(set: PolicySet, span: Span, name: string): string {
  return set.files.get(span.file)?.source.text.charAt(span.start) === '"' ? `"${name}"` : name;
}

/** Why the edits would change what something means; `undefined` where they do not. */
function changed(set: PolicySet, edits: readonly Edit[], name: string): Renaming | undefined {
  const sources = [...set.files.values()].map(({ source }) => ({
    path: source.path,
    text: applied(
      source.text,
      edits.filter(({ span }) => span.file === source.path),
    ),
  }));
  const after = new PolicySet(sources, set.data, set);
  const [before, now] = [errorsOf(set), errorsOf(after)];
  const more = now.find(({ code }) => count(now, code) > count(before, code));
  if (more !== undefined) {
    return { refusal: `\`${name}\` does not fit: ${more.message}, in line ${more.span.line} of \`${more.span.file}\`` };
  }
  const numbers = [new Map<string, number>(), new Map<string, number>()] as const;
  for (const [path, places] of set.allPlaces()) {
    const others = after.placesIn(path).filter(({ span, meaning }) => !isNewAlias(edits, span, meaning));
    const different = places.findIndex((place, index) => {
      const other = others[index];
      return (
        other === undefined ||
        place.meaning.kind !== other.meaning.kind ||
        numberOf(numbers[0], place) !== numberOf(numbers[1], other)
      );
    });
    if (different >= 0 || others.length !== places.length) {
      const line = places[different]?.span.line ?? 1;
      return {
        refusal: `\`${name}\` means something already where it would stand: line ${line} of \`${path}\` would change its meaning`,
      };
    }
  }
  return undefined;
}

/** The alias that an import gets. */
function isNewAlias(edits: readonly Edit[], span: Span, meaning: Meaning): boolean {
  return (
    meaning.kind === "import" &&
    edits.some((edit) => edit.span.start === edit.span.end && edit.span.file === span.file) &&
    span.start >= meaning.import.span.start &&
    span.end <= meaning.import.span.end
  );
}

/** Meanings are the same where they come first at the same place. */
function numberOf(numbers: Map<string, number>, { meaning }: Place): number {
  const identity = identityOf(meaning);
  const known = numbers.get(identity) ?? numbers.size;
  numbers.set(identity, known);
  return known;
}

function errorsOf(set: PolicySet): readonly Diagnostic[] {
  return [...set.diagnostics().values()].flat();
}

function count(diagnostics: readonly Diagnostic[], code: string): number {
  return diagnostics.filter((diagnostic) => diagnostic.code === code).length;
}

function applied(text: string, edits: readonly Edit[]): string {
  let result = text;
  for (const { span, text: replacement } of edits.toSorted((a, b) => b.span.start - a.span.start))
    result = result.slice(0, span.start) + replacement + result.slice(span.end);
  return result;
}
