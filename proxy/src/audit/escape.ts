/**
 * Characters that a JSON text may hold as they are and that could still hurt whoever looks at it: control characters (terminal escapes begin with
 * one), line and paragraph separators (a line is a record), characters that change the direction of text, lone surrogates (which UTF-8
 * cannot hold).
 */
// oxlint-disable-next-line no-control-regex
const unsafe = /[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]/u;
const unsafeAll = new RegExp(unsafe.source, "gu");

/** Makes a JSON text without line breaks safe to store as one line and to show on a terminal; its meaning stays the same. */
export function escapeJsonLine(json: string): string {
  return unsafe.test(json) ? json.replace(unsafeAll, escapeCharacter) : json;
}

/** A value as JSON that is safe to store as a line, or a part of one. */
export function jsonOnLine(value: unknown): string {
  return escapeJsonLine(JSON.stringify(value));
}

/** Makes any text safe to show on a terminal or in a log, on one line: `\n`, `\t` and `\u001b` instead of what they stand for. */
export function escapeForTerminal(text: string): string {
  if (!unsafe.test(text)) return text;
  return text.replace(unsafeAll, (character) => shortEscapes[character] ?? escapeCharacter(character));
}

/** As `escapeForTerminal`, of a text of several lines, which stay lines. */
export function escapeLines(text: string): string {
  return text.split(/\r?\n/).map(escapeForTerminal).join("\n");
}

const shortEscapes: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

function escapeCharacter(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
