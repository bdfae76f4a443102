import { firstCharacters } from "../../../masks/base-type.ts";
import type { Splice } from "../../splices.ts";
import type { TreeObject } from "../../tree-object.ts";
import type { ResolvedMysql } from "../facts/resolve.ts";
import { quoteMysqlName } from "../quote.ts";
import type { SelectItem } from "../tree/queries.ts";
import type { Edits } from "./edits.ts";
import { nodesOf } from "./tree.ts";

/**
 * The server calls an output as its expression is written, and a column of a table as the statement spells it. Where what is sent is written
 * otherwise, the name that the client expects is given as an alias.
 * @param later edits that are made afterwards
 */
export function keepNames(
  text: string,
  { node, reads }: ResolvedMysql,
  { splices, expected }: Edits,
  later: readonly Splice[] = [],
): void {
  const columns = new Set(reads.flatMap(({ relation }) => relation.columns.map(({ name }) => name)));
  const edited = [...splices, ...later];
  const nameOf = ({ expression, start, end }: SelectItem): string | undefined => {
    if (expression.kind === "star") return undefined;
    if (expression.kind === "column") {
      // Columns of a derived table are called as its query calls them.
      const name = expression.parts.at(-1)?.text ?? "";
      return columns.has(name) ? undefined : name;
    }
    const isEdited = edited.some((splice) => splice.start >= start && splice.end <= end);
    return isEdited ? firstCharacters(text.slice(start, end), aliasCharactersMax) : undefined;
  };
  for (const select of nodesOf(node, selects)) {
    for (const item of select["items"] as readonly SelectItem[]) {
      const name = item.alias === undefined ? nameOf(item) : undefined;
      if (name === undefined) continue;
      splices.push({ start: item.end, end: item.end, text: ` as ${quoteMysqlName(name)}` });
      expected.set(item as unknown as TreeObject, [{ ...item, alias: name }]);
    }
  }
}

const selects: ReadonlySet<string> = new Set(["select"]);
/** Manual: Identifier Length Limits. */
const aliasCharactersMax = 256;
