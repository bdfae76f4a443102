import { sourceText } from "../sql/postgres/rewrite/source-text.ts";

/**
 * Whether an expression of a generated column or an index, as the server prints it, may raise an error for some values: whether it has more in it
 * than columns, constants, and what of PostgreSQL's own is known to fail for none.
 */
export function mayFail(expression: string): boolean {
  const { tokens, bytes } = sourceText(expression);
  const words = tokens.map(({ start, end }) => bytes.toString("utf8", start, end).toLowerCase());
  return tokens.some(({ kind }, index) => {
    const word = words[index] ?? "";
    if (kind === "operator") return !operators.has(word);
    // Of a type: a length that a value may have more of.
    const isLength = word === "(" && tokens[index + 1]?.kind === "number" && words[index + 2] === ")";
    if (isLength) return types.has(words[index - 1] ?? "");
    if (word === "::") return !types.has(words[index + 1] ?? "");
    return (
      words[index + 1] === "(" && (kind === "word" || kind === "quoted") && !functions.has(word) && !types.has(word)
    );
  });
}

/** The conditions of which a check, as the server prints it, wants all; it itself where that is not plain. */
export function conjuncts(expression: string): readonly string[] {
  const { tokens, bytes } = sourceText(expression);
  const words = tokens.map(({ start, end }) => bytes.toString("utf8", start, end).toLowerCase());
  // CASE has words of its own between its parts.
  if (words[0] !== "(" || words.at(-1) !== ")" || words.includes("case")) return [expression];
  const found: string[] = [];
  let depth = 0;
  let from = 1;
  for (const [index, word] of words.entries()) {
    if (word === "(") depth++;
    if (word === ")") depth--;
    const isEnd = depth === 0;
    if (isEnd && index < words.length - 1) return [expression];
    if (!isEnd && (depth > 1 || word !== "and")) continue;
    found.push(bytes.toString("utf8", tokens[from]?.start, tokens[index - 1]?.end));
    from = index + 1;
  }
  return found;
}

const operators: ReadonlySet<string> = new Set("|| = <> < > <= >= ~~ !~~ @@".split(" "));

const types: ReadonlySet<string> = new Set("text character varying bpchar regconfig tsvector boolean".split(" "));

const functions: ReadonlySet<string> = new Set(
  `lower upper initcap coalesce length char_length octet_length btrim ltrim rtrim left right replace translate reverse md5 greatest least nullif
   extract to_tsvector setweight starts_with strpos and or not is in any case when then else end distinct from array`.split(
    /\s+/,
  ),
);
