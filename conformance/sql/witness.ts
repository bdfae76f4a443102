import { astVisitor, parse, type Statement } from "pgsql-ast-parser";

/** What the witness, a parser that shares no code with PostgreSQL's, says of a statement. */
interface Testimony {
  /** Names of tables as they are written, schema included. */
  readonly tables: ReadonlySet<string>;
  /** Names that WITH gives anywhere: the witness does not see those of a query around a subquery. */
  readonly queries: ReadonlySet<string>;
  readonly hasWhere: boolean;
  readonly limit: number | undefined;
}

/** `undefined` where the witness does not take the text for one statement that it can tell these things of. */
export function askWitness(sql: string): Testimony | undefined {
  let statements: Statement[];
  try {
    statements = parse(sql);
  } catch {
    return undefined;
  }
  const [statement, second] = statements;
  if (statement === undefined || second !== undefined) return undefined;
  if (statement.type !== "select" && statement.type !== "update" && statement.type !== "delete") return undefined;
  const tables = new Set<string>();
  const queries = new Set<string>();
  astVisitor((visitor) => ({
    with: (clause) => {
      for (const { alias } of clause.bind) queries.add(alias.name);
      visitor.super().with(clause);
    },
    tableRef: ({ schema, name }) => tables.add(schema === undefined ? name : `${schema}.${name}`),
  })).statement(statement);
  const limit = "limit" in statement ? statement.limit?.limit : undefined;
  return {
    tables,
    queries,
    hasWhere: "where" in statement && statement.where !== undefined && statement.where !== null,
    limit: limit?.type === "integer" ? limit.value : undefined,
  };
}
