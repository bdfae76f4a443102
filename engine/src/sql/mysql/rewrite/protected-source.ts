import { namedIn, type Relation } from "../../../catalog/catalog.ts";
import { planMask } from "../../../masks/masks.ts";
import { filterCondition, type Protection } from "../../protection.ts";
import { Denial } from "../../denial.ts";
import { quoteMysqlName } from "../quote.ts";

export interface SourceOptions {
  /** Between the relation's name and its alias: the partitions that are read. */
  readonly partitions: readonly string[];
  /** As the query has them. */
  readonly indexHints: readonly string[];
  /** In place of the relation's name: the query that stands for a view, in parentheses. */
  readonly definition: string | undefined;
  /** Columns that `*` does not show are left out. */
  readonly leavesInvisible: boolean;
  /** What keeps conditions of the query from hidden rows; undefined where they may be tried on them. */
  readonly barrier: Barrier | undefined;
  /** An outer join may put NULLs in the place of its rows. */
  readonly isOptional: boolean;
  /** FOR UPDATE and the like: rows of a derived table are locked by what stands in it. */
  readonly locking: string;
}

interface Barrier {
  /** Conditions that stand outside too and tell nothing: rows can be found by them. */
  readonly implied: readonly string[];
}

export const wholeRelation: SourceOptions = {
  partitions: [],
  indexHints: [],
  definition: undefined,
  leavesInvisible: false,
  barrier: undefined,
  isOptional: false,
  locking: "",
};

/** The manual's way to say that there is no limit: a derived table with LIMIT is not merged, and no condition is pushed into it. */
export const noLimit = "limit 18446744073709551615";

/**
 * The derived table that stands for a relation: its columns in their order and under their names, some of them masked, and the rows that its
 * filter leaves. Inside, the relation has the alias of the derived table: by it, and by nothing else, it may be read under LOCK TABLES. All
 * references are qualified with it, so no other name can capture them.
 */
export function protectedSource(protection: Protection, alias: string, options: SourceOptions): string {
  const { relation, columns: masked } = protection;
  const base = quoteMysqlName(alias);
  const outputs = relation.columns.flatMap((column) => {
    if (options.leavesInvisible && column.isInvisible === true) return [];
    const reference = `${base}.${quoteMysqlName(column.name)}`;
    const mask = masked.get(column.attnum);
    if (mask === undefined || protection.raw?.has(column.attnum) === true) return [reference];
    const plan = planMask(mask.mask, column);
    if (plan.kind === "refused") {
      throw new Denial(`column \`${column.name}\` of ${relation.path} cannot be masked: ${plan.reason}`);
    }
    const shown =
      options.isOptional && showsNulls.has(mask.mask.name)
        ? whereThereIsARow(relation, base, plan.sql(reference))
        : plan.sql(reference);
    return [`${shown} as ${quoteMysqlName(column.name)}`];
  });
  const partitions =
    options.partitions.length === 0 ? "" : ` partition (${options.partitions.map(quoteMysqlName).join(", ")})`;
  const table = `${quoteMysqlName(namedIn(relation))}.${quoteMysqlName(relation.name)}${partitions}`;
  const hints = options.indexHints.map((hint) => ` ${hint}`).join("");
  const from = `${options.definition ?? table} as ${base}${hints}`;
  const filter = filterCondition(protection, base);
  const conditions = [...(filter === undefined ? [] : [filter]), ...(options.barrier?.implied ?? [])];
  const where = conditions.length === 0 ? "" : ` where ${conditions.join(" and ")}`;
  const end = `${options.barrier === undefined ? "" : ` ${noLimit}`}${options.locking}`;
  return `(select ${outputs.join(", ")} from ${from}${where}${end}) as ${base}`;
}

/** Masks that make a value of NULL. */
const showsNulls: ReadonlySet<string> = new Set(["redact", "constant"]);

/**
 * MariaDB takes the value of a merged derived table on the left of IN (SELECT …) for what its expression gives, also where an outer join has put
 * NULLs in the place of its row: then the expression must see that.
 */
function whereThereIsARow({ columns }: Relation, base: string, expression: string): string {
  const there = columns.find(({ notNull, generated }) => notNull && generated === undefined);
  if (there === undefined) return expression;
  return `case when ${base}.${quoteMysqlName(there.name)} is not null then ${expression} end`;
}
