/**
 * References that a subquery would not answer as the relation did: its row type, its schema's name, its system columns, and the
 * columns that depend on its primary key.
 */
import type { Column } from "../../../catalog/catalog.ts";
import { quoteName } from "../../../masks/quote.ts";
import type { RelationRead } from "../resolution.ts";
import { Denial } from "../../denial.ts";
import { type Edits, insertAfter, replaceTokens, tokenAt } from "./edits.ts";
import { unclear } from "../../rewriting.ts";
import { expression, targets } from "./fragments.ts";
import { relationName } from "./protected-source.ts";
import { endOfName, isToken, type SourceText } from "./source-text.ts";
import { isObject, type TreeObject } from "../../tree-object.ts";
import { aliasColumns, fieldNames, listOf, locationOf, type Site, type TreeIndex } from "./tree.ts";

/**
 * A whole row of a subquery is a record; the cast gives it the relation's type again. NULL, as an outer join gives it, must stay NULL:
 * a cast alone makes a row of NULLs of it. The name that PostgreSQL derives for the result column stays the same.
 */
export function keepRowType(source: SourceText, tree: TreeIndex, read: RelationRead, edits: Edits): void {
  for (const { position } of read.wholeRows) {
    const site = columnRefAt(tree, position);
    // `(c).email` and `(c).*` take a column of the row, which a record has as well.
    if (site.path?.field === "arg" && site.path.up?.field === "A_Indirection") continue;
    const names = fieldNames(site.node);
    const row = quoteName(read.refName);
    const isStar = names.at(-1) === undefined;
    const table = names.length === 1 ? names[0] : names.at(-2);
    if (table !== read.refName) throw new Denial(unclear);
    // `c.shout` may call a function on the row, `shout(c)`.
    const called = names.length > 1 && !isStar ? `.${quoteName(names.at(-1) ?? "")}` : "";
    const text = `(case when ${row} is not distinct from null then null else cast(${row} as ${relationName(read.relation)}) end)${called}`;
    const start = tokenAt(source, position);
    replaceTokens(edits, source, start, endOfReference(source, start), text);
    replaceAll(tree, position, () => [expression(text)], edits);
  }
}

/** `public.users.email` becomes `users.email`: an alias has no schema. */
export function unqualify(source: SourceText, tree: TreeIndex, read: RelationRead, edits: Edits): void {
  const rows = new Set(read.wholeRows.map(({ position }) => position));
  for (const { position } of read.schemaQualified) {
    if (rows.has(position)) continue;
    const site = columnRefAt(tree, position);
    const fields = listOf(site.node["fields"]);
    const start = tokenAt(source, position);
    let kept = start;
    for (let dropped = 0; dropped < fields.length - 2; dropped++) kept = partAfter(source, kept);
    if (kept === start) throw new Denial(unclear);
    const last = source.tokens[kept];
    const first = source.tokens[start];
    if (first === undefined || last === undefined) throw new Denial(unclear);
    edits.splices.push({ start: first.start, end: last.start, text: "" });
    replaceAll(tree, position, ({ node }) => [{ ColumnRef: { ...node, fields: fields.slice(-2) } }], edits);
  }
}

/** Index of the next part of a dotted name. */
function partAfter(source: SourceText, index: number): number {
  for (let at = index; at < source.tokens.length; at++) if (isToken(source, at, ".")) return at + 1;
  throw new Denial(unclear);
}

/**
 * A query may use columns that depend on the primary key it groups by. A subquery has no primary key, so they join the GROUP BY,
 * which changes no group.
 */
export function groupByDependents(source: SourceText, site: Site, read: RelationRead, edits: Edits): void {
  if (read.groupedByKey === undefined || read.groupedByKey.dependents.length === 0) return;
  const { dependents } = read.groupedByKey;
  const shown = shownNames(site, read);
  const added = dependents.map((name) => {
    const column = read.relation.columns.find((one) => one.name === name);
    if (column === undefined || cannotGroup(column)) {
      throw new Denial(
        `column ${quoteName(name)} of ${read.relation.path} depends on the primary key in GROUP BY but cannot be grouped by in a statement that is rewritten for you`,
        "use it inside an aggregate, such as any_value",
      );
    }
    return `${quoteName(read.refName)}.${quoteName(shown.get(column) ?? name)}`;
  });
  const [first] = listOf(site.container?.node["groupClause"]);
  if (first === undefined) throw new Denial(unclear);
  insertAfter(edits, source, groupByKeyword(source, first), added.map((text) => ` ${text},`).join(""));
  const before = edits.expected.get(first) ?? [{ ...first }];
  // What another relation adds comes after what this one has added, in the text as in the tree.
  edits.expected.set(first, [...before.slice(0, -1), ...added.map(expression), ...before.slice(-1)]);
}

/** Index of the last word of `group by [all | distinct]` before an item of it. */
function groupByKeyword(source: SourceText, item: TreeObject): number {
  const leftmost = firstLocation(item);
  let at = leftmost === undefined ? -1 : tokenAt(source, leftmost) - 1;
  while (at > 0 && !(isToken(source, at, "by") && isToken(source, at - 1, "group"))) at--;
  if (at <= 0) throw new Denial(unclear);
  return isToken(source, at + 1, "distinct") || isToken(source, at + 1, "all") ? at + 1 : at;
}

/** Where the leftmost part of an expression with a position starts. */
function firstLocation(value: unknown): number | undefined {
  if (!isObject(value) && !Array.isArray(value)) return undefined;
  const own =
    isObject(value) && typeof value["location"] === "number" && value["location"] >= 0 ? [value["location"]] : [];
  const below = Object.values(value).flatMap((child) => firstLocation(child) ?? []);
  const all = [...own, ...below];
  return all.length === 0 ? undefined : Math.min(...all);
}

/** Types without an equality operator in a btree or hash operator class. */
function cannotGroup({ type }: Column): boolean {
  return ["json", "xml", "point", "line", "lseg", "box", "path", "polygon", "circle"].includes(type);
}

/**
 * System columns join the source's columns. A star must not show them, so it is written out; where that cannot be, the statement is
 * denied. Returns their names.
 */
export function exposeSystemColumns(
  source: SourceText,
  tree: TreeIndex,
  site: Site,
  read: RelationRead,
  edits: Edits,
): readonly string[] {
  const names = [...new Set(read.systemColumns.map(({ name }) => name))];
  if (names.length === 0) return [];
  const refuse = (with_: string) =>
    new Denial(
      `${quoteName(names[0] ?? "")} of ${read.relation.path} cannot be read together with ${with_} while it is masked or filtered for you`,
      "name the columns that you need",
    );
  if (read.wholeRows.length > 0) throw refuse("the whole row");
  if (JSON.stringify(site.container?.node["fromClause"] ?? null).includes('"isNatural":true'))
    throw refuse("NATURAL JOIN");
  const columns = [...shownNames(site, read).values()].map((name) => `${quoteName(read.refName)}.${quoteName(name)}`);
  for (const star of tree.columnRefs) {
    const fields = fieldNames(star.node);
    if (fields.at(-1) !== undefined) continue;
    const qualifier = fields.at(-2);
    if (fields.length === 1 ? star.container !== site.container : qualifier !== read.refName) continue;
    const isAlone = listOf(site.container?.node["fromClause"]).length === 1 && site.path?.field === "fromClause";
    const isTarget =
      star.path?.field === "val" &&
      star.path.up?.field === "ResTarget" &&
      star.path.up.up?.field === "targetList" &&
      star.path.up.up.object === site.container?.node;
    const target = star.path?.up?.object;
    if (
      !isTarget ||
      target === undefined ||
      fields.length > 2 ||
      (fields.length === 1 && !isAlone) ||
      columns.length === 0
    )
      throw refuse("`*`");
    const start = tokenAt(source, locationOf(star.node));
    replaceTokens(edits, source, start, endOfReference(source, start), columns.join(", "));
    edits.expected.set(target, targets(columns.join(", ")));
  }
  return names;
}

/** The names under which a query sees the relation's columns: an alias may rename the first ones. */
function shownNames(site: Site, read: RelationRead): Map<Column, string> {
  const renamed = aliasColumns(site.node);
  return new Map(read.relation.columns.map((column, index) => [column, renamed[index] ?? column.name]));
}

/** Index after `name`, `a.b.name`, `a.*` or `*`. */
function endOfReference(source: SourceText, start: number): number {
  if (isToken(source, start, "*")) return start + 1;
  const end = endOfName(source, start);
  if (end === undefined) throw new Denial(unclear);
  return isToken(source, end, ".") && isToken(source, end + 1, "*") ? end + 2 : end;
}

/** The source of `set (a, b) = (select …)` stands in the tree once for each column, and once in the text. */
function replaceAll(
  tree: TreeIndex,
  position: number,
  expected: (site: Site) => readonly unknown[],
  edits: Edits,
): void {
  for (const site of tree.columnRefs) {
    if (locationOf(site.node) === position) edits.expected.set(site.holder, expected(site));
  }
}

function columnRefAt(tree: TreeIndex, position: number): Site {
  const site = tree.columnRefs.find(({ node }) => locationOf(node) === position);
  if (site === undefined) throw new Denial(unclear);
  return site;
}
