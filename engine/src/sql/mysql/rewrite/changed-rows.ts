/**
 * UPDATE and DELETE of tables of which something is hidden. A target cannot be a derived table: its filter becomes a condition, and references
 * to masked columns become their masks.
 */
import type { Column, Relation } from "../../../catalog/catalog.ts";
import { columnsOfFilter } from "../../../filters/plan-filter.ts";
import { Denial } from "../../denial.ts";
import { because, filterCondition, hiddenRows, type Protection } from "../../protection.ts";
import type { TreeObject } from "../../tree-object.ts";
import { quoteMysqlName } from "../quote.ts";
import type { ColumnAssignment } from "../tree/dml.ts";
import type { Expression } from "../tree/expressions.ts";
import type { Join } from "../tree/queries.ts";
import { checkAssigned } from "./assigned-values.ts";
import { type Change, type ChangedTable, isColumnOf } from "./change-targets.ts";
import { areAllSafe, conjunctsOf, safetyOf } from "./conditions.ts";
import type { Rewriting } from "./edits.ts";
import { unlessSafe } from "./failing-values.ts";
import { columnName, hole, parsedExpression, surround } from "./fragments.ts";
import { maskReferences, maskReturning, referencesTo } from "./masked-references.ts";
import { isSameName, refuseTriggers } from "./new-rows.ts";
import { nodesOf, tablesIn } from "./tree.ts";

/** A table that is changed, with what is hidden of it. */
export interface ProtectedTarget extends ChangedTable {
  readonly protection: Protection;
}

/**
 * Puts filters into the conditions, masks into conditions, values and RETURNING, and checks into what is set.
 * @param last conditions that come after all others
 * @throws Denial
 */
export function changeRows(
  rewriting: Rewriting,
  change: Change,
  targets: readonly ProtectedTarget[],
  last: readonly string[],
): void {
  const { node } = change;
  for (const target of targets) {
    const { name, protection } = target;
    refuseShared(target, areAllSafe(rewriting.statement));
    const assigned = node.kind === "update" ? assignmentsOf(node.assignments, target) : [];
    refuseWritten(protection, assigned);
    const written = new Set<unknown>((node.kind === "update" ? node.assignments : []).map(({ column }) => column));
    const references = referencesTo({ ...node, returning: [] }, name, protection);
    maskReferences(
      rewriting,
      node,
      name,
      references.filter((reference) => !written.has(reference)),
      protection,
    );
    if (node.kind === "delete") maskReturning(rewriting, node, name, protection);
    if (node.kind === "update" && protection.filter !== undefined) {
      const decisive = refuseChanging(protection);
      refuseTriggers(protection, decisive, ["update"]);
      checkAssigned(rewriting, { name, protection }, assigned, false);
    }
  }
  filterRows(
    rewriting,
    change,
    targets.filter(({ protection }) => protection.filter !== undefined),
    last,
  );
}

function assignmentsOf(assignments: readonly ColumnAssignment[], target: ProtectedTarget): readonly ColumnAssignment[] {
  return assignments.filter(({ column }) => isColumnOf(column, target, target.protection.relation));
}

/** NATURAL and USING compare values of both sides, and name no column that could be masked. */
function refuseShared({ joins, protection }: ProtectedTarget, isSafe: boolean): void {
  const { relation, columns, filter } = protection;
  const masked = relation.columns.filter(({ attnum }) => columns.has(attnum));
  const isShared = joins.some(
    ({ type, using }) =>
      type.startsWith("natural") ||
      (filter !== undefined && using.length > 0 && !isSafe) ||
      using.some(({ text }) => masked.some(({ name }) => isSameName(name, text))),
  );
  if (!isShared) return;
  throw new Denial(`${because(protection)}, and NATURAL or USING would compare what is stored`, "join with ON");
}

/** The columns that decide which rows there are, of which the server gives none a value of its own. */
function refuseChanging(protection: Protection): readonly Column[] {
  const { relation, filter } = protection;
  const names = filter === undefined ? new Set() : columnsOfFilter(filter);
  const decisive = relation.columns.filter(({ name }) => names.has(name));
  const changing = decisive.find(({ generated, setOnUpdate }) => generated !== undefined || setOnUpdate === true);
  if (changing === undefined) return decisive;
  throw new Denial(
    `${hiddenRows(protection)} by \`${changing.name}\`, which UPDATE would change`,
    "ask for a role for which rows are not filtered",
  );
}

/** @throws Denial */
export function refuseWritten(protection: Protection, assignments: readonly ColumnAssignment[]): void {
  const { relation, columns } = protection;
  if (relation.isTemporary) return;
  const written = assignments.flatMap(({ column }) => named(relation, columnName(column)) ?? []);
  const masked = written.find(({ attnum }) => columns.has(attnum));
  if (masked !== undefined) {
    throw new Denial(
      `${because(protection)}, and \`${masked.name}\` would be written`,
      "leave out the columns that are masked",
    );
  }
  const shared = relation.uniqueKeys?.find(
    (key) => key.some((attnum) => columns.has(attnum)) && written.some(({ attnum }) => key.includes(attnum)),
  );
  if (shared === undefined) return;
  throw new Denial(
    `${because(protection)}, and what you change is in a unique key with one of them: the error for a duplicate would show its value`,
    "ask for a role for which nothing of it is masked",
  );
}

function named({ columns }: Relation, name: string): Column | undefined {
  return columns.find((column) => isSameName(column.name, name));
}

/** What is added to a condition, and what its parts are kept behind. */
interface Condition {
  readonly expression: Expression | undefined;
  readonly added: readonly string[];
  readonly guards: readonly string[];
  readonly last: readonly string[];
}

/** A condition that could warn or act is not tried on hidden rows: the server fixes no order in AND. */
function filterRows(
  rewriting: Rewriting,
  { node }: Change,
  targets: readonly ProtectedTarget[],
  last: readonly string[],
): void {
  if (targets.length + last.length === 0) return;
  const isSafe = safetyOf(rewriting.statement);
  const filters = targets.map((target) => ({ target, sql: filterOf(target) }));
  const conditions = joinsIn(node.tables).map((join): Condition => {
    const inside = new Set<unknown>(tablesIn(join).map(({ table }) => table));
    const own = filters.filter(({ target }) => inside.has(target.table));
    const added = own.filter(({ target }) => placeOf(target) === join);
    return { expression: join.on, added: sqlOf(added), guards: sqlOf(own), last: [] };
  });
  const outer = filters.filter(({ target }) => placeOf(target) === undefined);
  const [first] = targets;
  const isBare = node.where === undefined && node.limit === undefined && first !== undefined;
  const safe = isBare ? [unlessSafe(first.protection, anyColumn(first))] : [];
  conditions.push({ expression: node.where, added: sqlOf(outer), guards: sqlOf(filters), last: [...safe, ...last] });
  const nulled = targets.find((target) => placeOf(target) !== undefined);
  for (const condition of conditions) {
    const { expression } = condition;
    const unsafe = expression === undefined ? [] : conjunctsOf(expression).filter((each) => !isSafe(each));
    if (unsafe.length > 0 && nulled !== undefined) {
      throw new Denial(
        `${hiddenRows(nulled.protection)}, and a condition beside LEFT or RIGHT JOIN could tell of them`,
        "compare columns and constants of one type only, or join otherwise",
      );
    }
    if (expression === undefined) addWhere(rewriting, node, condition);
    else extend(rewriting, condition, expression, unsafe);
  }
}

function anyColumn({ name, protection }: ProtectedTarget): string {
  return `${quoteMysqlName(name)}.${quoteMysqlName(protection.relation.columns[0]?.name ?? "")}`;
}

function sqlOf(filters: readonly { readonly sql: string }[]): readonly string[] {
  return filters.map(({ sql }) => sql);
}

function filterOf({ name, protection }: ProtectedTarget): string {
  return `(${filterCondition(protection, quoteMysqlName(name)) ?? "true"})`;
}

/** The join that gives NULLs for rows that are not there, in whose ON the filter goes; `undefined` for WHERE. */
function placeOf({ table, nulling, protection }: ProtectedTarget): Join | undefined {
  const [join, second] = nulling;
  if (join === undefined) return undefined;
  if (second === undefined && join.on !== undefined && (join.left === table || join.right === table)) return join;
  throw new Denial(
    `${hiddenRows(protection)}, and it stands in a LEFT or RIGHT JOIN of several tables`,
    "join it by itself",
  );
}

function joinsIn(tables: unknown): readonly Join[] {
  return (nodesOf(tables, joinKinds) as unknown as readonly Join[]).filter(({ on }) => on !== undefined);
}

const joinKinds: ReadonlySet<string> = new Set(["join"]);

function addWhere({ edits, dialect }: Rewriting, node: Change["node"], { added, last }: Condition): void {
  if (added.length + last.length === 0) return;
  const filter = [...added, ...last].join(" and ");
  const end = (node.kind === "update" ? node.assignments : node.tables).at(-1)?.end ?? node.end;
  edits.splices.push({ start: end, end, text: ` where ${filter}` });
  edits.expected.set(node as unknown as TreeObject, [{ ...node, where: parsedExpression(filter, dialect) }]);
}

function extend(
  { edits, dialect }: Rewriting,
  { added, guards, last }: Condition,
  expression: Expression,
  unsafe: readonly Expression[],
): void {
  const guarded = `case when ${guards.join(" and ")} then (${hole}) else false end`;
  const [only] = unsafe;
  const isWhole = only === expression && guards.length > 0;
  const inner = isWhole ? guarded : `(${hole})`;
  const keep = () => {
    if (!isWhole && guards.length > 0) for (const each of unsafe) surround(edits, dialect, each, guarded);
  };
  if (added.length + last.length > 0)
    surround(edits, dialect, expression, [...added, inner, ...last].join(" and "), keep);
  else if (isWhole && guards.length > 0) surround(edits, dialect, expression, guarded);
  else keep();
}
