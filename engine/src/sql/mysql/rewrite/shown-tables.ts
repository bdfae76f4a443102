import { Denial } from "../../denial.ts";
import type { TreeObject } from "../../tree-object.ts";
import { unclear } from "../../rewriting.ts";
import type { Dialect } from "../dialect.ts";
import { parseMysql } from "../parse.ts";
import type { Statement } from "../tree/statements.ts";
import type { Edits } from "./edits.ts";

/** The mode in which MariaDB shows a table without its options, of which one is the number that the next row gets. */
const withoutOptions = "set statement sql_mode = concat(@@session.sql_mode, ',NO_TABLE_OPTIONS') for ";

/** Leaves out of SHOW CREATE TABLE how many rows a table has had. @throws Denial */
export function hideNextNumber(text: string, node: Statement, dialect: Dialect, { splices, expected }: Edits): void {
  if (node.kind !== "show" || node.what !== "create table") return;
  if (dialect.product !== "mariadb") {
    throw new Denial(
      "SHOW CREATE TABLE would show the next number of a table, which tells how many rows it has had, and rows are filtered for you",
      "use SHOW COLUMNS and information_schema",
    );
  }
  splices.push({ start: node.start, end: node.start, text: withoutOptions });
  const read = parseMysql(withoutOptions + text.slice(node.start, node.end), dialect);
  const [made] = read.kind === "statements" ? read.statements : [];
  if (made === undefined) throw new Denial(unclear);
  expected.set(node as unknown as TreeObject, [made]);
}
