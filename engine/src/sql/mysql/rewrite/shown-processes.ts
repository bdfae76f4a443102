/** SHOW PROCESSLIST as a query: what connections run is hidden as in `information_schema.processlist`, the rest is shown. */
import { Denial } from "../../denial.ts";
import { because, type Protection } from "../../protection.ts";
import { unclear } from "../../rewriting.ts";
import type { TreeObject } from "../../tree-object.ts";
import { parseMysql } from "../parse.ts";
import { quoteMysqlName } from "../quote.ts";
import type { Show } from "../tree/utility.ts";
import type { Rewriting } from "./edits.ts";
import { protectedSource, wholeRelation } from "./protected-source.ts";

/** As both servers show them; the last one is MariaDB's. */
const shown = ["Id", "User", "Host", "db", "Command", "Time", "State", "Info", "Progress"];

/** @throws Denial where it has clauses that a query would have to have */
export function showProcesses({ dialect, edits }: Rewriting, node: Show, protection: Protection): void {
  if (node.where !== undefined || node.like !== undefined) {
    throw new Denial(`${because(protection)}, which does not go together with conditions of SHOW`, "leave them out");
  }
  const alias = "processes";
  const columns = shown.flatMap((name) => {
    const column = protection.relation.columns.find((each) => each.name.toLowerCase() === name.toLowerCase());
    return column === undefined
      ? []
      : `${quoteMysqlName(alias)}.${quoteMysqlName(column.name)} as ${quoteMysqlName(name)}`;
  });
  const text = `select ${columns.join(", ")} from ${protectedSource(protection, alias, wholeRelation)}`;
  const parsed = parseMysql(text, dialect);
  const [query] = parsed.kind === "statements" ? parsed.statements : [];
  if (query === undefined) throw new Denial(unclear);
  edits.splices.push({ start: node.start, end: node.end, text });
  edits.expected.set(node as unknown as TreeObject, [query]);
}
