import { endOfName, isToken, sourceText } from "../sql/postgres/rewrite/source-text.ts";

/**
 * Names of the columns that a trigger's function gives other values: of a PL/pgSQL body that does nothing but `NEW.column := expression` before it
 * returns NEW, as one that keeps `updated_at`. Undefined for all others: what they change is not known.
 */
export function assignedColumns(language: string, name: string, body: string): readonly string[] | undefined {
  if (language === "internal" && name === "suppress_redundant_updates_trigger") return [];
  return language === "plpgsql" ? assignments(body) : undefined;
}

function assignments(body: string): readonly string[] | undefined {
  const source = sourceText(body);
  const names: string[] = [];
  let at = 0;
  if (!isToken(source, at++, "begin")) return undefined;
  while (isToken(source, at, "new") && isToken(source, at + 1, ".")) {
    const column = source.tokens[at + 2];
    const end = endOfName(source, at);
    // A quoted name could have escapes.
    if (column?.kind !== "word" || end !== at + 3) return undefined;
    if (isToken(source, end, ":") && isToken(source, end + 1, "=")) at = end + 2;
    else if (isToken(source, end, "=") || isToken(source, end, ":=")) at = end + 1;
    else return undefined;
    names.push(source.bytes.toString("utf8", column.start, column.end).toLowerCase());
    while (at < source.tokens.length && !isToken(source, at, ";")) at++;
    at++;
  }
  if (!isToken(source, at, "return") || !isToken(source, at + 1, "new") || !isToken(source, at + 2, ";"))
    return undefined;
  if (!isToken(source, at + 3, "end")) return undefined;
  const rest = source.tokens.length - (at + 4);
  return rest === 0 || (rest === 1 && isToken(source, at + 4, ";")) ? names : undefined;
}
