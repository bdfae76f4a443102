import { dataKey } from "../data-key.ts";
import { isEmpty, type RewriteResult, type StatementPlan, unclear } from "../sql/rewriting.ts";
import type { ManyRows, PreparedText } from "./prepared-text.ts";
import type { World } from "./world.ts";

/** Puts masks, filters and limits into a text, once for equal ones. */
export function rewritePrepared(
  world: World,
  text: string,
  prepared: PreparedText,
  plans: readonly StatementPlan[],
): RewriteResult {
  if (plans.every(isEmpty)) return { kind: "unchanged" };
  if (prepared.rows !== undefined) return rewriteRows(world, text, prepared.rows, plans);
  const key = plans.map(planKey).join("\n");
  let result = prepared.rewrites.get(key);
  if (result === undefined) {
    result = prepared.read.rewrite(plans);
    prepared.rewrites.set(key, result);
  }
  return result;
}

/** Few rows are rewritten and proven, and the others as they were; where that is not certain, all of them are. */
function rewriteRows(
  world: World,
  text: string,
  { few, prepared, prepare }: ManyRows,
  plans: readonly StatementPlan[],
): RewriteResult {
  const rewritten = rewritePrepared(world, few.text, prepared, plans);
  if (rewritten.kind !== "rewritten") return rewritten;
  const { edits } = rewritten;
  const { manyRows } = world.dialect;
  const marks = manyRows?.marked(few.text) ?? few.text;
  const marked = prepare(marks);
  const other = "kind" in marked ? undefined : rewritePrepared(world, marks, marked, plans);
  if (manyRows !== undefined && edits !== undefined && other?.kind === "rewritten" && other.edits !== undefined) {
    const { splices, decisive } = edits;
    const edited = manyRows.edit(text, few, splices, { text: marks, splices: other.edits.splices }, [...decisive]);
    if (edited !== undefined) return { ...rewritten, ...edited, edits: undefined };
  }
  const whole = prepare(text);
  if ("kind" in whole) return { kind: "denied", statement: 0, reason: unclear, hint: undefined };
  return rewritePrepared(world, text, whole, plans);
}

/** Equal for equal masks, filters and limits, whoever they apply to, so that sessions share rewritten texts. */
function planKey({ protections, inlined, rowLimit, namesakes, hidesSizes }: StatementPlan): string {
  const protectedBy = [...protections].map(([path, protection]) => [
    path,
    [...protection.columns].map(([attnum, { mask }]) => [
      attnum,
      mask.name,
      mask.args.map((arg) => [typeof arg, String(arg)]),
    ]),
    protection.filter === undefined ? null : dataKey(protection.filter.predicates),
  ]);
  return JSON.stringify([protectedBy, [...inlined.keys()], rowLimit ?? null, [...namesakes], hidesSizes]);
}
