/** What an enforcement point has to know of PREPARE and EXECUTE IMMEDIATE beyond a verdict: the texts that they give to the server. */
import type { Catalog } from "../../catalog/catalog.ts";
import type { NameContext } from "../../enforcer.ts";
import { mysqlDialectOf } from "./analyze.ts";
import { givenText, sourceOf } from "./facts/given-text.ts";
import { parseMysql } from "./parse.ts";

export type GivenText = {
  /** Of PREPARE: what the statement is to be called. */
  readonly name: string | undefined;
} & (
  | /** The text stands in the statement; `names` is what it is read with. */
  { readonly kind: "string"; readonly text: string; readonly names: NameContext }
  /** The server computes it from what stands between these UTF-16 offsets. */
  | { readonly kind: "computed"; readonly start: number; readonly end: number; readonly isVariable: boolean }
);

/** One for each statement of a text; `undefined` for those that give none. Empty for a text that cannot be read. */
export function readGivenTexts(text: string, catalog: Catalog, names: NameContext): readonly (GivenText | undefined)[] {
  const parsed = parseMysql(text, mysqlDialectOf(catalog, names));
  if (parsed.kind !== "statements") return [];
  let now = names;
  return parsed.statements.map((statement) => {
    if (statement.kind === "use") now = { ...now, searchPath: [statement.database.text] };
    const source = sourceOf(statement);
    if (source === undefined) return undefined;
    const string = givenText(statement);
    const name = statement.kind === "prepare" ? statement.name.text : undefined;
    if (string !== undefined) return { kind: "string", name, text: string.text, names: now };
    return {
      kind: "computed",
      name,
      start: source.start,
      end: source.end,
      isVariable: source.kind === "user_variable",
    };
  });
}
