import { quoteName } from "../../../masks/quote.ts";
import type { Relation } from "../../../catalog/catalog.ts";
import type { RelationWrite, ResolvedStatement } from "../resolution.ts";
import { Denial } from "../../denial.ts";
import { type Edits, insertBefore, tokenAt } from "./edits.ts";
import { unclear } from "../../rewriting.ts";
import type { SourceText } from "./source-text.ts";
import type { TreeObject } from "../../tree-object.ts";
import { locationOf, type Site, type TreeIndex } from "./tree.ts";

/**
 * Gives an unprotected relation its schema where the bare name could come to mean another one. Between the decision and the server's
 * own look-up another session may drop the first or put it under another name; and the server passes over schemas of the search_path
 * that the role may not use.
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
  const mentions = [...statement.reads, ...statement.writes.filter(({ kind }) => kind !== "ddl" && kind !== "refresh")];
  const shared = mentions.filter(({ relation }) => !protections.has(relation.path) && names.has(relation.name));
  qualify(source, tree, shared, edits);
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

/** A session's own schema of temporary relations has a name that only this session knows. */
function schemaOf({ schema, isTemporary }: Relation): string {
  return isTemporary ? "pg_temp" : schema;
}

function withSchema({ node, holder }: Site, schemaname: string): TreeObject {
  const qualified = { ...node, schemaname };
  return holder === node ? qualified : { RangeVar: qualified };
}
