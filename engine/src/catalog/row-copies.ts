/**
 * What a trigger's function does with the rows before and after a change where it does nothing but store them, as one that keeps a history
 * does: `insert into history values (old.id, now(), to_jsonb(old))`.
 */
import type { FuncCall, InsertStmt, Node, SelectStmt, TypeCast } from "@pgsql/types";
import { parsePostgres } from "../sql/postgres/parse.ts";
import type { PlacedStatement } from "../sql/postgres/plpgsql.ts";
import { noRow, type TriggerRow } from "./trigger-row.ts";

/** What one INSERT gives to the columns of a table. */
export interface RowCopy {
  readonly schema: string | undefined;
  readonly table: string;
  /** Absent: those of the table in their order. */
  readonly columns?: readonly string[];
  readonly values: readonly CopiedValue[];
}

/** A value that is made of values of NEW and OLD by nothing that fails for any of them. */
export interface CopiedValue {
  readonly row: TriggerRow;
  /**
   * `column`: one column as it is; `columns`: each of the row for a column of the table; `joined`: columns between constants, a text if none of them is
   * an array; `other`: of a type that is not known.
   */
  readonly form: "column" | "columns" | "json" | "hstore" | "text" | "joined" | "other";
  /** Whether it is NULL may depend on the row. */
  readonly mayBeNull: boolean;
}

export interface CopyingBody {
  readonly copies: readonly RowCopy[];
  /** Those that do nothing with the rows but store them, or put them into a variable from which they are stored. */
  readonly copying: ReadonlySet<PlacedStatement>;
  /** What of the rows is in variables that other statements use. */
  readonly looked: TriggerRow;
}

/** Functions of users' own, by name: those of the hstore extension alone are known not to be. */
export interface OwnFunctions {
  readonly isUsersOwn: (name: string) => boolean;
  readonly isHstore: boolean;
  readonly isOwnOperator: (name: string) => boolean;
}

type Variables = ReadonlyMap<string, CopiedValue>;

export function copyingBody(statements: readonly PlacedStatement[], own: OwnFunctions): CopyingBody {
  if (!statements.some(({ text }) => startsInsert.test(text))) return { copies: [], copying: new Set(), looked: noRow };
  const variables = new Map<string, CopiedValue>();
  const copying = new Set<PlacedStatement>();
  // A variable may be given what is in another one.
  for (let size = -1; size < copying.size; ) {
    size = copying.size;
    for (const statement of statements) {
      const { assigned } = statement;
      const value = assigned && assignedValue(assigned.value, variables, own);
      if (assigned === undefined || value === undefined || isNothing(value.row)) continue;
      copying.add(statement);
      const known = variables.get(assigned.variable);
      variables.set(assigned.variable, known === undefined ? value : either(known, value));
    }
  }
  const copies = new Map<PlacedStatement, readonly RowCopy[]>();
  for (const statement of statements) {
    const read = copyOf(statement, variables, own);
    if (read !== undefined) copies.set(statement, read);
  }
  let looked = noRow;
  for (const statement of statements) {
    if (copies.has(statement)) copying.add(statement);
    else if (!copying.has(statement)) looked = unitedRows([looked, ...mentionedIn(statement.text, variables)]);
  }
  return { copies: [...copies.values()].flat(), copying, looked };
}

const startsInsert = /^\s*insert\b/i;

/** Of variables that the text names, perhaps as something else. */
function mentionedIn(text: string, variables: Variables): TriggerRow[] {
  const words = new Set(text.toLowerCase().split(/[^\w\u0080-\uffff$]+/));
  const isMentioned = (name: string) => words.has(name) || !/^[\w\u0080-\uffff$]+$/.test(name) || /\bU&"/i.test(text);
  return [...variables].flatMap(([name, { row }]) => (isMentioned(name.toLowerCase()) ? [row] : []));
}

function assignedValue(text: string, variables: Variables, own: OwnFunctions): CopiedValue | undefined {
  const query = selectIn(text);
  const [target, second] = query?.targetList ?? [];
  if (query === undefined || second !== undefined || !isPlainSelect(query)) return undefined;
  const value = target !== undefined && "ResTarget" in target ? target.ResTarget.val : undefined;
  const copied = value && copiedValue(value, new Reading(variables, own));
  return copied?.form === "columns" ? undefined : copied;
}

function copyOf({ text }: PlacedStatement, variables: Variables, own: OwnFunctions): readonly RowCopy[] | undefined {
  if (!startsInsert.test(text)) return undefined;
  const parsed = parsePostgres(text);
  const node = parsed.kind === "statements" && parsed.statements.length === 1 ? parsed.statements[0]?.node : undefined;
  if (node === undefined || !("InsertStmt" in node)) return undefined;
  const insert = node.InsertStmt;
  const { relation } = insert;
  const lists = isPlainInsert(insert) ? valuesOf(insert.selectStmt) : undefined;
  if (lists === undefined || relation?.relname === undefined) return undefined;
  const columns = insert.cols?.map((each) => ("ResTarget" in each ? each.ResTarget : {}));
  if (columns?.some(({ name, indirection }) => name === undefined || indirection !== undefined)) return undefined;
  const reading = new Reading(variables, own);
  const rows = lists.map((list) => list.map((value) => copiedValue(value, reading)));
  if (rows.some((row) => row.some((value) => value === undefined))) return undefined;
  return rows.map((row) => ({
    schema: relation.schemaname,
    table: relation.relname ?? "",
    ...(columns === undefined ? {} : { columns: columns.map(({ name }) => name ?? "") }),
    values: row.filter((value) => value !== undefined),
  }));
}

function isPlainInsert({ onConflictClause, withClause, returningClause, override }: InsertStmt): boolean {
  return (
    onConflictClause === undefined &&
    withClause === undefined &&
    returningClause === undefined &&
    (override === undefined || override === "OVERRIDING_NOT_SET")
  );
}

/** The lists of VALUES, or that of a SELECT without FROM. */
function valuesOf(node: Node | undefined): readonly (readonly Node[])[] | undefined {
  if (node === undefined || !("SelectStmt" in node)) return undefined;
  const query = node.SelectStmt;
  if (query.valuesLists !== undefined) {
    const { valuesLists, ...rest } = query;
    if (!isPlainSelect(rest)) return undefined;
    return valuesLists.map((list) => ("List" in list ? (list.List.items ?? []) : []));
  }
  if (!isPlainSelect(query)) return undefined;
  const values = (query.targetList ?? []).map((target) => ("ResTarget" in target ? target.ResTarget.val : undefined));
  return values.some((value) => value === undefined) ? undefined : [values.filter((value) => value !== undefined)];
}

const partsOfPlainSelect: ReadonlySet<string> = new Set(["targetList", "limitOption", "op"]);

function isPlainSelect(query: SelectStmt): boolean {
  return (
    Object.keys(query).every((field) => partsOfPlainSelect.has(field)) && (query.op ?? "SETOP_NONE") === "SETOP_NONE"
  );
}

function selectIn(text: string): SelectStmt | undefined {
  const parsed = parsePostgres(text);
  const node = parsed.kind === "statements" && parsed.statements.length === 1 ? parsed.statements[0]?.node : undefined;
  return node !== undefined && "SelectStmt" in node ? node.SelectStmt : undefined;
}

/** What names mean while an expression is read. */
class Reading {
  readonly variables: Variables;
  readonly own: OwnFunctions;

  constructor(variables: Variables, own: OwnFunctions) {
    this.variables = variables;
    this.own = own;
  }

  /** NEW or OLD, or a variable that holds something of them, is named anywhere in the node. */
  mentionsRow(node: unknown): boolean {
    if (typeof node !== "object" || node === null) return false;
    if (!Array.isArray(node) && "ColumnRef" in node) {
      // The function's name, or the label of a block, may qualify them.
      const names = namesOf((node as Extract<Node, { ColumnRef: unknown }>).ColumnRef.fields);
      return names.slice(0, 2).some((name) => isRow(name) || this.variables.has(name));
    }
    return Object.values(node).some((each) => this.mentionsRow(each));
  }
}

const isRow = (name: string): boolean => name === "new" || name === "old";

const plain: CopiedValue = { row: noRow, form: "other", mayBeNull: false };

/** `undefined`: more is done with values of the rows than to copy them. */
function copiedValue(node: Node, reading: Reading): CopiedValue | undefined {
  if (!reading.mentionsRow(node)) return plain;
  if ("ColumnRef" in node) return copiedReference(namesOf(node.ColumnRef.fields), reading);
  if ("TypeCast" in node) return copiedCast(node.TypeCast, reading);
  if ("FuncCall" in node) return copiedByCall(node.FuncCall, reading);
  if ("CoalesceExpr" in node) return together(node.CoalesceExpr.args, reading);
  if ("CaseExpr" in node) {
    const { arg, args, defresult } = node.CaseExpr;
    const whens = (args ?? []).map((when) => ("CaseWhen" in when ? when.CaseWhen : {}));
    if (reading.mentionsRow(arg) || whens.some(({ expr }) => reading.mentionsRow(expr))) return undefined;
    const results = [...whens.map(({ result }) => result), defresult].filter((each) => each !== undefined);
    return together(results, reading);
  }
  if ("A_Expr" in node && node.A_Expr.kind === "AEXPR_OP") {
    const { name, lexpr, rexpr } = node.A_Expr;
    const [operator = "", second] = namesOf(name);
    if (second !== undefined || lexpr === undefined || rexpr === undefined || reading.own.isOwnOperator(operator))
      return undefined;
    const [left, right] = [copiedValue(lexpr, reading), copiedValue(rexpr, reading)];
    const isJoined =
      operator === "||" &&
      ((isTextConstant(lexpr) && isJoinable(right)) || (isTextConstant(rexpr) && isJoinable(left)));
    const isExtended = operator === "||" && left?.form === "json" && isTextConstant(rexpr);
    const form = isJoined ? "joined" : isExtended ? "json" : left && right && formOfOperation(operator, left, right);
    return left && right && form && { row: unitedRows([left.row, right.row]), form, mayBeNull: form !== "json" };
  }
  return undefined;
}

function isJoinable(value: CopiedValue | undefined): boolean {
  return value?.form === "column" || value?.form === "joined";
}

/** Of operators that fail for no value, which subtraction of numbers does. */
function formOfOperation(
  operator: string,
  { form: left }: CopiedValue,
  { form: right, row }: CopiedValue,
): CopiedValue["form"] | undefined {
  const isObject = left === "json" || left === "hstore";
  switch (operator) {
    case "||":
      if (left === "text" || right === "text") return left === "columns" || right === "columns" ? undefined : "text";
      return isObject && left === right ? left : undefined;
    case "-":
      return isObject && (isNothing(row) || (left === "hstore" && right === "hstore")) ? left : undefined;
    case "->":
      return left === "json" && isNothing(row) ? "other" : undefined;
    case "->>":
      return left === "json" && isNothing(row) ? "text" : undefined;
    default:
      return undefined;
  }
}

function copiedReference(names: readonly string[], { variables }: Reading): CopiedValue | undefined {
  const [first = "", column, further] = names;
  if (!isRow(first)) return column === undefined ? variables.get(first) : undefined;
  if (further !== undefined) return undefined;
  const isStar = column === "*";
  if (column === undefined || isStar) return { row: wholeRow, form: isStar ? "columns" : "other", mayBeNull: false };
  return { row: { isWhole: false, columns: new Set([column]) }, form: "column", mayBeNull: true };
}

export const wholeRow: TriggerRow = { isWhole: true, columns: new Set() };

function copiedCast({ arg, typeName }: TypeCast, reading: Reading): CopiedValue | undefined {
  const value = arg === undefined ? undefined : copiedValue(arg, reading);
  const names = namesOf(typeName?.names);
  const isBuiltIn = names.length === 1 || (names.length === 2 && names[0] === "pg_catalog");
  if (value === undefined || !isBuiltIn || typeName?.typmods !== undefined || typeName?.arrayBounds !== undefined)
    return undefined;
  const type = names.at(-1) ?? "";
  if (type === "text") return { ...value, form: "text" };
  return (type === "json" || type === "jsonb") && value.form === "json" ? value : undefined;
}

/** Functions of the server's own that fail for no value. */
const makingJson: ReadonlySet<string> = new Set(["to_json", "to_jsonb", "row_to_json"]);
const makingText: ReadonlySet<string> = new Set(["concat", "concat_ws", "format", "lower", "upper", "md5"]);
const makingObjects: ReadonlySet<string> = new Set(["json_build_object", "jsonb_build_object"]);

function copiedByCall({ funcname, args = [], ...further }: FuncCall, reading: Reading): CopiedValue | undefined {
  const names = namesOf(funcname);
  const name = names.at(-1) ?? "";
  const { isUsersOwn, isHstore } = reading.own;
  const isServers = names.length === 1 ? !isUsersOwn(name) : names.length === 2 && names[0] === "pg_catalog";
  const isMore = Object.keys(further).some((field) => field !== "funcformat" && field !== "location");
  if (isMore || (!isServers && !(name === "hstore" && isHstore))) return undefined;
  const made = together(args, reading, true);
  if (made === undefined) return undefined;
  if (name === "hstore") return isHstore && args.length === 1 ? { ...made, form: "hstore" } : undefined;
  if (makingJson.has(name)) return { ...made, form: "json" };
  if (makingObjects.has(name)) {
    const areKeysGiven = args.length % 2 === 0 && args.every((arg, index) => index % 2 === 1 || isTextConstant(arg));
    return areKeysGiven ? { ...made, form: "json" } : undefined;
  }
  if (!makingText.has(name)) return undefined;
  return name === "format" && !isPlainFormat(args[0]) ? undefined : { ...made, form: "text" };
}

function isTextConstant(node: Node | undefined): boolean {
  return node !== undefined && "A_Const" in node && node.A_Const.sval !== undefined;
}

/** NULL cannot be formatted with `%I`. */
function isPlainFormat(node: Node | undefined): boolean {
  if (node === undefined || !("A_Const" in node)) return false;
  return /^(?:[^%]|%%|%[sL])*$/.test(node.A_Const.sval?.sval ?? "%");
}

/** @param asArguments `old.*` is one value there */
function together(nodes: readonly Node[] | undefined, reading: Reading, asArguments = false): CopiedValue | undefined {
  const values = (nodes ?? []).map((node) => copiedValue(node, reading));
  if (values.some((value) => value === undefined || (value.form === "columns" && !asArguments))) return undefined;
  const known = values.filter((value) => value !== undefined);
  return known.reduce((one, other) => either(one, other), known[0] ?? plain);
}

/** What holds nothing of the row makes a value fail for all rows or for none. */
function either(one: CopiedValue, other: CopiedValue): CopiedValue {
  if (one === other) return one;
  const [form] = [one, other].filter(({ row }) => !isNothing(row)).map((each) => each.form);
  const isSame = [one, other].every(({ row, form: own }) => isNothing(row) || own === form);
  return {
    row: unitedRows([one.row, other.row]),
    form: isSame && form !== undefined && form !== "column" ? form : "other",
    mayBeNull: one.mayBeNull || other.mayBeNull,
  };
}

export function unitedRows(rows: readonly TriggerRow[]): TriggerRow {
  return {
    isWhole: rows.some(({ isWhole }) => isWhole),
    columns: new Set(rows.flatMap(({ columns }) => [...columns])),
  };
}

function isNothing({ isWhole, columns }: TriggerRow): boolean {
  return !isWhole && columns.size === 0;
}

/** The parts of a name, `*` for a star. */
function namesOf(nodes: readonly Node[] | undefined): readonly string[] {
  return (nodes ?? []).map((node) => ("String" in node ? (node.String.sval ?? "") : "A_Star" in node ? "*" : ""));
}
