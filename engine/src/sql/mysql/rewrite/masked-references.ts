/** References to masked columns of a table that a statement changes, which cannot stand as a derived table: each becomes the mask of itself. */
import type { Column } from "../../../catalog/catalog.ts";
import { planMask } from "../../../masks/masks.ts";
import { Denial } from "../../denial.ts";
import { because, type Protection } from "../../protection.ts";
import type { TreeObject } from "../../tree-object.ts";
import { quoteMysqlName } from "../quote.ts";
import type { ColumnName } from "../tree/expressions.ts";
import type { SelectItem } from "../tree/queries.ts";
import type { Rewriting } from "./edits.ts";
import { columnName, columnsIn, parsedItems, replaceExpression } from "./fragments.ts";
import { isSameName } from "./new-rows.ts";
import { nodesOf } from "./tree.ts";

/** Columns of a relation that are masked, by their names in lower case. */
function maskedColumns({ relation, columns }: Protection): ReadonlyMap<string, Column> {
  return new Map(
    relation.columns.filter(({ attnum }) => columns.has(attnum)).map((column) => [column.name.toLowerCase(), column]),
  );
}

/** Where a masked column of a table is named, or could be. */
export function referencesTo(root: unknown, name: string, protection: Protection): readonly ColumnName[] {
  const masked = maskedColumns(protection);
  return columnsIn(root).filter((reference) => {
    const qualifier = reference.parts.at(-2)?.text;
    return masked.has(columnName(reference).toLowerCase()) && (qualifier === undefined || isSameName(qualifier, name));
  });
}

/**
 * Puts masks in the place of references.
 * @param root all of the statement, in which a query's own columns could be meant
 * @throws Denial
 */
export function maskReferences(
  { text, edits, dialect }: Rewriting,
  root: { readonly kind: string },
  references: readonly ColumnName[],
  protection: Protection,
): void {
  const masked = maskedColumns(protection);
  const isQueried = nodesOf(root, queries).length > 0;
  for (const reference of references) {
    const column = masked.get(columnName(reference).toLowerCase());
    if (isQueried || column === undefined) {
      throw new Denial(
        `${because(protection)}, and \`${columnName(reference)}\` is named beside a query inside of ${root.kind.toUpperCase()}`,
        "write the query's columns with their table",
      );
    }
    const mask = maskOver(protection, column, text.slice(reference.start, reference.end));
    replaceExpression(edits, dialect, reference, mask);
  }
}

const queries: ReadonlySet<string> = new Set(["query"]);

function maskOver({ relation, columns }: Protection, column: Column, reference: string): string {
  const mask = columns.get(column.attnum);
  const plan = mask === undefined ? undefined : planMask(mask.mask, column);
  if (plan?.kind !== "masking") throw new Denial(`column \`${column.name}\` of ${relation.path} cannot be masked`);
  return `(${plan.sql(reference)})`;
}

/** RETURNING of MariaDB shows the row as it is stored. @throws Denial */
export function maskReturning(
  rewriting: Rewriting,
  root: { readonly kind: string; readonly returning: readonly SelectItem[] },
  name: string,
  protection: Protection,
): void {
  if (protection.columns.size === 0) return;
  const { edits, dialect } = rewriting;
  for (const item of root.returning) {
    const { expression, alias } = item;
    if (expression.kind === "star") {
      const text = everyColumn(protection, name);
      edits.splices.push({ start: item.start, end: item.end, text });
      edits.expected.set(item as unknown as TreeObject, parsedItems(text, dialect));
      continue;
    }
    const references = referencesTo(expression, name, protection);
    maskReferences(rewriting, root, references, protection);
    if (references.length === 0 || alias !== undefined) continue;
    // The client expects the name that it would have without the mask.
    const own = expression.kind === "column" ? columnName(expression) : rewriting.text.slice(item.start, item.end);
    edits.splices.push({ start: item.end, end: item.end, text: ` as ${quoteMysqlName(own)}` });
    edits.expected.set(item as unknown as TreeObject, [{ ...item, alias: own }]);
  }
}

/** What `*` means, with masks. */
function everyColumn(protection: Protection, name: string): string {
  const masked = maskedColumns(protection);
  return protection.relation.columns
    .filter(({ isInvisible }) => isInvisible !== true)
    .map((column) => {
      const [own, reference] = [quoteMysqlName(column.name), `${quoteMysqlName(name)}.${quoteMysqlName(column.name)}`];
      return masked.has(column.name.toLowerCase()) ? `${maskOver(protection, column, reference)} as ${own}` : reference;
    })
    .join(", ");
}
