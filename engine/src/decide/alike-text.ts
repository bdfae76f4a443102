import type { Catalog } from "../catalog/catalog.ts";
import type { NameContext } from "../enforcer.ts";
import { dialectOf } from "../sql/dialects.ts";
import { freeLiteralsOf, isPlain } from "./verdict-templates.ts";

/** In an `alikeText`, for a number and for a string of any value; nothing else in it is a control character. */
export const anyNumber = "\u0001";
export const anyString = "\u0002";

/**
 * The text of one statement with a mark in place of each literal that nothing but the server's own computation depends on: compared in a
 * condition, or stored. Texts that give the same one do the same with other values; every other literal (LIMIT 10, 'customers'::regclass) is
 * part of it.
 * @returns `undefined` where a parameter stands elsewhere, since its value is open too (LIMIT $1), and where nothing can be told: for several
 * statements, other kinds than reading and writing, and texts that could be read in another way
 */
export function alikeText(text: string, catalog: Catalog, names: NameContext): string | undefined {
  const { literals, read } = dialectOf(catalog);
  const shape = literals?.shape(text);
  if (literals === undefined || shape === undefined) return undefined;
  const result = read(text, catalog, names);
  if (result.kind !== "statements") return undefined;
  const [facts, ...others] = result.statements;
  if (facts === undefined || others.length > 0 || !isPlain(facts) || !result.bindsFreely()) return undefined;
  const { bounds } = shape;
  const isFree = freeLiteralsOf(text, bounds, result.freeLiterals(), literals.value);
  if (isFree === undefined) return undefined;
  let alike = "";
  let copied = 0;
  for (const [index, free] of isFree.entries()) {
    if (!free) continue;
    const start = bounds[2 * index] ?? 0;
    alike += text.slice(copied, start) + (text[start] === "'" ? anyString : anyNumber);
    copied = bounds[2 * index + 1] ?? text.length;
  }
  return alike + text.slice(copied);
}
