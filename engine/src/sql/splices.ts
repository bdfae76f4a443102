import { characterCount, firstCharacters } from "../masks/base-type.ts";

/** Replaces the bytes from `start` to `end` of a text. */
export interface Splice {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

export interface SplicedText {
  readonly text: string;
  /**
   * From a position in the new text to the original: what was inserted maps to where it was put. Both in characters (code points)
   * from 1, as PostgreSQL's error positions are.
   */
  readonly mapPosition: (position: number) => number;
}

/** Equal splices count once. @throws when two others overlap: then the text would not be what was meant. */
export function applySplices(bytes: Buffer, unordered: readonly Splice[]): SplicedText {
  const splices = [...unordered]
    .sort((a, b) => a.start - b.start || a.end - b.end)
    .filter((splice, index, all) => !isSame(splice, all[index - 1]));
  const parts: string[] = [];
  let at = 0;
  for (const splice of splices) {
    if (splice.start < at || splice.end < splice.start) throw new Error("splices overlap");
    parts.push(bytes.toString("utf8", at, splice.start), splice.text);
    at = splice.end;
  }
  parts.push(bytes.toString("utf8", at));
  const text = parts.join("");
  return { text, mapPosition: (position) => mapBack(bytes, splices, text, position) };
}

/** The same edit asked for twice, for a place that the tree has twice. */
function isSame(splice: Splice, other: Splice | undefined): boolean {
  return splice.start === other?.start && splice.end === other.end && splice.text === other.text;
}

function mapBack(bytes: Buffer, splices: readonly Splice[], text: string, position: number): number {
  const byte = Buffer.byteLength(firstCharacters(text, position - 1), "utf8");
  let shift = 0;
  for (const splice of splices) {
    const inserted = Buffer.byteLength(splice.text, "utf8");
    const start = splice.start + shift;
    if (byte < start) break;
    if (byte < start + inserted) return characters(bytes, splice.start) + 1;
    shift += inserted - (splice.end - splice.start);
  }
  return characters(bytes, byte - shift) + 1;
}

function characters(bytes: Buffer, end: number): number {
  return characterCount(bytes.toString("utf8", 0, end));
}
