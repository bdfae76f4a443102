/** Reads what a catalog has as text, the definitions of views and the expressions of columns, as the server prints them. */
import type { Catalog, Engine, Relation } from "../catalog/catalog.ts";
import { withoutTemporaryTables } from "../catalog/temporary-tables.ts";
import type { StatementFacts } from "./facts.ts";
import { analyzeMysql } from "./mysql/analyze.ts";
import { quoteMysqlName } from "./mysql/quote.ts";
import { analyzePostgres } from "./postgres/analyze.ts";
import { quoteName } from "../masks/quote.ts";

export type ReadDefinition =
  | { readonly kind: "statements"; readonly statements: readonly { readonly facts: StatementFacts }[] }
  | { readonly kind: "unreadable"; readonly message: string };

interface DefinitionReader {
  /** @param schema that the definition is of */
  readonly read: (catalog: Catalog, text: string, schema: string) => ReadDefinition;
  /** A query for an expression over a table's own rows. */
  readonly query: (relation: Relation, expression: string) => string;
}

const postgres: DefinitionReader = {
  read: (catalog, text) => readable(analyzePostgres(text, catalog, { searchPath: catalog.definitionPath })),
  query: ({ schema, name }, expression) => `select ${expression} from only ${quoteName(schema)}.${quoteName(name)}`,
};

const mysql: DefinitionReader = {
  // The server prints every name of a relation whole, but not those of functions in the view's own database.
  read: (session, text, schema) => {
    const catalog = withoutTemporaryTables(session);
    const sqlMode = catalog.mysql?.definitionMode;
    return readable(
      analyzeMysql(text, catalog, { searchPath: [schema], ...(sqlMode === undefined ? {} : { sqlMode }) }),
    );
  },
  query: ({ schema, name }, expression) =>
    `select ${expression} from ${quoteMysqlName(schema)}.${quoteMysqlName(name)}`,
};

const readers: Readonly<Record<Engine, DefinitionReader>> = { postgres, mysql, mariadb: mysql };

/** @param schema of the view */
export function readDefinition(catalog: Catalog, text: string, schema: string): ReadDefinition {
  return readers[catalog.engine].read(catalog, text, schema);
}

/** The same for an expression over the rows of a table. */
export function readExpression(catalog: Catalog, relation: Relation, expression: string): ReadDefinition {
  const reader = readers[catalog.engine];
  return reader.read(catalog, reader.query(relation, expression), relation.schema);
}

function readable(
  analyzed:
    | Extract<ReadDefinition, { kind: "statements" }>
    | { readonly kind: "syntax_error" | "refused"; readonly message: string },
): ReadDefinition {
  return analyzed.kind === "statements" ? analyzed : { kind: "unreadable", message: analyzed.message };
}
