import type { Catalog } from "../../../catalog/catalog.ts";
import type { NameContext } from "../../../enforcer.ts";
import { Denial } from "../../denial.ts";
import { unclear } from "../../rewriting.ts";
import { applySplices, type Splice, type SplicedText } from "../../splices.ts";
import type { TreeObject } from "../../tree-object.ts";
import type { Dialect } from "../dialect.ts";
import type { RelationRead } from "../facts/context.ts";
import type { ResolvedMysql } from "../facts/resolve.ts";
import { utf8Positions } from "../facts/utf8-positions.ts";
import { parseMysql } from "../parse.ts";
import { nodesOf, type TableSite } from "./tree.ts";

/** How a text is read. */
export interface ReadingContext extends NameContext {
  readonly catalog: Catalog;
}

export interface TextOfStatements {
  readonly text: string;
  readonly statements: readonly ResolvedMysql[];
  /** From a position in it to that in the text that was sent. */
  readonly mapPosition: (position: number) => number;
}

/** What is to be done to a text, in UTF-16 offsets, and what its tree must be afterwards. */
export interface Edits {
  readonly splices: Splice[];
  readonly expected: Map<TreeObject, readonly unknown[]>;
}

export function noEdits(): Edits {
  return { splices: [], expected: new Map() };
}

export function spliced(text: string, { splices }: Edits): SplicedText {
  if (!text.isWellFormed()) {
    throw new Denial(
      "data is hidden from you, and the statement holds bytes that are no UTF-8, which cannot be kept while it is rewritten",
      "prepare the statement, or write the bytes as x'…'",
    );
  }
  const bytes = utf8Positions(text);
  return applySplices(
    Buffer.from(text, "utf8"),
    splices.map((splice) => ({ ...splice, start: bytes(splice.start), end: bytes(splice.end) })),
  );
}

/** A statement that is being edited. */
export interface Rewriting {
  readonly text: string;
  readonly statement: ResolvedMysql;
  readonly dialect: Dialect;
  readonly edits: Edits;
}

/** Puts a derived table with its alias in the place of a relation. */
export function replaceTable(
  { statement, dialect, edits }: Rewriting,
  { table, qualified }: RelationRead,
  { path }: TableSite,
  source: string,
): void {
  const holder = path.at(-1);
  const isCommand = holder?.["kind"] === "table_query";
  const replaced = isCommand ? (holder as TreeObject & { start: number; end: number }) : table;
  const generated = isCommand ? `select * from ${source}` : source;
  edits.splices.push({ start: replaced.start, end: replaced.end, text: generated });
  edits.expected.set(replaced as unknown as TreeObject, [parsed(generated, isCommand, dialect)]);
  unqualify(qualified, statement, edits);
}

/** What a generated text is to the parser. */
function parsed(generated: string, isCommand: boolean, dialect: Dialect): unknown {
  const read = parseMysql(isCommand ? generated : `select * from ${generated}`, dialect);
  const [statement] = read.kind === "statements" ? read.statements : [];
  if (statement?.kind !== "query" || statement.body.kind !== "select") throw new Denial(unclear);
  const made: unknown = isCommand ? statement.body : statement.body.from[0];
  if (made === undefined) throw new Denial(unclear);
  return made;
}

/** A derived table is in no database: `shop.customers.email` becomes `customers.email`. */
function unqualify(qualified: RelationRead["qualified"], { node }: ResolvedMysql, { splices, expected }: Edits): void {
  for (const [schema, table] of qualified) {
    if (schema === undefined || table === undefined) throw new Denial(unclear);
    splices.push({ start: schema.start, end: table.start, text: "" });
    for (const reference of nodesOf(node, references)) {
      for (const field of ["parts", "qualifier"]) {
        const parts = reference[field];
        if (Array.isArray(parts) && parts[0] === schema) {
          expected.set(reference, [{ ...reference, [field]: parts.slice(1) }]);
        }
      }
    }
  }
}

const references: ReadonlySet<string> = new Set(["column", "star"]);
