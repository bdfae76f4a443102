import type { Column, Relation } from "../../../catalog/catalog.ts";
import type { RelationMasks } from "../../../decide/decision.ts";
import { planMask } from "../../../masks/masks.ts";
import { quoteName } from "../../../masks/quote.ts";

/** By which generated SQL calls the relation itself. All its references are qualified with it, so no other name can capture them. */
const base = quoteName("penstock_base");

export interface SourceOptions {
  /** Without the rows of inheritance children. */
  readonly only: boolean;
  /** `tablesample …`, which cannot stand after a subquery, or empty. */
  readonly sample: string;
  /** Names of system columns to expose after the others. */
  readonly systemColumns: readonly string[];
  /** Which columns in which order; all of them where undefined. */
  readonly columns: readonly Column[] | undefined;
}

export const wholeRelation: SourceOptions = { only: false, sample: "", systemColumns: [], columns: undefined };

export type MaskedSource =
  | { readonly kind: "source"; readonly text: string }
  | { readonly kind: "refused"; readonly reason: string };

/** The query that stands for a relation: its columns in their order, under their names and of their types, some of them masked. */
export function maskedSource(masks: RelationMasks, options: SourceOptions): MaskedSource {
  const { relation, columns: masked } = masks;
  const outputs: string[] = [];
  for (const column of options.columns ?? relation.columns) {
    const reference = `${base}.${quoteName(column.name)}`;
    const mask = masked.get(column.attnum);
    if (mask === undefined) {
      outputs.push(reference);
      continue;
    }
    const plan = planMask(mask.mask, column);
    if (plan.kind === "refused") {
      return {
        kind: "refused",
        reason: `column ${quoteName(column.name)} of ${relation.path} cannot be masked: ${plan.reason}`,
      };
    }
    outputs.push(`${plan.sql(reference)} as ${quoteName(column.name)}`);
  }
  outputs.push(...options.systemColumns.map((name) => `${base}.${quoteName(name)}`));
  const only = options.only ? "only " : "";
  const list = outputs.length === 0 ? "" : ` ${outputs.join(", ")}`;
  return {
    kind: "source",
    text: `(select${list} from ${only}${relationName(relation)} as ${base}${options.sample === "" ? "" : ` ${options.sample}`})`,
  };
}

export function relationName(relation: Relation): string {
  return `${quoteName(relation.schema)}.${quoteName(relation.name)}`;
}
