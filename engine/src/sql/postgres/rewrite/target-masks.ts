/**
 * What is written cannot be a subquery: where the statement reads a masked column of it, in WHERE, ON or RETURNING, the mask goes around the
 * reference as it is spelled, and `*` is written out.
 */
import type { Column } from "../../../catalog/catalog.ts";
import { planMask } from "../../../masks/masks.ts";
import { quoteName } from "../../../masks/quote.ts";
import type { RelationWrite } from "../resolution.ts";
import { Denial } from "./denial.ts";
import { type Edits, endOf, replaceTokens, tokenAt, unclear } from "./edits.ts";
import { expression, targets } from "./fragments.ts";
import type { Protection } from "./protection.ts";
import { endOfName, isToken, type SourceText } from "./source-text.ts";
import {
  type Container,
  fieldNames,
  isObject,
  locationOf,
  type Site,
  type TreeIndex,
  type TreeObject,
} from "./tree.ts";

/** @returns the references that now give masked values. */
export function maskTarget(
  source: SourceText,
  tree: TreeIndex,
  container: Container,
  { references }: RelationWrite,
  protection: Protection,
  edits: Edits,
): ReadonlySet<TreeObject> {
  const masked = new Set<TreeObject>();
  const columns = new Map(references.map(({ position, column }) => [position, column]));
  for (const site of tree.columnRefs) {
    const column = columns.get(locationOf(site.node));
    if (column === undefined || !protection.columns.has(column.attnum)) continue;
    maskReference(source, site, column, protection, edits);
    masked.add(site.node);
  }
  for (const site of tree.columnRefs) {
    const qualifier = starOf(site, container);
    if (qualifier === undefined) continue;
    expandStar(source, site, qualifier, protection, edits);
    masked.add(site.node);
  }
  return masked;
}

function maskReference(
  source: SourceText,
  { node, holder, path }: Site,
  column: Column,
  protection: Protection,
  edits: Edits,
): void {
  const start = tokenAt(source, locationOf(node));
  const end = endOfName(source, start);
  const [first] = [source.tokens[start]];
  if (end === undefined || first === undefined) throw new Denial(unclear);
  const sql = maskedSql(protection, column, source.bytes.toString("utf8", first.start, endOf(source, end - 1)));
  edits.expected.set(holder, [expression(sql)]);
  // A mask would give its result a name of its own.
  const output = path?.field === "val" && path.up?.field === "ResTarget" ? path.object : undefined;
  if (output === undefined || output["name"] !== undefined) {
    replaceTokens(edits, source, start, end, sql);
    return;
  }
  replaceTokens(edits, source, start, end, `${sql} as ${quoteName(column.name)}`);
  edits.expected.set(output, [{ ...output, name: column.name }]);
}

function maskedSql({ relation, columns }: Protection, column: Column, reference: string): string {
  const mask = columns.get(column.attnum);
  if (mask?.mask.name === "token") {
    throw new Denial(
      `column ${quoteName(column.name)} of ${relation.path} is shown to you as tokens, and a statement that changes ${relation.path} cannot read it`,
      "name only other columns in WHERE, SET and RETURNING",
    );
  }
  const plan = mask === undefined ? undefined : planMask(mask.mask, column);
  if (plan?.kind === "refused") {
    throw new Denial(`column ${quoteName(column.name)} of ${relation.path} cannot be masked: ${plan.reason}`);
  }
  return plan === undefined ? reference : `(${plan.sql(reference)})`;
}

/** By what a star of RETURNING means the columns of the target; undefined for other references. */
function starOf({ node, path, container: own }: Site, container: Container): string | undefined {
  const fields = fieldNames(node);
  const isReturned = path?.field === "val" && path.up?.field === "ResTarget" && path.up.up?.field === "exprs";
  if (own !== container || !isReturned || fields.at(-1) !== undefined || fields.length > 2) return undefined;
  const { names, alone } = targetNames(container.node);
  const [qualifier] = fields;
  if (fields.length === 1) return alone;
  return qualifier !== undefined && names.has(qualifier) ? qualifier : undefined;
}

/** The names that mean the target in the statement's expressions, and the one by which `*` does, where it stands alone. */
export function targetNames(statement: TreeObject): {
  readonly names: ReadonlySet<string>;
  readonly alone: string | undefined;
} {
  const { relation: target, returningClause: returning } = statement;
  if (!isObject(target)) throw new Denial(unclear);
  const { alias } = target;
  const name = isObject(alias) ? String(alias["aliasname"]) : String(target["relname"]);
  const names = new Set([name, "old", "new", "excluded"]);
  const options = isObject(returning) && Array.isArray(returning["options"]) ? returning["options"] : [];
  for (const option of options as readonly TreeObject[]) {
    const { ReturningOption: renamed } = option;
    if (isObject(renamed)) names.add(String(renamed["value"]));
  }
  const isJoined = ["fromClause", "usingClause", "sourceRelation"].some((field) => statement[field] !== undefined);
  return { names, alone: isJoined ? undefined : name };
}

function expandStar(
  source: SourceText,
  { node, path }: Site,
  qualifier: string,
  protection: Protection,
  edits: Edits,
): void {
  const start = tokenAt(source, locationOf(node));
  const end = isToken(source, start, "*") ? start + 1 : endOfStar(source, start);
  const outputs = protection.relation.columns.map((column) => {
    const reference = `${quoteName(qualifier)}.${quoteName(column.name)}`;
    return protection.columns.has(column.attnum)
      ? `${maskedSql(protection, column, reference)} as ${quoteName(column.name)}`
      : reference;
  });
  const holder = path?.up?.object;
  if (holder === undefined || outputs.length === 0) throw new Denial(unclear);
  replaceTokens(edits, source, start, end, outputs.join(", "));
  edits.expected.set(holder, targets(outputs.join(", ")));
}

function endOfStar(source: SourceText, start: number): number {
  const dot = endOfName(source, start);
  if (dot === undefined || !isToken(source, dot, ".") || !isToken(source, dot + 1, "*")) throw new Denial(unclear);
  return dot + 2;
}
