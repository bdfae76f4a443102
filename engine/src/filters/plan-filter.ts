import type { RowPredicate } from "@penstock/language";
import type { Relation } from "../catalog/catalog.ts";
import { isMysql } from "../catalog/mysql-types.ts";
import type { RelationFilter } from "../decide/decision.ts";
import { compare, isMember } from "./compare.ts";
import { allOf, anyOf, CannotFilter, type Condition, constantCondition, notOf, type RowText } from "./condition.ts";
import { booleanColumn } from "./boolean.ts";
import { columnsIn } from "./former-columns.ts";
import { operandOf } from "./operand.ts";
import { columnNamed, referenceTo } from "./reference.ts";
import { textTest } from "./text.ts";

/** A filter made for its relation's columns, or why there is none: then the statement is denied with that reason. */
export type FilterPlan =
  | { readonly kind: "filter"; readonly conjuncts: readonly Condition[] }
  | { readonly kind: "refused"; readonly reason: string };

const plans = new WeakMap<RelationFilter, FilterPlan>();

export function planFilter(filter: RelationFilter): FilterPlan {
  let plan = plans.get(filter);
  if (plan === undefined) {
    plan = makePlan(filter);
    plans.set(filter, plan);
  }
  return plan;
}

function makePlan({ relation, predicates }: RelationFilter): FilterPlan {
  try {
    const conjuncts = predicates.flatMap(partsOf).map((predicate) => conditionOf(relation, predicate));
    return { kind: "filter", conjuncts };
  } catch (error) {
    if (!(error instanceof CannotFilter)) throw error;
    return { kind: "refused", reason: `the filter of ${relation.path} cannot be applied: ${error.message}` };
  }
}

/**
 * The filter as SQL conditions, all of which must be TRUE of a row that exists for the principal; each is FALSE or NULL for others, so that
 * whoever negates one writes `(…) is not true`. None raises an error for any row. Whatever they name is written with its schema, and
 * columns with `alias`, so that no search_path and no name of the statement's own can capture it.
 * @param alias the relation in the statement, as SQL text that is already quoted
 * @throws for a filter that `planFilter` refuses
 */
export function filterConjuncts(
  filter: RelationFilter,
  alias: string,
): readonly { readonly sql: string; readonly isLeakproof: boolean }[] {
  return accepted(filter).map(({ sql, isLeakproof }) => ({ sql: sql(alias), isLeakproof }));
}

/** Names of the columns that decide which rows there are. */
export function columnsOfFilter({ predicates }: RelationFilter): ReadonlySet<string> {
  return new Set(predicates.flatMap((predicate) => [...columnsIn(predicate)]));
}

/** Of a filter, what can be asked by itself: a row passes where it passes every part, and no two parts look at the same column. */
export interface FilterPart extends Pick<Condition, "sql" | "holds"> {
  /** Names of columns; none of a part that holds for every row or for none. */
  readonly columns: ReadonlySet<string>;
}

/** @throws for a filter that `planFilter` refuses */
export function filterParts(filter: RelationFilter): readonly FilterPart[] {
  const conditions = accepted(filter);
  const parts = filter.predicates.flatMap(partsOf).map((predicate, index) => ({
    columns: columnsIn(predicate),
    conditions: conditions.slice(index, index + 1),
  }));
  const united = parts.reduce<typeof parts>((before, part) => {
    const [apart, shared] = [true, false].map((isApart) =>
      before.filter(({ columns }) => columns.isDisjointFrom(part.columns) === isApart),
    );
    const all = [...(shared ?? []), part];
    const columns = all.reduce<ReadonlySet<string>>((names, each) => names.union(each.columns), new Set());
    return [...(apart ?? []), { columns, conditions: all.flatMap((each) => each.conditions) }];
  }, []);
  return united.map(({ columns, conditions: own }) => ({
    columns,
    sql: (alias) => own.map(({ sql }) => `(${sql(alias)})`).join(" and "),
    holds: (row) => own.every(({ holds }) => holds(row)),
  }));
}

function partsOf(predicate: RowPredicate): readonly RowPredicate[] {
  return predicate.kind === "all" ? predicate.of : [predicate];
}

/** The same filter as a function over a row. @throws for a filter that `planFilter` refuses */
export function rowPasses(filter: RelationFilter, row: RowText): boolean {
  return accepted(filter).every(({ holds }) => holds(row));
}

function accepted(filter: RelationFilter): readonly Condition[] {
  const plan = planFilter(filter);
  if (plan.kind === "refused") throw new Error(plan.reason);
  return plan.conjuncts;
}

function conditionOf(relation: Relation, predicate: RowPredicate): Condition {
  switch (predicate.kind) {
    case "constant":
      return constantCondition(predicate.holds);
    case "all":
      return allOf(predicate.of.map((part) => conditionOf(relation, part)));
    case "any":
      return anyOf(predicate.of.map((part) => conditionOf(relation, part)));
    case "not":
      return notOf(conditionOf(relation, predicate.of));
    case "is_null": {
      const column = columnNamed(relation, predicate.column);
      if (column.typeCategory === "composite") {
        throw new CannotFilter(`whether \`${column.name}\` of type ${column.type} is null cannot be asked`);
      }
      // MySQL says of a zero date that it is NULL, and of the last row that was inserted, where a column cannot be NULL.
      if (column.notNull && isMysql(column)) return constantCondition(false);
      const reference = referenceTo(column);
      return {
        sql: (alias) => `(${reference(alias)} is null)`,
        holds: (row) => row(column.name) === null,
        isLeakproof: true,
      };
    }
    case "is_true":
      return booleanColumn(columnNamed(relation, predicate.column));
    case "compare":
      return compare(predicate.operator, operandOf(relation, predicate.left), operandOf(relation, predicate.right));
    case "member":
      return isMember(operandOf(relation, predicate.value), predicate.members);
    case "text":
      return textTest(predicate.test, operandOf(relation, predicate.text), operandOf(relation, predicate.part));
    default:
      return predicate satisfies never;
  }
}
