/**
 * What is written cannot be a subquery: where the statement reads a masked column of it, in WHERE, ON or RETURNING, the mask goes around the
 * reference as it is spelled, and `*` is written out.
 */
import type { Column } from "../../../catalog/catalog.ts";
import { planMask } from "../../../masks/masks.ts";
import { quoteName } from "../../../masks/quote.ts";
import type { RelationWrite } from "../resolution.ts";
import { Denial } from "../../denial.ts";
import { type Edits, endOf, replaceTokens, tokenAt } from "./edits.ts";
import { unclear } from "../../rewriting.ts";
import { expression, targets } from "./fragments.ts";
import type { Protection } from "../../protection.ts";
import { endOfName, isToken, type SourceText } from "./source-text.ts";
import { refuseTokenOfTarget } from "../../token-outputs.ts";
import { isObject, type TreeObject } from "../../tree-object.ts";
import { type Container, fieldNames, listOf, locationOf, type Site, type TreeIndex } from "./tree.ts";

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
  const versions = versionNames(container);
  for (const site of tree.columnRefs) {
    const column = columns.get(locationOf(site.node));
    if (column === undefined || !protection.columns.has(column.attnum)) continue;
    maskReference(source, site, column, protection, versions, edits);
    masked.add(site.node);
  }
  for (const site of tree.columnRefs) {
    const qualifier = starOf(site, container);
    if (qualifier === undefined) continue;
    expandStar(source, site, qualifier, protection, versions, edits);
    masked.add(site.node);
  }
  return masked;
}

function maskReference(
  source: SourceText,
  { node, holder, path }: Site,
  column: Column,
  protection: Protection,
  versions: ReadonlySet<string>,
  edits: Edits,
): void {
  const start = tokenAt(source, locationOf(node));
  const end = endOfName(source, start);
  const [first] = [source.tokens[start]];
  if (end === undefined || first === undefined) throw new Denial(unclear);
  const qualifier = fieldNames(node).at(-2);
  const reference = source.bytes.toString("utf8", first.start, endOf(source, end - 1));
  const masked = maskedSql(protection, column, reference);
  const sql = qualifier !== undefined && versions.has(qualifier) ? ifThere(qualifier, column, masked) : masked;
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

function maskedSql(protection: Protection, column: Column, reference: string): string {
  const { relation, columns } = protection;
  refuseTokenOfTarget(protection, column);
  const mask = columns.get(column.attnum);
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
  const names = new Set([name, "excluded", ...namesOfVersions(returning)]);
  const isJoined = ["fromClause", "usingClause", "sourceRelation"].some((field) => statement[field] !== undefined);
  return { names, alone: isJoined ? undefined : name };
}

/** `old` and `new`, or what WITH calls them in RETURNING. */
function namesOfVersions(returning: unknown): string[] {
  const options = isObject(returning) ? listOf(returning["options"]) : [];
  return ["old", "new", ...options.flatMap(({ ReturningOption: it }) => (isObject(it) ? [String(it["value"])] : []))];
}

/** The versions of the row of which one may not be there: an UPDATE has both, what is inserted was not, what is deleted is not any more. */
function versionNames({ kind, node }: Container): ReadonlySet<string> {
  return new Set(kind === "UpdateStmt" ? [] : namesOfVersions(node["returningClause"]));
}

/** Of a row that is not there all columns are NULL, and a mask could make a value of that. */
function ifThere(version: string, column: Column, masked: string): string {
  if (column.domain?.notNull === true) return masked;
  return `cast(case when ${quoteName(version)} is distinct from null then ${masked} end as ${column.typeSql})`;
}

function expandStar(
  source: SourceText,
  { node, path }: Site,
  qualifier: string,
  protection: Protection,
  versions: ReadonlySet<string>,
  edits: Edits,
): void {
  const start = tokenAt(source, locationOf(node));
  const end = isToken(source, start, "*") ? start + 1 : endOfStar(source, start);
  const outputs = protection.relation.columns.map((column) => {
    const reference = `${quoteName(qualifier)}.${quoteName(column.name)}`;
    if (!protection.columns.has(column.attnum)) return reference;
    const masked = maskedSql(protection, column, reference);
    return `${versions.has(qualifier) ? ifThere(qualifier, column, masked) : masked} as ${quoteName(column.name)}`;
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
