import type { MaskCall, MaskName } from "@penstock/language";
import type { Column } from "../catalog/catalog.ts";
import { writerOf } from "../writers/writer-of.ts";
import { bucketMask } from "./bucket.ts";
import { constantMask } from "./constant.ts";
import { emailMask } from "./email.ts";
import type { ColumnMasking, MaskFamily } from "./mask.ts";
import { nullMask } from "./null.ts";
import { partialMask } from "./partial.ts";
import { redactMask } from "./redact.ts";
import { roundMask } from "./round.ts";
import { canHoldToken, tokenLength, tokenMask } from "./token.ts";
import { truncateMask } from "./truncate.ts";

const families: Readonly<Record<MaskName, MaskFamily>> = {
  null: nullMask,
  redact: redactMask,
  constant: constantMask,
  token: tokenMask,
  truncate: truncateMask,
  round: roundMask,
  bucket: bucketMask,
  email: emailMask,
  partial: partialMask,
};

/** A mask made for a column, or why there is none: then the statement is denied with that reason. */
export type MaskPlan =
  | {
      readonly kind: "masking";
      readonly apply: ColumnMasking["apply"];
      /** The expression of the column's exact type, from the column as SQL text. */
      readonly sql: (reference: string) => string;
    }
  | { readonly kind: "refused"; readonly reason: string };

/**
 * How a mask acts on a column. One that does not keep the column's type, or whose value the check of a domain might refuse, is
 * replaced by `null`; a domain that refuses NULL too leaves nothing.
 */
export function planMask(mask: MaskCall, column: Column): MaskPlan {
  const choice = families[mask.name](mask.args, column);
  if (choice.kind === "invalid") return { kind: "refused", reason: choice.reason };
  const domain = column.isDomain ? (column.domain ?? unknownDomain) : undefined;
  const isNull = mask.name === "null" || choice.kind === "cannot" || domain?.hasCheck === true;
  if (!isNull) return planned(choice.masking, column);
  if (domain?.notNull === true) {
    return {
      kind: "refused",
      reason: `the type of column \`${column.name}\` is a domain that does not allow NULL, and no other value can stand for what \`${mask.name}\` hides`,
    };
  }
  const choiceOfNull = nullMask([], column);
  return choiceOfNull.kind === "masking"
    ? planned(choiceOfNull.masking, column)
    : { kind: "refused", reason: `column \`${column.name}\` cannot be masked` };
}

/** Why a mask does not keep a column's type, for people; `undefined` where it does. */
export function maskProblem(mask: MaskCall, column: Column): string | undefined {
  const plan = planMask(mask, column);
  if (plan.kind === "refused") return plan.reason;
  if (mask.name === "null") return undefined;
  if (mask.name === "token" && !canHoldToken(column))
    return `a token is a text of ${tokenLength} characters, which \`${column.typeSql.replace("pg_catalog.", "").replaceAll('"', "")}\` cannot hold, and NULL would take the place of every value`;
  if (families[mask.name](mask.args, column).kind === "cannot")
    return `it does not keep type \`${column.type}\`, and NULL would take the place of every value`;
  return (column.isDomain ? (column.domain ?? unknownDomain) : undefined)?.hasCheck === true
    ? `the check of domain \`${column.type}\` may refuse what it gives, and NULL would take the place of every value`
    : undefined;
}

const unknownDomain = { notNull: true, hasCheck: true };

function planned({ apply, sql }: ColumnMasking, column: Column): MaskPlan {
  const writer = writerOf(column);
  return { kind: "masking", apply, sql: (reference) => writer.typed(column, sql(reference), reference) };
}

/** The masked value of a value in text form. @throws for a mask that `planMask` refuses. */
export function applyMask(mask: MaskCall, column: Column, value: string | null): string | null {
  return accepted(planMask(mask, column)).apply(value);
}

/** The SQL of the masked column. @throws for a mask that `planMask` refuses. */
export function maskSql(mask: MaskCall, column: Column, reference: string): string {
  return accepted(planMask(mask, column)).sql(reference);
}

function accepted(plan: MaskPlan): Extract<MaskPlan, { kind: "masking" }> {
  if (plan.kind === "refused") throw new Error(plan.reason);
  return plan;
}
