import {
  defaultSqlMode,
  type MysqlDialect,
  MysqlNames,
  parseCatalogFixture,
  parseMysql,
  parsePostgres,
  resolveMysql,
  resolveStatements,
} from "@penstock/engine";

/** What a corpus is measured with: a parser, and what it and the extractor of facts make of a text. */
export interface MeasuredDialect {
  /** Whose word `CorpusLine.accepted` is. */
  readonly owner: string;
  /** Constructs whose effect is not in their text. */
  readonly opaqueByNature: ReadonlySet<string>;
  parse(sql: string): { readonly failure: string } | { readonly opaque: () => readonly string[] };
}

/** The system's own relations at most: a corpus brings no schema, and a relation that is not known is no reason to be opaque. */
const catalog = parseCatalogFixture({});
const names = { searchPath: ["public"] };

const postgres: MeasuredDialect = {
  owner: "PostgreSQL's parser",
  opaqueByNature: new Set(["DoStmt", "CallStmt"]),
  parse: (sql) => {
    const parsed = parsePostgres(sql);
    if (parsed.kind !== "statements") return { failure: `${parsed.kind}: ${parsed.message}` };
    return {
      opaque: () =>
        resolveStatements(parsed.statements, catalog, names).flatMap(({ facts }) =>
          facts.opaque.map(({ construct }) => construct),
        ),
    };
  },
};

/** The server that said which lines of the corpus it accepts. */
const mariadb: MysqlDialect = { product: "mariadb", version: 101_100, mode: defaultSqlMode };

const mysql: MeasuredDialect = {
  owner: "MariaDB",
  // What a stored program, or a text that is a value, does is not in the statement.
  opaqueByNature: new Set([
    "CALL",
    "PREPARE of a text",
    "EXECUTE IMMEDIATE of a text",
    "compound statement",
    "body of a trigger",
    "body of a stored program",
  ]),
  parse: (sql) => {
    const parsed = parseMysql(sql, mariadb);
    if (parsed.kind !== "statements") return { failure: `${parsed.kind}: ${parsed.message}` };
    return {
      opaque: () =>
        resolveMysql(sql, parsed, new MysqlNames(catalog, "test")).flatMap(({ facts }) =>
          facts.opaque.map(({ construct }) => construct),
        ),
    };
  },
};

export const measuredDialects = { postgres, mysql } as const;

export function isMeasured(name: string): name is keyof typeof measuredDialects {
  return Object.hasOwn(measuredDialects, name);
}
