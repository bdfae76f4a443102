/**
 * Texts of a row: columns of character and enum types, as they are or with lower, upper and trim applied. Everything is compared by code
 * points, whatever collation a column has, as the language compares texts; a `char(n)` is its text without the padding.
 */
import { isSpace, type RowTrim, toLower, toUpper, trimPoints } from "@penstock/language";
import type { Column } from "../catalog/catalog.ts";
import { baseTypeOf, characterCount, plainText, textShape } from "../masks/base-type.ts";
import { CannotFilter, type RowText } from "./condition.ts";

export interface TextOperand {
  readonly kind: "text";
  readonly column: Column;
  /** Inner first. */
  readonly edits: readonly TextEdit[];
}

export type TextEdit =
  | { readonly kind: "case"; readonly to: "lower" | "upper" }
  | { readonly kind: "trim"; readonly how: RowTrim; readonly cutset: string };

export function textColumn(column: Column): TextOperand {
  if (column.typeCategory === "enum" && column.isDomain) {
    throw new CannotFilter(
      `\`${column.name}\` is of a domain over an enum type, whose text the server gives by a cast only, and a cast can be anybody's`,
    );
  }
  if (isCitext(column)) return { kind: "text", column, edits: [] };
  if (column.typeCategory === "text" && textShape(column) === undefined && baseTypeOf(column).name !== "name") {
    throw new CannotFilter(`values of \`${column.name}\`, of type ${column.type}, cannot be compared`);
  }
  return { kind: "text", column, edits: [] };
}

/** The extension's type of texts whose case does not matter, wherever it is installed. */
export function isCitext(column: Column): boolean {
  const { name } = baseTypeOf(column);
  return column.typeCategory === "other" && (name === "citext" || name.endsWith(".citext"));
}

/** What its operators would find equal depends on the database's locale, so that it can be compared without its case only. */
export function comparable(text: TextOperand): TextOperand {
  if (!isCitext(text.column) || hasCase(text)) return text;
  const { name } = text.column;
  throw new CannotFilter(`\`${name}\` is of type citext: compare \`lower(row.${name})\` with a text in lower case`);
}

export function editedText(text: TextOperand, edit: TextEdit): TextOperand {
  if (edit.kind === "case" && text.edits.some(({ kind }) => kind === "case")) {
    throw new CannotFilter("`lower` and `upper` cannot be nested");
  }
  return { ...text, edits: [...text.edits, edit] };
}

export function hasCase({ edits }: TextOperand): boolean {
  return edits.some(({ kind }) => kind === "case");
}

/** A text longer than this has no lower or upper case: the server could not make it without an error. */
export const caseCharactersMax = 1_000_000;

export function textValue({ column, edits }: TextOperand): (row: RowText) => string | null {
  const shape = textShape(column);
  return (row) => {
    let value = row(column.name);
    if (value !== null && shape !== undefined) value = plainText(shape, value);
    for (const edit of edits) {
      if (value === null) return null;
      if (edit.kind === "trim") value = trimmed(value, edit);
      else if (characterCount(value) > caseCharactersMax) return null;
      else value = edit.to === "lower" ? toLower(value) : toUpper(value);
    }
    return value;
  };
}

function trimmed(value: string, { how, cutset }: Extract<TextEdit, { kind: "trim" }>): string {
  const drop = new Set(cutset);
  return trimPoints(
    value,
    how === "trim_space" ? isSpace : (point) => drop.has(point),
    how !== "trim_right",
    how !== "trim_left",
  );
}

export function cutsetOf({ how, cutset }: Extract<TextEdit, { kind: "trim" }>): string {
  return how === "trim_space" ? spaces : cutset;
}

const spaces = Array.from({ length: 0x3001 }, (_, code) => String.fromCodePoint(code))
  .filter(isSpace)
  .join("");

/** Constants that decide which characters matter under `lower` and `upper`: those that are compared with, and cutsets around it. */
export function knownCharacters(
  edits: readonly TextEdit[],
  index: number,
  known: readonly string[],
): ReadonlySet<string> {
  const outer = edits.slice(index + 1).flatMap((later) => (later.kind === "trim" ? [cutsetOf(later)] : []));
  return new Set([...known, ...outer].join(""));
}

/**
 * `lower` and `upper` of a server depend on its collations and its version of Unicode. Since only some characters can matter to what is
 * compared, exactly those that the language maps to one of them are replaced, and those themselves where they are mapped.
 */
export function caseReplacements(
  to: "lower" | "upper",
  known: ReadonlySet<string>,
): readonly (readonly [string, string])[] {
  return mapping(to).filter(([character, mapped]) => known.has(character) || known.has(mapped));
}

const mappings = new Map<"lower" | "upper", readonly (readonly [string, string])[]>();

/** All characters that have another case. They lie below U+20000. */
function mapping(to: "lower" | "upper"): readonly (readonly [string, string])[] {
  let pairs = mappings.get(to);
  if (pairs === undefined) {
    const map = to === "lower" ? toLower : toUpper;
    pairs = Array.from({ length: 0x20000 }, (_, code) => String.fromCodePoint(code)).flatMap((character) => {
      const mapped = character.isWellFormed() ? map(character) : character;
      return mapped === character ? [] : [[character, mapped] as const];
    });
    mappings.set(to, pairs);
  }
  return pairs;
}
