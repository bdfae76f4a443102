/** A script in the language of MariaDB's and MySQL's `mysqltest`, cut into commands (manual: "mysqltest Language Reference"). */

export interface Command {
  /** Line of the file, from 1. */
  readonly line: number;
  /** Without its delimiter, or the dashes before it. */
  readonly text: string;
  /** Written behind `--`: one line, and a comment if its first word is no command. */
  readonly isDashed: boolean;
}

/** Commands whose text goes on to a line of its own: `perl`, `write_file path END`. */
const withText = /^(?:perl|write_file|append_file)\b(?:\s+\S+)??(?:\s+(\w+))?\s*$/i;
const blockStart = /^(?:while|if)\s*\(/i;

/**
 * Cuts a file into commands. `while (…) {`, `if (…) {` and `}` are commands of their own; files that a command holds are left out.
 * @param delimiter ends statements where the file begins
 */
export function* commandsOf(file: string, delimiter = ";"): Generator<Command> {
  let ends = delimiter;
  let at = 0;
  let line = 1;
  const advance = (to: number): string => {
    const passed = file.slice(at, to);
    line += passed.split("\n").length - 1;
    at = to;
    return passed;
  };
  const endOfLine = () => {
    const end = file.indexOf("\n", at);
    return end < 0 ? file.length : end;
  };
  while (at < file.length) {
    if (/\s/.test(file[at]!)) {
      advance(at + 1);
    } else if (file.startsWith(ends, at)) {
      advance(at + ends.length);
    } else if (file[at] === "#") {
      advance(endOfLine());
    } else if (file[at] === "}") {
      yield { line, text: advance(at + 1), isDashed: false };
    } else {
      const from = line;
      const isDashed = file.startsWith("--", at);
      const raw = advance(isDashed ? endOfLine() : endOfStatement(file, at, ends));
      if (!isDashed && file.startsWith(ends, at)) at += ends.length;
      const text = (isDashed ? raw.slice(2) : raw).trim();
      const changed = /^delimiter\s+(\S+)\s*$/i.exec(text);
      if (changed?.[1] !== undefined) {
        const [, next] = changed;
        // `delimiter |;` is itself ended by the old one; behind dashes nothing ends it but the line.
        ends = isDashed && next !== ends && next.endsWith(ends) ? next.slice(0, -ends.length) : next;
        continue;
      }
      const holds = withText.exec(text);
      if (holds !== null) {
        advance(endOfLine());
        const end = file.indexOf(`\n${holds[1] ?? "EOF"}`, at);
        advance(end < 0 ? file.length : end + 1);
        advance(endOfLine());
      }
      yield { line: from, text, isDashed };
    }
  }
}

/** Where the delimiter stands that is in no quotes, or the brace of a block has been passed. */
function endOfStatement(file: string, from: number, ends: string): number {
  const isBlock = blockStart.test(file.slice(from, from + 20));
  let quote = "";
  for (let at = from; at < file.length; at++) {
    const character = file[at]!;
    if (quote !== "") {
      if (character === "\\" && quote !== "`") at++;
      else if (character === quote) quote = "";
    } else if (file.startsWith(ends, at)) {
      return at;
    } else if (isBlock && character === "{") {
      return at + 1;
    } else if (character === "'" || character === '"' || character === "`") {
      quote = character;
    }
  }
  return file.length;
}
