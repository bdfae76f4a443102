/** Tables and columns that statements and conditions name, against the catalog of one database: `P5xx`. */
import { type Diagnostic, diagnostic, type Report, type Span } from "../diagnostics.ts";
import { pathParts, quotePart } from "../paths.ts";
import type { MaskCall } from "../program.ts";
import { nearest, suggest } from "../suggest.ts";
import type { Body, Decision, Expr, Module } from "../syntax/tree.ts";
import type { Observer } from "./observer.ts";
import { masks } from "./vocabulary.ts";

/** What the checker asks of a catalog. The language knows no SQL: whoever does says which masks a column can take. */
export interface CatalogNames {
  /** As `table.path` names them. */
  readonly relations: ReadonlySet<string>;
  /** Names of the columns of one of the relations. */
  columnsOf(relation: string): readonly string[];
  /** Why a mask does not keep a column's type, for people; `undefined` where it does. */
  maskProblem(relation: string, column: string, mask: MaskCall): string | undefined;
}

/** Paths with which conditions compare a table's or a column's. */
export interface ComparedPath {
  readonly of: "table" | "column";
  readonly path: string;
  readonly span: Span;
}

/** Notes the paths that conditions compare with, while types are checked. */
export class ComparedPaths implements Observer {
  readonly paths: ComparedPath[] = [];

  field(): void {}

  constant(): void {}

  compared(span: Span, field: string | undefined, path: string): void {
    if (field === "table.path") this.paths.push({ of: "table", path, span });
    if (field === "column.path") this.paths.push({ of: "column", path, span });
  }
}

export function checkCatalog(
  modules: readonly Module[],
  compared: readonly ComparedPath[],
  catalog: CatalogNames,
): Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  const report: Report = (code, message, span, advice) => {
    diagnostics.push(diagnostic(code, message, span, advice));
  };
  for (const { decisions } of modules) for (const decision of decisions) checkStatement(decision, catalog, report);
  for (const { of, path, span } of compared) {
    // A pack may ask for tables that other databases have; what is like one of this one's was meant to be it.
    const relation = of === "table" ? path : relationOf(path);
    const isMeant = catalog.relations.has(relation) || nearest(relation, catalog.relations, mistypedMax) !== undefined;
    if (of === "column" && isMeant) checkColumn(path, span, catalog, report);
    if (of === "table" && (isMeant || pathParts(path).length === 1)) checkRelation(path, span, catalog, report);
  }
  return diagnostics;
}

function checkStatement(decision: Decision, catalog: CatalogNames, report: Report): void {
  if (decision.kind === "filter") return checkFilter(decision, catalog, report);
  if (decision.kind !== "mask" && decision.kind !== "label") return;
  const { subject } = decision;
  // Reported as what is no column at all.
  if (subject.kind === "path" && subject.parts.length !== 3) return;
  const paths =
    subject.kind === "path" ? [subject.parts.map(quotePart).join(".")] : columnPaths(decision.body, subject.name.text);
  for (const path of paths) {
    // What conditions name has been looked at where it stands.
    const column =
      subject.kind === "path"
        ? checkColumn(path, subject.span, catalog, withoutQuotedFix(report))
        : knownColumn(path, catalog);
    if (column === undefined || decision.kind !== "mask") continue;
    const call = maskCall(decision);
    const problem = call === undefined ? undefined : catalog.maskProblem(column.relation, column.name, call);
    if (problem !== undefined)
      report("P503", `mask \`${decision.mask.text}\` does not fit \`${path}\`: ${problem}`, decision.mask.span);
  }
}

function checkFilter(
  { table, row, rows }: Extract<Decision, { kind: "filter" }>,
  catalog: CatalogNames,
  report: Report,
): void {
  const path = table.parts.map(quotePart).join(".");
  if (table.parts.length !== 2) return;
  if (!catalog.relations.has(path)) return checkRelation(path, table.span, catalog, withoutQuotedFix(report));
  const columns = catalog.columnsOf(path);
  for (const { name, span } of columnsNamed(rows, row.text)) {
    if (columns.includes(name)) continue;
    report(
      "P502",
      `table \`${path}\` has no column \`${name}\``,
      span,
      suggest(name, columns, span) ?? `it has ${listed(columns)}`,
    );
  }
}

/** The columns that conditions on a row name. */
function columnsNamed(part: unknown, row: string): { readonly name: string; readonly span: Span }[] {
  if (typeof part !== "object" || part === null) return [];
  const expr = part as Partial<Extract<Expr, { kind: "ref" }>>;
  const [step] = expr.path ?? [];
  const isOfRow = expr.kind === "ref" && expr.base?.kind === "var" && expr.base.name === row;
  const named =
    isOfRow && step?.kind === "scalar" && typeof step.value === "string" ? [{ name: step.value, span: step.span }] : [];
  return [...named, ...Object.values(part).flatMap((each) => columnsNamed(each, row))];
}

function listed(names: readonly string[]): string {
  return names.length > shownMax ? `${names.slice(0, shownMax).join(", ")}, …` : names.join(", ");
}

/** A statement writes a part with a dot as `["a.b"]`, unlike the vocabulary: what would be written is not offered as one step. */
function withoutQuotedFix(report: Report): Report {
  return (code, message, span, advice) => {
    const isQuoted = typeof advice === "object" && advice.fix?.text.includes('"') === true;
    report(code, message, span, isQuoted ? advice.help : advice);
  };
}

/** How many letters of a path may be wrong. */
const mistypedMax = 2;

/** Of a column's path. */
function relationOf(path: string): string {
  return pathParts(path).slice(0, -1).map(quotePart).join(".");
}

interface KnownColumn {
  readonly relation: string;
  readonly name: string;
}

function knownColumn(path: string, catalog: CatalogNames): KnownColumn | undefined {
  const parts = pathParts(path);
  const name = parts.at(-1);
  const relation = relationOf(path);
  if (name === undefined || parts.length !== 3 || !catalog.relations.has(relation)) return undefined;
  return catalog.columnsOf(relation).includes(name) ? { relation, name } : undefined;
}

/** Reports the first part of a column's path that the catalog does not have. */
function checkColumn(path: string, span: Span, catalog: CatalogNames, report: Report): KnownColumn | undefined {
  const known = knownColumn(path, catalog);
  const parts = pathParts(path);
  if (known !== undefined || parts.length === 0) return known;
  const name = parts.at(-1) ?? "";
  const relation = relationOf(path);
  if (parts.length !== 3 || !catalog.relations.has(relation)) {
    const near = nearest(relation, catalog.relations);
    const whole = near === undefined ? [] : [`${near}.${quotePart(name)}`];
    report(
      "P501",
      `the catalog has no table \`${relation}\``,
      span,
      suggest(path, whole, span) ?? "a column is written as `schema.table.column`",
    );
    return undefined;
  }
  const columns = catalog.columnsOf(relation);
  const near = nearest(name, columns);
  const whole = near === undefined ? [] : [`${relation}.${quotePart(near)}`];
  const help = suggest(path, whole, span) ?? `it has ${listed(columns)}`;
  report("P502", `table \`${relation}\` has no column \`${name}\``, span, help);
  return undefined;
}

/** Names shown in a message. */
const shownMax = 12;

function checkRelation(path: string, span: Span, catalog: CatalogNames, report: Report): void {
  if (catalog.relations.has(path)) return;
  const named = [...catalog.relations].filter((relation) => pathParts(relation).at(-1) === path);
  const [only, another] = named;
  const advice =
    only !== undefined && another === undefined
      ? {
          help: `did you mean \`${only}\`?`,
          fix: { span, text: span.end - span.start === path.length ? only : JSON.stringify(only) },
        }
      : suggest(path, catalog.relations, span);
  report("P501", `the catalog has no table \`${path}\``, span, advice ?? "a table is written as `schema.table`");
}

/** The mask of a statement, where all that it is given is constant. */
function maskCall({ mask, args }: Extract<Decision, { kind: "mask" }>): MaskCall | undefined {
  const name = Object.keys(masks).find((known): known is MaskCall["name"] => known === mask.text);
  const values = args.flatMap((arg) => (arg.kind === "scalar" ? [arg.value] : []));
  return name === undefined || values.length < args.length ? undefined : { name, args: values };
}

/** The paths that a statement about every column is limited to: `column.path == "…"` or `column.path in {"…"}`. */
function columnPaths(body: Body, subject: string): string[] {
  return body.flatMap((literal) => {
    if (literal.kind !== "expr" || literal.negated || literal.with.length > 0) return [];
    const { expr } = literal;
    if (expr.kind !== "infix" || (expr.operator !== "==" && expr.operator !== "in")) return [];
    if (isPathOf(expr.left, subject)) return textsIn(expr.right);
    return expr.operator === "==" && isPathOf(expr.right, subject) ? textsIn(expr.left) : [];
  });
}

function isPathOf(expr: Expr, subject: string): boolean {
  if (expr.kind !== "ref" || expr.base.kind !== "var" || expr.base.name !== subject) return false;
  const [step, another] = expr.path;
  return step?.kind === "scalar" && step.value === "path" && another === undefined;
}

function textsIn(expr: Expr): string[] {
  if (expr.kind === "set" || expr.kind === "array") return expr.items.flatMap(textsIn);
  return expr.kind === "scalar" && typeof expr.value === "string" ? [expr.value] : [];
}
