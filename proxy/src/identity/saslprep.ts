/**
 * SASLprep (RFC 4013) as PostgreSQL applies it to passwords (`pg_saslprep` in src/common/saslprep.c): a password that the
 * profile prohibits is used as it is, byte for byte, because users have such passwords and the server accepts them.
 */
import {
  inTable,
  leftToRight,
  mappedToNothing,
  nonAsciiSpaces,
  prohibited,
  rightToLeft,
  unassigned,
} from "./saslprep-tables.ts";

/** The bytes of a password from which its keys are derived. Never fails. */
export function preparePassword(password: string): Buffer {
  return Buffer.from(saslprep(password) ?? password, "utf8");
}

/** The prepared string, or `undefined` where RFC 4013 prohibits it. */
export function saslprep(text: string): string | undefined {
  // PostgreSQL leaves ASCII alone, control characters included.
  // oxlint-disable-next-line no-control-regex
  if (/^[\x00-\x7f]*$/.test(text)) return text;

  let mapped = "";
  for (const character of text) {
    const codePoint = character.codePointAt(0)!;
    if (inTable(nonAsciiSpaces, codePoint)) mapped += " ";
    else if (!inTable(mappedToNothing, codePoint)) mapped += character;
  }
  if (mapped === "") return undefined;

  const normalized = mapped.normalize("NFKC");
  const codePoints = Array.from(normalized, (character) => character.codePointAt(0)!);
  if (codePoints.some((codePoint) => inTable(prohibited, codePoint) || inTable(unassigned, codePoint)))
    return undefined;

  // RFC 3454, section 6: right-to-left text holds no left-to-right character, and begins and ends right to left.
  if (codePoints.some((codePoint) => inTable(rightToLeft, codePoint))) {
    if (codePoints.some((codePoint) => inTable(leftToRight, codePoint))) return undefined;
    if (!inTable(rightToLeft, codePoints[0]!) || !inTable(rightToLeft, codePoints.at(-1)!)) return undefined;
  }
  return normalized;
}
