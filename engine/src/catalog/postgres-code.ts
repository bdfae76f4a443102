import type { AccessKind } from "@penstock/language";
import { quoteName } from "../masks/quote.ts";
import { builtinCategory } from "../sql/postgres/functions.ts";
import type { Column, FunctionName, RelationCode } from "./catalog.ts";
import { type FunctionNames, type FunctionsOfType, usersFunctions } from "./postgres-functions.ts";

type Row = readonly (string | null)[];

/** Of the functions that making a value of a type may call: all, or those that no conversion is needed for. */
export interface TypeCode {
  readonly all: FunctionsOfType;
  readonly withoutCasts: FunctionsOfType;
}

/** Users' functions by the catalog and oid of what calls them. */
export type UsedBy = (catalog: string, oid: string | null | undefined) => readonly FunctionName[];

/** @param rows of `usedByCode`. */
export function usedBy(rows: readonly Row[], names: FunctionNames, types: TypeCode): UsedBy {
  const used = new Map<string, FunctionName[]>();
  for (const [catalog, oid, called, type] of rows) {
    const functions = type === null ? usersFunctions([called ?? ""], names) : types.all(type ?? "");
    if (functions.length === 0) continue;
    const key = `${catalog} ${oid}`;
    const list = used.get(key);
    if (list === undefined) used.set(key, [...functions]);
    else list.push(...functions);
  }
  return (catalog, oid) => used.get(`${catalog} ${oid}`) ?? [];
}

interface NamedRelation {
  readonly schema: string;
  readonly name: string;
}

const written: ReadonlySet<AccessKind> = new Set(["insert", "update", "ddl"]);
const writtenOrRead: ReadonlySet<AccessKind> = new Set(["read", ...written]);

const commands: Readonly<Record<string, readonly AccessKind[]>> = {
  r: ["read"],
  a: ["insert"],
  w: ["update", "lock"],
  d: ["delete"],
  "*": ["read", "insert", "update", "delete", "lock"],
};

/** ev_type of pg_rewrite: CmdType of PostgreSQL's src/include/nodes/nodes.h. */
const ruleEvents: Readonly<Record<string, AccessKind>> = { 2: "update", 3: "insert", 4: "delete" };

const catalogOf: Readonly<Record<string, string>> = {
  check: "pg_constraint",
  index: "pg_class",
  statistics: "pg_statistic_ext",
  partition: "pg_class",
  policy: "pg_policy",
  rule: "pg_rewrite",
};

/** @param row of `relationCode`. `undefined`: nothing but pure functions of PostgreSQL's own. */
export function codeOf(
  [kind, , oid, name, event, first, second]: Row,
  relation: NamedRelation,
  used: UsedBy,
): RelationCode | undefined {
  const functions = used(catalogOf[kind ?? ""] ?? "", oid);
  if (kind === "rule") {
    const on = new Set([ruleEvents[event ?? ""] ?? "read"]);
    return { name: `rule \`${name}\``, on, text: first ?? "", functions, tellsOfRow: true };
  }
  const text = [first, second].filter((each) => typeof each === "string" && each !== "").join(", ");
  if (kind === "policy") {
    const on = new Set(commands[event ?? ""] ?? []);
    // What cannot be printed now cannot be read: the empty text is no query.
    const query = first === "" || second === "" ? "" : over(relation, text);
    return { name: `row security policy \`${name}\``, on, text: query, functions, tellsOfRow: true };
  }
  const named = kind === "partition" ? "the partition key" : `${kind} \`${name}\``;
  return expressionCode(named, text, relation, functions);
}

/** What computes a value of a row from the row. */
function expressionCode(
  name: string,
  expression: string,
  relation: NamedRelation,
  functions: readonly FunctionName[],
): RelationCode | undefined {
  if (functions.length === 0 && !reachesFurther(expression)) return undefined;
  // Its functions are known without the text.
  const text = expression === "" ? {} : { text: over(relation, expression) };
  return { name, on: written, ...text, functions, tellsOfRow: false };
}

/** @param row of `defaults`. */
export function defaultCode(
  [, , expression, generated, oid]: Row,
  column: string,
  relation: NamedRelation,
  used: UsedBy,
): RelationCode | undefined {
  const name = generated === "" ? `the default of \`${column}\`` : `generated column \`${column}\``;
  return expressionCode(name, expression ?? "", relation, used("pg_attrdef", oid));
}

/** Values of a type may also be made where a statement only reads others of it: `array[column] || '{…}'`. */
export function typeCode(column: Pick<Column, "attnum" | "name">, type: string, types: TypeCode): RelationCode[] {
  const name = `the type of \`${column.name}\``;
  const always = types.withoutCasts(type);
  const stored = types.all(type).filter((each) => !always.some((other) => isSame(each, other)));
  return [
    ...(always.length === 0
      ? []
      : [{ name, on: writtenOrRead, ofColumn: column.attnum, functions: always, tellsOfRow: false }]),
    ...(stored.length === 0 ? [] : [{ name, on: written, functions: stored, tellsOfRow: false }]),
  ];
}

function isSame(one: FunctionName, other: FunctionName): boolean {
  return one.schema === other.schema && one.name === other.name;
}

function over({ schema, name }: NamedRelation, expressions: string): string {
  return `select ${expressions} from only ${quoteName(schema)}.${quoteName(name)}`;
}

/** Whether a word of the expression is the name of a function that does more than compute a value. */
function reachesFurther(expression: string): boolean {
  return (expression.match(/\w+/g) ?? []).some((word) => !harmless.has(builtinCategory(word.toLowerCase())));
}

const harmless: ReadonlySet<string> = new Set(["pure", "volatile"]);
