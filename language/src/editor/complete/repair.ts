/** Readings of an unfinished statement, from the most of its text to the least, each of which the caller tries to parse. */
import { lex } from "../../syntax/tokens.ts";

export interface Reading {
  readonly text: string;
  /** Where in it the cursor's word or string is. */
  readonly offset: number;
}

/**
 * @param before the statement up to the word at the cursor
 * @param word what stands for that word
 * @param after the rest of the statement
 */
export function readings(before: string, word: string, after: string): Reading[] {
  const line = before.slice(before.lastIndexOf("\n") + 1);
  const earlier = before.slice(0, before.length - line.length);
  const reference = /[\w.[\]"]*$/.exec(line)?.[0] ?? "";
  const head = headOf(before);
  const candidates: (readonly [before: string, after: string])[] = [
    [before, after],
    // Without what follows on the line, and without all that follows.
    [before, after.slice(indexOrEnd(after, "\n"))],
    [before, ""],
  ];
  if (earlier !== "") candidates.push([`${earlier}${reference}`, ""], [`${head} {\n${line}`, ""]);
  // Where an earlier line is wrong too: those that declare variables.
  const declarations = earlier.split("\n").filter((each) => /^\s*some\b|:=/.test(each));
  candidates.push([`${head} {\n${declarations.join("\n")}\n${reference}`, ""], [`${head} {\n${reference}`, ""]);
  return candidates.map(([start, rest]) => {
    const text = `${start}${word}${rest}`;
    return { text: text + closers(text), offset: start.length };
  });
}

/** Up to and with the first `if`. */
function headOf(text: string): string {
  const word = lex(text).tokens.find(({ tokenType }) => tokenType.name === "If");
  return word === undefined ? "cursor__ if" : text.slice(0, word.startOffset + 2);
}

/** What closes the brackets that are open. */
function closers(text: string): string {
  const open: string[] = [];
  for (const { image } of lex(text).tokens) {
    if (image === "{") open.push("}");
    else if (image === "(") open.push(")");
    else if (image === "[") open.push("]");
    else if (image === open.at(-1)) open.pop();
  }
  return open.reverse().join("");
}

function indexOrEnd(text: string, part: string): number {
  const index = text.indexOf(part);
  return index < 0 ? text.length : index;
}
