import { catalogIndex } from "../sql/postgres/catalog-index.ts";
import { builtinCategory } from "../sql/postgres/functions.ts";
import { type PlacedStatement, type PlpgsqlFunction, readPlpgsql } from "../sql/postgres/plpgsql.ts";
import { isToken, type SourceText, sourceText } from "../sql/postgres/rewrite/source-text.ts";
import { type Catalog, objectPath } from "./catalog.ts";
import { copyingBody, type RowCopy, wholeRow } from "./row-copies.ts";
import { noRow, onlyTellsOfRow, type TriggerRow, withoutComparedRows } from "./trigger-row.ts";

/** The SQL in a body in PL/pgSQL, and why that may not be all that it does. */
export interface PlpgsqlBody {
  readonly statements: readonly {
    readonly text: string;
    /** It does nothing with NEW and OLD but store them, as `copies` says. */
    readonly isCopying: boolean;
  }[];
  readonly copies: readonly RowCopy[];
  /** What of NEW and OLD is looked at by way of variables. */
  readonly lookedByVariables: TriggerRow;
  /** What errors say of the row that a trigger is run for, and nothing else. */
  readonly errors: readonly string[];
  /** It has RAISE or ASSERT. */
  readonly says: boolean;
  /** It reads PG_EXCEPTION_DETAIL. */
  readonly seesDetails: boolean;
  /** It may read what an error says. */
  readonly seesErrors: boolean;
  readonly problem?: string;
}

export function plpgsqlBody(catalog: Catalog, definition: string): PlpgsqlBody {
  const read = readPlpgsql(definition);
  if (read === undefined) return unreadable;
  const { says, seesDetails, seesErrors, other } = read;
  const unread = other === undefined ? unreadName(catalog, read) : undefined;
  const problem = other === undefined ? unread && `names \`${unread}\` where it is not read` : `runs ${other}`;
  const { userFunctions, userOperators } = catalogIndex(catalog);
  const isUsersOwn = (name: string) => userFunctions.has(name);
  const isOfRow = ({ text, place }: PlacedStatement) => onlyTellsOfRow(text, place, isUsersOwn);
  const statements = read.statements
    .filter((each) => !isOfRow(each))
    .map((each) => ({ ...each, text: withoutComparedRows(each.text) }));
  // By another name it could be used for anything.
  const { copies, copying, looked } = copyingBody(read.aliases === undefined ? statements : [], {
    isUsersOwn,
    isHstore: isInC(catalog, userFunctions.get("hstore") ?? [], "hstore"),
    isOwnOperator: (name) =>
      (userOperators.get(name) ?? []).some(
        ({ functionSchema, functionName }) =>
          functionSchema !== "pg_catalog" && !isInC(catalog, [functionSchema], functionName),
      ),
  });
  return {
    statements: statements.map((each) => ({ text: each.text, isCopying: copying.has(each) })),
    copies,
    lookedByVariables: read.aliases === "rows" ? wholeRow : looked,
    errors: read.statements.filter((each) => each.place === "error" && isOfRow(each)).map(({ text }) => text),
    says,
    seesDetails,
    seesErrors,
    ...(problem === undefined ? {} : { problem }),
  };
}

/** All functions of that name are an extension's. */
function isInC({ functions }: Catalog, schemas: readonly string[], name: string): boolean {
  const overloads = schemas.flatMap((schema) => functions.get(objectPath(schema, name)) ?? []);
  return overloads.length > 0 && overloads.every(({ language }) => language === "c");
}

const unreadable: PlpgsqlBody = {
  statements: [],
  copies: [],
  lookedByVariables: noRow,
  errors: [],
  says: true,
  seesDetails: true,
  seesErrors: true,
  problem: "has a body that cannot be read",
};

/**
 * The name of something that could read or run more than the texts that were found in the body say: the parser's tree lacks some
 * expressions (the default of a record) and all types, so each such name in the body has to be in one of those texts.
 */
function unreadName(catalog: Catalog, { name: own, body, texts, variables }: PlpgsqlFunction): string | undefined {
  const index = catalogIndex(catalog);
  const relations = new Set([...catalog.relations.values()].map(({ name }) => name));
  const unread = new Map<string, number>();
  const source = sourceText(body);
  for (const [position, name] of namesIn(source)) {
    // `r towns%rowtype` reads nothing, unless the type runs something.
    if (isTypeOfRelation(source, position) && !index.typesWithFunctions.has(name)) continue;
    if (name === own && isToken(source, position + 1, ".") && variables.has(wordAt(source, position + 2))) continue;
    unread.set(name, (unread.get(name) ?? 0) + 1);
  }
  for (const [, name] of texts.flatMap((text) => namesIn(sourceText(text)))) {
    unread.set(name, (unread.get(name) ?? 0) - 1);
  }
  for (const [name, count] of unread) {
    if (count <= 0) continue;
    if (relations.has(name) || index.typesWithFunctions.has(name) || index.userOperators.has(name)) return name;
    if (variables.has(name)) continue;
    if (index.userFunctions.has(name) || !harmless.has(builtinCategory(name))) return name;
  }
  return undefined;
}

const harmless: ReadonlySet<string> = new Set(["pure", "volatile"]);

/** Names and operators with the index of their token, as the server would read them. */
function namesIn({ tokens, bytes }: SourceText): (readonly [position: number, name: string])[] {
  return tokens.flatMap(({ kind, start, end }, position) => {
    const text = bytes.toString("utf8", start, end);
    if (kind === "word") return [[position, text.toLowerCase()] as const];
    if (kind === "quoted") return [[position, text.slice(text.indexOf('"') + 1, -1).replaceAll('""', '"')] as const];
    return kind === "operator" ? [[position, text] as const] : [];
  });
}

function wordAt({ tokens, bytes }: SourceText, index: number): string {
  const token = tokens[index];
  return token?.kind === "word" ? bytes.toString("utf8", token.start, token.end).toLowerCase() : "";
}

/** Whether the token is part of a name that `%rowtype` or `%type` follows. */
function isTypeOfRelation(source: SourceText, position: number): boolean {
  let end = position + 1;
  while (isToken(source, end, ".")) end += 2;
  return isToken(source, end, "%") && (isToken(source, end + 1, "rowtype") || isToken(source, end + 1, "type"));
}
