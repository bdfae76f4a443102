import type { PlacedStatement } from "../sql/postgres/plpgsql.ts";
import { isToken, type SourceText, sourceText } from "../sql/postgres/rewrite/source-text.ts";
import type { StatementFacts } from "../sql/facts.ts";
import type { Relation } from "./catalog.ts";

/** What code of a trigger looks at of the rows before and after the change. */
export interface TriggerRow {
  readonly isWhole: boolean;
  readonly columns: ReadonlySet<string>;
}

export const noRow: TriggerRow = { isWhole: false, columns: new Set() };

/** NEW and OLD are variables: no relation in FROM has their columns, so they are names that are not known. */
export function triggerRow(statements: readonly StatementFacts[]): TriggerRow {
  const columns = new Set<string>();
  let isWhole = false;
  for (const { what, name } of statements.flatMap(({ unknown }) => unknown)) {
    const parts = name.split(".");
    // The function's name may qualify them.
    const at = parts.slice(0, 2).findIndex((part) => part === "new" || part === "old");
    if (what !== "column" || at < 0) continue;
    const second = parts[at + 1];
    if (second === undefined || second === "*") isWhole = true;
    else columns.add(second);
  }
  return { isWhole, columns };
}

/** Attribute numbers of the relation's columns that the code looks at. */
export function columnsOfRow({ columns }: Relation, row: TriggerRow): number[] {
  return columns.filter(({ name }) => row.isWhole || row.columns.has(name)).map(({ attnum }) => attnum);
}

/**
 * Whether a statement of a trigger's function does nothing but put values of NEW and OLD where nobody reads them from whom something is hidden:
 * into a notice, an error or the payload of a notification, which the proxy withholds, or back into the row.
 */
export function onlyTellsOfRow(
  text: string,
  place: PlacedStatement["place"],
  isUsersOwn: (name: string) => boolean,
): boolean {
  if (place === "elsewhere") return false;
  const { tokens, bytes } = sourceText(text);
  const words = tokens.map(({ kind, start, end }) =>
    kind === "quoted" ? '"' : bytes.toString("utf8", start, end).toLowerCase(),
  );
  if (place === "returned") return /^select coalesce \( (?:new , old|old , new) \)$/.test(words.join(" "));
  const isHarmless = (word: string, index: number): boolean => {
    if (index === 0) return word === "select";
    if (tokens[index]?.kind === "string" || punctuation.has(word)) return true;
    const [row, dot] = [words[index - 2], words[index - 1]];
    if (dot === "." && (row === "new" || row === "old")) return true;
    return place === "performed" && index === 1 ? word === "pg_notify" : tellingWords.has(word) && !isUsersOwn(word);
  };
  if (isUsersOwn("pg_notify")) return false;
  return words.every(isHarmless);
}

const punctuation: ReadonlySet<string> = new Set([".", ",", "(", ")", "::", "||"]);

/** Of an expression that fails for no value. */
const tellingWords: ReadonlySet<string> = new Set(
  "new old text to_json to_jsonb row_to_json concat tg_op tg_name tg_table_name tg_table_schema".split(" "),
);

/**
 * The text with `new.x IS DISTINCT FROM old.x` and the like as a constant: whoever changes the row is not let change a column that is hidden
 * from them, so how that compares with itself tells nothing.
 */
export function withoutComparedRows(text: string): string {
  if (!/\bold\b/i.test(text)) return text;
  const source = sourceText(text);
  if (source.tokens.some((_, index) => isOtherName(source, index))) return text;
  let result = "";
  let copied = 0;
  for (let index = 0; index < source.tokens.length; index++) {
    const end = endOfComparison(source, index);
    const [first, last] = [source.tokens[index], source.tokens[end - 1]];
    if (end === index || first === undefined || last === undefined) continue;
    result += `${source.bytes.toString("utf8", copied, first.start)}true`;
    copied = last.end;
    index = end - 1;
  }
  return result + source.bytes.toString("utf8", copied);
}

/** Whether a token is `new` or `old` as the name of something in FROM, or may be. */
function isOtherName(source: SourceText, index: number): boolean {
  if (index === 0 || !(isToken(source, index, "new") || isToken(source, index, "old"))) return false;
  const before = source.tokens[index - 1];
  if (before === undefined || before.kind === "operator" || isToken(source, index - 1, "(")) return false;
  if (isToken(source, index - 1, ",")) return !isToken(source, index + 1, ".");
  if (isToken(source, index - 1, "from")) return !isToken(source, index - 2, "distinct");
  return !beforeValues.some((word) => isToken(source, index - 1, word));
}

/** Tokens that an expression may follow, and no name of a relation. */
const beforeValues =
  "= < > + - * / [ : select and or not when then else case where in like is distinct set values returning on by".split(
    " ",
  );

/** The index after a comparison of NEW with OLD that starts at a token, or the same index. */
function endOfComparison(source: SourceText, start: number): number {
  const isOneOf = (index: number, words: readonly string[]) => words.some((word) => isToken(source, index, word));
  if (start > 0 && !isOneOf(start - 1, ["(", "and", "or", "not", "when", "select", ","])) return start;
  const left = rowReference(source, start);
  if (left === undefined) return start;
  let next = left.end;
  if (isToken(source, next, "is")) {
    next += isToken(source, next + 1, "not") ? 2 : 1;
    if (!isToken(source, next, "distinct") || !isToken(source, next + 1, "from")) return start;
    next += 2;
  } else if (isOneOf(next, ["=", "<>", "!="])) next++;
  else return start;
  const right = rowReference(source, next);
  if (right === undefined || right.row === left.row || right.column !== left.column) return start;
  return right.end === source.tokens.length || isOneOf(right.end, [")", "and", "or", "then", ","]) ? right.end : start;
}

/** `new`, `new.*` or `new.x`, of plain words only. */
function rowReference(
  source: SourceText,
  start: number,
): { readonly row: "new" | "old"; readonly column: string; readonly end: number } | undefined {
  const row = isToken(source, start, "new") ? "new" : isToken(source, start, "old") ? "old" : undefined;
  if (row === undefined) return undefined;
  if (!isToken(source, start + 1, ".")) return { row, column: "", end: start + 1 };
  const column = source.tokens[start + 2];
  if (column === undefined || isToken(source, start + 3, ".")) return undefined;
  const name = source.bytes.toString("utf8", column.start, column.end);
  return column.kind === "word" || name === "*" ? { row, column: name.toLowerCase(), end: start + 3 } : undefined;
}
