import { typeName, type RowConstant, type RowTerm } from "@penstock/language";
import type { Column, Relation } from "../catalog/catalog.ts";
import { integerRange } from "../masks/integer-range.ts";
import { CannotFilter } from "./condition.ts";
import type { InstantType } from "./instant.ts";
import { columnNamed, relationWriter } from "./reference.ts";
import { arithmeticOperand, columnNumber, constantNumber, type NumberOperand } from "./number.ts";
import { editedText, isCitext, type TextEdit, textColumn, type TextOperand } from "./text-operand.ts";

/** What a predicate compares: a constant, or what is computed of the row, by the family of its type. */
export type Operand =
  | { readonly kind: "constant"; readonly value: RowConstant }
  | TextOperand
  | NumberOperand
  | { readonly kind: "boolean" | "uuid"; readonly column: Column }
  | { readonly kind: InstantType; readonly column: Column };

export function operandOf(relation: Relation, term: RowTerm): Operand {
  switch (term.kind) {
    case "constant":
      return term;
    case "column":
      return columnOperand(columnNamed(relation, term.column));
    case "case":
      return edited(relation, term.text, { kind: "case", to: term.to });
    case "trim":
      return edited(relation, term.text, { kind: "trim", how: term.how, cutset: term.cutset });
    case "arithmetic":
      return arithmeticOperand(
        term.operator,
        numberOf(relation, operandOf(relation, term.left)),
        numberOf(relation, operandOf(relation, term.right)),
      );
    default:
      return term satisfies never;
  }
}

/** In words, for messages. */
export function describe(operand: Operand): string {
  if (operand.kind === "constant") return typeName(operand.value);
  return "column" in operand && operand.column !== undefined
    ? `\`${operand.column.name}\` of type ${operand.column.type}`
    : "a number";
}

function columnOperand(column: Column): Operand {
  switch (column.typeCategory) {
    case "text":
    case "enum":
      return textColumn(column);
    case "integer":
    case "numeric":
    case "float":
      return columnNumber(column);
    case "boolean":
    case "uuid":
      return { kind: column.typeCategory, column };
    case "date":
    case "timestamp":
    case "timestamptz":
      return { kind: column.typeCategory, column };
    case "time":
    case "json":
    case "bytea":
    case "array":
    case "composite":
    case "other":
      if (isCitext(column)) return textColumn(column);
      if (integerRange(column) !== undefined) return columnNumber(column);
      throw new CannotFilter(`values of \`${column.name}\`, of type ${column.type}, cannot be compared`);
    default:
      return column.typeCategory satisfies never;
  }
}

function edited(relation: Relation, text: RowTerm, edit: TextEdit): Operand {
  const operand = operandOf(relation, text);
  if (operand.kind !== "text")
    throw new CannotFilter(`\`${edit.kind === "case" ? edit.to : edit.how}\` takes a text, not ${describe(operand)}`);
  return editedText(operand, edit);
}

function numberOf(relation: Relation, operand: Operand): NumberOperand {
  if (operand.kind === "number") return operand;
  if (operand.kind === "constant" && (typeof operand.value === "number" || typeof operand.value === "bigint"))
    return constantNumber(relationWriter(relation), operand.value);
  throw new CannotFilter(`arithmetic takes numbers, not ${describe(operand)}`);
}
