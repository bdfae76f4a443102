import { quoteName } from "../../../masks/quote.ts";
import type { Relation } from "../../../catalog/catalog.ts";
import type { RelationWrite, ResolvedStatement } from "../resolution.ts";
import { Denial } from "../../denial.ts";
import { type Edits, insertBefore, tokenAt } from "./edits.ts";
import { listedNames } from "./listed-names.ts";
import { unclear } from "../../rewriting.ts";
import type { SourceText } from "./source-text.ts";
import type { TreeObject } from "../../tree-object.ts";
import { locationOf, type Site, stringOf, type TreeIndex } from "./tree.ts";

/**
 * Gives a relation its schema where the bare name could come to mean another one. Between the decision and the server's own look-up
 * another session may drop the first or put it under another name; and the server passes over schemas of the search_path that the role
 * may not use. Where a protected relation is read or changed, other edits name it.
 * @param names of which that is so
 */
export function qualifyNamesakes(
  source: SourceText,
  statement: ResolvedStatement,
  tree: TreeIndex,
  protections: ReadonlyMap<string, unknown>,
  names: ReadonlySet<string>,
  edits: Edits,
): void {
  const defined = statement.writes.filter(({ kind }) => kind === "ddl" || kind === "refresh");
  const others = statement.writes.filter(({ kind }) => kind !== "ddl" && kind !== "refresh" && kind !== "create");
  const used = [...statement.reads, ...others].filter(({ relation }) => !protections.has(relation.path));
  const isShared = ({ relation }: Mention) => names.has(relation.name);
  qualify(source, tree, [...used, ...defined].filter(isShared), edits);
  qualifyListed(source, statement, defined.filter(isShared), edits);
}

type Mention = Pick<RelationWrite, "relation" | "rangeVar">;

/** Gives relations the schema that the text leaves to the search_path. */
export function qualify(source: SourceText, tree: TreeIndex, mentions: readonly Mention[], edits: Edits): void {
  const done = new Set<number>();
  for (const { relation, rangeVar } of mentions) {
    if (rangeVar === undefined || rangeVar.schemaname !== undefined) continue;
    const sites = tree.rangeVars.filter(({ node }) => locationOf(node) === (rangeVar.location ?? 0));
    if (sites.length === 0) throw new Denial(unclear);
    const schema = schemaOf(relation);
    for (const site of sites) edits.expected.set(site.holder, [withSchema(site, schema)]);
    const position = rangeVar.location ?? 0;
    if (!done.has(position)) insertBefore(edits, source, tokenAt(source, position), `${quoteName(schema)}.`);
    done.add(position);
  }
}

/** The same for what DROP and COMMENT name. */
function qualifyListed(
  source: SourceText,
  { node, facts }: ResolvedStatement,
  mentions: readonly Mention[],
  edits: Edits,
): void {
  const listed = mentions.filter(({ rangeVar }) => rangeVar === undefined);
  if (listed.length === 0) return;
  for (const { holder, parts, relationParts, token } of listedNames(source, { ...node }, facts.start)) {
    const [name] = parts;
    if (name === undefined || relationParts !== 1) continue;
    const meant = listed.find(({ relation }) => relation.name === stringOf(name));
    if (meant === undefined) continue;
    const schema = schemaOf(meant.relation);
    edits.expected.set(holder, [{ List: { items: [{ String: { sval: schema } }, ...parts] } }]);
    insertBefore(edits, source, token, `${quoteName(schema)}.`);
  }
}

/** A session's own schema of temporary relations has a name that only this session knows. */
function schemaOf({ schema, isTemporary }: Relation): string {
  return isTemporary ? "pg_temp" : schema;
}

function withSchema({ node, holder }: Site, schemaname: string): TreeObject {
  const qualified = { ...node, schemaname };
  return holder === node ? qualified : { RangeVar: qualified };
}
