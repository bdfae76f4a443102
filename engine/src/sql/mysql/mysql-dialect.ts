import { plainLiterals } from "../literal-shape.ts";
import type { SqlDialect } from "../sql-dialect.ts";
import { analyzeMysql, mysqlDialectOf } from "./analyze.ts";
import { bindsFreely, freeLiterals } from "./free-literals.ts";
import { fingerprintMysql } from "./fingerprint.ts";
import { rewriteMysql } from "./rewrite/rewrite.ts";
import { systemColumnTells } from "./system-data.ts";
import { withoutMysqlLiterals } from "./without-literals.ts";
import { withoutMysqlPasswords } from "./without-passwords.ts";

export const mysqlDialect: SqlDialect = {
  read: (text, catalog, names) => {
    const analyzed = analyzeMysql(text, catalog, names);
    if (analyzed.kind !== "statements") return analyzed;
    const { statements } = analyzed;
    return {
      kind: "statements",
      statements: statements.map(({ facts }) => facts),
      rewrite: (plans) => rewriteMysql(text, statements, plans, { ...names, catalog }),
      freeLiterals: () => freeLiterals(statements[0]?.node),
      bindsFreely: () => bindsFreely(statements[0]?.node),
    };
  },
  fingerprint: (statement, catalog, names) => fingerprintMysql(statement, mysqlDialectOf(catalog, names)),
  withoutPasswords: withoutMysqlPasswords,
  withoutLiterals: (statement, catalog, names) => withoutMysqlLiterals(statement, mysqlDialectOf(catalog, names)),
  unknownName: ({ what, name }, { searchPath: [database] }) => {
    if (what === "schema") return `Unknown database '${name}'`;
    return `Table '${name.includes(".") || database === undefined ? name : `${database}.${name}`}' doesn't exist`;
  },
  defaultPath: ({ database }) => (database === "" ? [] : [database]),
  literals: plainLiterals,
  system: {
    tells: systemColumnTells,
    holdsStatistics: () => false,
    tellsSize: () => false,
  },
};
