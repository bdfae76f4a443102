/**
 * The rewritten text looked at once more, by itself: a protected relation may stand in it only inside a generated derived table, or as what the
 * statement changes. Independent of name resolution but for what names are the same.
 */
import { namedIn, type Relation } from "../../../catalog/catalog.ts";
import type { Protection } from "../../protection.ts";
import type { NameState } from "../facts/names.ts";
import type { Statement } from "../tree/statements.ts";
import type { TableName } from "../tree/queries.ts";
import { changeOf } from "./change-targets.ts";
import type { Edits } from "./edits.ts";
import { isSameTree, type TableSite, tablesIn } from "./tree.ts";

/**
 * @param inlined views that must not be named at all: their definitions stand for them.
 * @param expected trees of what was put in, by what it stands for or around.
 */
export function isProtected(
  root: unknown,
  protections: ReadonlyMap<string, Protection>,
  inlined: readonly { readonly view: Relation }[],
  names: NameState,
  expected: Edits["expected"],
): boolean {
  const generated = new Set([...expected.values()].flat());
  return tablesIn(root).every(
    (site) =>
      !inlined.some(({ view }) => couldBe(site, view, names)) &&
      [...protections.values()].every(
        ({ relation }) =>
          !couldBe(site, relation, names) || isBase(site, relation, generated, expected) || isTarget(site, names),
      ),
  );
}

function couldBe({ table, ctes }: TableSite, relation: Relation, names: NameState): boolean {
  const { parts } = (table satisfies TableName).name;
  const own = parts.at(-1)?.text ?? "";
  if (own.toLowerCase() !== relation.name.toLowerCase()) return false;
  const schema = parts.at(-2)?.text;
  if (schema !== undefined) return schema.toLowerCase() === namedIn(relation).toLowerCase();
  return !ctes.some((cte) => names.cteKey(cte) === names.cteKey(own));
}

/** What INSERT and LOAD DATA add to, UPDATE and DELETE of one table change, and LOCK TABLES locks. */
function isTarget({ table, path }: TableSite, names: NameState): boolean {
  const [holder, outer] = [path.at(-1), path.at(-2)];
  const change = path.findLast(({ kind }) => kind === "update" || kind === "delete");
  const targets = change && changeOf(change as unknown as Statement, ({ name }) => names.find(name))?.targets;
  if (targets?.some((target) => target.table === table) === true) return true;
  return holder?.["table"] === table && (addsTo.has(holder["kind"]) || outer?.["kind"] === "lock_tables");
}

const addsTo: ReadonlySet<unknown> = new Set(["insert", "replace", "load_data"]);

/** Under an alias, and within what was generated for it. */
function isBase(
  { table, path }: TableSite,
  relation: Relation,
  generated: ReadonlySet<unknown>,
  expected: Edits["expected"],
): boolean {
  if (table.alias === undefined || table.name.parts.length !== 2) return false;
  if (table.name.parts[1]?.text !== relation.name) return false;
  return path.some((around) => [...generated].some((made) => isSameTree(made, around, expected)));
}
