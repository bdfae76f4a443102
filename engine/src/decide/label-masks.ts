/** Masks that are chosen by label, against the columns of a catalog that have it: what one column cannot take hides it altogether. */
import {
  type Diagnostic,
  diagnostic,
  type MaskCall,
  parseModule,
  type Program,
  type SourceFile,
  type Tree,
} from "@penstock/language";
import type { Catalog } from "../catalog/catalog.ts";
import { maskProblem } from "../masks/masks.ts";
import { type LabelledColumn, World } from "./world.ts";

type MaskStatement = Extract<Tree.Decision, { kind: "mask" }>;

/** Columns that a message names. */
const shownMax = 3;

export function checkMasksByLabel(sources: readonly SourceFile[], program: Program, catalog: Catalog): Diagnostic[] {
  const columns = new World(program, catalog).userColumns();
  return sources.flatMap((source) =>
    (parseModule(source).tree?.decisions ?? []).flatMap((decision) =>
      decision.kind === "mask" ? (checkStatement(decision, columns) ?? []) : [],
    ),
  );
}

function checkStatement(statement: MaskStatement, columns: readonly LabelledColumn[]): Diagnostic | undefined {
  const { mask, args } = statement;
  const chosen = choiceOf(statement);
  const values = args.flatMap((arg) => (arg.kind === "scalar" ? [arg.value] : []));
  if (chosen === undefined || values.length < args.length) return undefined;
  const meant = columns.filter(chosen);
  // The name is one of the masks: the program compiles.
  const call = { name: mask.text, args: values } as MaskCall;
  const problems = meant.flatMap(({ path, column }) => {
    const problem = maskProblem(call, column);
    return problem === undefined ? [] : [{ path, problem }];
  });
  const [first] = problems;
  if (first === undefined) return undefined;
  const { path, problem } = first;
  if (problems.length === meant.length) {
    const message = `mask \`${mask.text}\` fits no column that it is for, as \`${path}\`: ${problem}`;
    return diagnostic("P503", message, mask.span);
  }
  // Nothing of the value is what `redact` asks for: NULL in its place is no surprise.
  if (mask.text === "redact") return undefined;
  const shown = problems.slice(0, shownMax).map((one) => `\`${one.path}\``);
  const rest = problems.length > shownMax ? ` and ${problems.length - shownMax} more` : "";
  const message = `mask \`${mask.text}\` does not fit ${shown.join(", ")}${rest}: ${problem}`;
  return diagnostic("P504", message, mask.span, "ask for `column.type` too, and give the others a mask of their own");
}

type Choice = (column: LabelledColumn) => boolean;

/** Which columns a statement is for; `undefined` where that depends on more of the column than its labels. */
function choiceOf({ subject, body }: MaskStatement): Choice | undefined {
  if (subject.kind !== "each") return undefined;
  const choices = body.map((literal) => choiceOfLiteral(literal, subject.name.text));
  const known = choices.filter((choice) => choice !== undefined);
  if (choices.length > known.length || known.every((choice) => choice === any)) return undefined;
  return (column) => known.every((choice) => choice(column));
}

const any: Choice = () => true;

function choiceOfLiteral(literal: Tree.Literal, subject: string): Choice | undefined {
  if (!mentions(literal, subject)) return any;
  if (literal.kind !== "expr" || literal.negated || literal.with.length > 0) return undefined;
  const { expr } = literal;
  if (expr.kind === "infix") {
    const { operator, left, right } = expr;
    if (operator === "==" && isField(left, subject, "label")) return oneOf([right]);
    if (operator === "==" && isField(right, subject, "label")) return oneOf([left]);
    if (operator === "in" && isField(left, subject, "label"))
      return right.kind === "set" || right.kind === "array" ? oneOf(right.items) : undefined;
    const [text] = textsOf([left]) ?? [];
    if (operator === "in" && text !== undefined && isField(right, subject, "labels"))
      return ({ labels }) => labels.has(text);
    return undefined;
  }
  if (expr.kind !== "call" || !isField(expr.args[0], subject, "label")) return undefined;
  const [text] = textsOf(expr.args.slice(1)) ?? [];
  const name = expr.callee.map((part) => part.text).join(".");
  if (text === undefined) return undefined;
  if (name === "label.within") return ({ label }) => label === text || label.startsWith(`${text}.`);
  return name === "startswith" ? ({ label }) => label.startsWith(text) : undefined;
}

function oneOf(exprs: readonly Tree.Expr[]): Choice | undefined {
  const texts = textsOf(exprs);
  return texts && (({ label }) => texts.includes(label));
}

function textsOf(exprs: readonly Tree.Expr[]): readonly string[] | undefined {
  const texts = exprs.flatMap((expr) => (expr.kind === "scalar" && typeof expr.value === "string" ? [expr.value] : []));
  return texts.length === exprs.length ? texts : undefined;
}

function isField(expr: Tree.Expr | undefined, subject: string, field: string): boolean {
  if (expr?.kind !== "ref" || expr.base.kind !== "var" || expr.base.name !== subject) return false;
  const [step, another] = expr.path;
  return step?.kind === "scalar" && step.value === field && another === undefined;
}

/** A variable of this name stands somewhere within. */
function mentions(part: unknown, name: string): boolean {
  if (typeof part !== "object" || part === null) return false;
  if ("kind" in part && part.kind === "var" && "name" in part && part.name === name) return true;
  return Object.values(part).some((inner) => mentions(inner, name));
}
