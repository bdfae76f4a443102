import { parsePostgres } from "../parse.ts";
import { isObject, type TreeObject } from "../../tree-object.ts";
import { listOf } from "./tree.ts";

/** The trees of generated SQL, against which a rewritten statement is compared. The same few relations come again and again. */
const parsed = new Map<string, TreeObject>();
const keptMax = 500;

/** The item of a FROM clause. */
export function fromItem(text: string): TreeObject {
  return onlyOne(listOf(select(`select from ${text}`)["fromClause"]));
}

/** An expression. */
export function expression(text: string): unknown {
  const target = onlyOne(listOf(select(`select ${text}`)["targetList"]))["ResTarget"];
  return isObject(target) ? target["val"] : undefined;
}

/** An expression in which `hole` stands for a part that is given as a tree. */
export function expressionAround(text: string, part: unknown): unknown {
  return filled(expression(text), isHole, part);
}

/** A query in which `queryHole` stands for a query that is given as a tree. */
export function queryAround(text: string, part: unknown): unknown {
  const isQueryHole = ({ SelectStmt: inner }: TreeObject): boolean => {
    const [target] = isObject(inner) ? listOf(inner["targetList"]) : [];
    const { ResTarget: output } = target ?? {};
    return isObject(output) && isObject(output["val"]) && isHole(output["val"]);
  };
  return filled(query(text), isQueryHole, part);
}

function isHole({ ParamRef: parameter }: TreeObject): boolean {
  return isObject(parameter) && parameter["number"] === holeNumber;
}

function filled(value: unknown, is: (node: TreeObject) => boolean, part: unknown): unknown {
  if (Array.isArray(value)) return value.map((element) => filled(element, is, part));
  if (!isObject(value)) return value;
  if (is(value)) return part;
  return Object.fromEntries(Object.entries(value).map(([field, child]) => [field, filled(child, is, part)]));
}

/** The highest number that a parameter can have. */
const holeNumber = 65_535;
export const hole = `$${holeNumber}`;
export const queryHole = `select ${hole}`;

/** The items of a select list. */
export function targets(text: string): readonly TreeObject[] {
  return listOf(select(`select ${text}`)["targetList"]);
}

/** A whole query. */
export function query(text: string): TreeObject {
  return { SelectStmt: select(text) };
}

function select(text: string): TreeObject {
  const known = parsed.get(text);
  if (known !== undefined) return known;
  const result = parsePostgres(text);
  const statement: unknown = result.kind === "statements" ? result.statements[0]?.node : undefined;
  if (!isObject(statement) || !isObject(statement["SelectStmt"])) throw new Error("generated SQL does not parse");
  if (parsed.size >= keptMax) parsed.clear();
  parsed.set(text, statement["SelectStmt"]);
  return statement["SelectStmt"];
}

function onlyOne(list: readonly TreeObject[]): TreeObject {
  const [first] = list;
  if (first === undefined || list.length !== 1)
    throw new Error("generated SQL does not parse as what it was meant to be");
  return first;
}
