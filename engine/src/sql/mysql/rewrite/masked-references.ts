/** References to masked columns of a table that a statement changes, which cannot stand as a derived table: each becomes the mask of itself. */
import type { Column } from "../../../catalog/catalog.ts";
import { planMask } from "../../../masks/masks.ts";
import { Denial } from "../../denial.ts";
import { because, type Protection } from "../../protection.ts";
import { refuseTokenOfTarget } from "../../token-outputs.ts";
import { isObject, type TreeObject } from "../../tree-object.ts";
import { quoteMysqlName } from "../quote.ts";
import type { ColumnName } from "../tree/expressions.ts";
import type { Select, SelectItem } from "../tree/queries.ts";
import type { Rewriting } from "./edits.ts";
import { columnName, columnsIn, parsedItems, replaceExpression } from "./fragments.ts";
import { sourcesOf } from "./named-tables.ts";
import { isSameName } from "./new-rows.ts";

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
 * @param name by which the statement's columns can name the table
 * @throws Denial
 */
export function maskReferences(
  { text, statement, edits, dialect }: Rewriting,
  root: { readonly kind: string },
  name: string,
  references: readonly ColumnName[],
  protection: Protection,
): void {
  const masked = maskedColumns(protection);
  const others = new Set<unknown>(
    statement.reads.filter(({ relation }) => relation === protection.relation).map(({ table }) => table),
  );
  const meanings = meaningsInQueries(root, name, others);
  for (const reference of references) {
    const column = masked.get(columnName(reference).toLowerCase());
    const meaning = meanings.get(reference);
    if (meaning === "other") continue;
    if (meaning === "unclear" || column === undefined) {
      throw new Denial(
        `${because(protection)}, and \`${columnName(reference)}\` is named in a query inside of ${root.kind.toUpperCase()}`,
        "write columns with their tables, and give those of the query other names",
      );
    }
    const mask = maskOver(protection, column, text.slice(reference.start, reference.end));
    replaceExpression(edits, dialect, reference, mask);
  }
}

/**
 * What columns in queries mean that are not surely the table's: without a table they may be the query's own, and so may those whose table the
 * query calls alike. They are the query's where that is the same table once more, which has the same columns.
 * @param others where the table is read under a name
 */
function meaningsInQueries(
  root: unknown,
  name: string,
  others: ReadonlySet<unknown>,
): ReadonlyMap<unknown, "other" | "unclear"> {
  const found = new Map<unknown, "other" | "unclear">();
  const visit = (value: unknown, isQueried: boolean, hiding: "other" | "unclear" | undefined): void => {
    if (Array.isArray(value)) {
      for (const each of value) visit(each, isQueried, hiding);
      return;
    }
    if (!isObject(value)) return;
    const { kind, body } = value;
    if (kind === "column" && isQueried) {
      const qualifier = (value as unknown as ColumnName).parts.at(-2)?.text;
      // Whether names of tables know a case depends on the server.
      const meaning = qualifier === undefined || (hiding === "other" && qualifier !== name) ? "unclear" : hiding;
      if (meaning !== undefined) found.set(value, meaning);
    }
    // ORDER BY of a query stands beside its SELECT.
    const select = kind === "query" && isObject(body) ? body : value;
    const from = select["kind"] === "select" ? sourcesOf((select as unknown as Select).from) : [];
    const [alike, second] = from.filter((each) => isSameName(each.name, name));
    const isOther = alike?.name === name && second === undefined && others.has(alike.source);
    const inside = alike === undefined ? hiding : isOther ? "other" : "unclear";
    for (const child of Object.values(value)) visit(child, isQueried || kind === "query", inside);
  };
  visit(root, false, undefined);
  return found;
}

function maskOver(protection: Protection, column: Column, reference: string): string {
  refuseTokenOfTarget(protection, column);
  const { relation, columns } = protection;
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
    maskReferences(rewriting, root, name, references, protection);
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
