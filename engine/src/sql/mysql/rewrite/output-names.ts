import type { ResolvedMysql } from "../facts/resolve.ts";
import { quoteMysqlName } from "../quote.ts";
import type { SelectItem } from "../tree/queries.ts";
import type { TreeObject } from "../../tree-object.ts";
import type { Edits } from "./edits.ts";
import { nodesOf } from "./tree.ts";

/**
 * Outputs of a table are called as the statement spells them, those of a derived table as its columns are: a name in another case, which
 * drivers look rows up by, is given as an alias.
 */
export function keepSpelling({ node, reads }: ResolvedMysql, { splices, expected }: Edits): void {
  const columns = new Set(reads.flatMap(({ relation }) => relation.columns.map(({ name }) => name)));
  for (const select of nodesOf(node, selects)) {
    for (const item of select["items"] as readonly SelectItem[]) {
      const { expression, alias } = item;
      if (alias !== undefined || expression.kind !== "column") continue;
      const name = expression.parts.at(-1)?.text ?? "";
      if (columns.has(name)) continue;
      splices.push({ start: item.end, end: item.end, text: ` as ${quoteMysqlName(name)}` });
      expected.set(item as unknown as TreeObject, [{ ...item, alias: name }]);
    }
  }
}

const selects: ReadonlySet<string> = new Set(["select"]);
