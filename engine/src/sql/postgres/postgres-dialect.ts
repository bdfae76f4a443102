import { plainLiterals } from "../literal-shape.ts";
import type { SqlDialect } from "../sql-dialect.ts";
import { analyzePostgres } from "./analyze.ts";
import { withFewRows } from "./few-rows.ts";
import { bindsFreely, freeLiterals } from "./free-literals.ts";
import { fingerprintPostgres } from "./parse.ts";
import { editEveryRow, withMarks } from "./rewrite/every-row.ts";
import { rewritePostgres } from "./rewrite/rewrite.ts";
import { tellsSize } from "./rewrite/sizes.ts";
import { holdsStatistics, systemColumnTells } from "./system-data.ts";
import { withoutPostgresLiterals } from "./without-literals.ts";
import { withoutPostgresPasswords } from "./without-passwords.ts";

export const postgresDialect: SqlDialect = {
  read: (text, catalog, names) => {
    const analyzed = analyzePostgres(text, catalog, names);
    if (analyzed.kind !== "statements") return analyzed;
    const { statements } = analyzed;
    return {
      kind: "statements",
      statements: statements.map(({ facts }) => facts),
      rewrite: (plans) => rewritePostgres(text, statements, plans, { ...names, catalog }),
      freeLiterals: () => (statements[0] === undefined ? new Map() : freeLiterals(statements[0].node)),
      bindsFreely: () => statements[0] !== undefined && bindsFreely(statements[0].node),
    };
  },
  fingerprint: (statement) => fingerprintPostgres(statement),
  withoutPasswords: withoutPostgresPasswords,
  withoutLiterals: (statement) => withoutPostgresLiterals(statement),
  unknownName: ({ what, name }) => `${what} "${name}" does not exist`,
  // PostgreSQL's default for a user without a schema of its own name.
  defaultPath: () => ["public"],
  manyRows: {
    few: withFewRows,
    marked: withMarks,
    edit: (text, { text: few, standFor }, splices, marked, decisive) =>
      editEveryRow(text, standFor, { text: few, splices }, marked, decisive),
  },
  literals: plainLiterals,
  system: {
    tells: ({ name }, column) => systemColumnTells(name, column.name),
    holdsStatistics: ({ name }) => holdsStatistics(name),
    tellsSize,
  },
};
