import { defaultSqlMode } from "../sql/mysql/dialect.ts";
import { informationSchemaRelationNames, pgCatalogRelationNames } from "../sql/postgres/builtin-names.ts";
import type { Catalog, Column, Engine, TypeInfo } from "./catalog.ts";
import type { FixtureTypeKind } from "./fixture-form.ts";
import { columnType } from "./fixture-types.ts";
import { mysqlTypeCategory } from "./mysql-types.ts";
import { isSystemDatabase, isSystemSchema } from "./system-schemas.ts";

export type FixtureTypes = ReadonlyMap<string, TypeInfo & { readonly fixtureKind?: FixtureTypeKind }>;

/** What a fixture need not say, since the server brings it. */
export interface FixtureEngine {
  readonly serverVersionNum: number;
  readonly schemas: readonly string[];
  readonly definitionPath: readonly string[];
  /** Known by name; their columns are not listed, so any is taken for one of theirs. */
  readonly systemRelations: readonly (readonly [schema: string, names: ReadonlySet<string>])[];
  readonly isSystem: (schema: string) => boolean;
  readonly columnType: (
    text: string,
    types: FixtureTypes,
  ) => Pick<Column, "type" | "typeSql" | "typeCategory" | "isDomain"> | undefined;
  readonly mysql?: (lowerCaseTableNames: 0 | 1 | 2) => NonNullable<Catalog["mysql"]>;
}

const postgres: FixtureEngine = {
  serverVersionNum: 180_000,
  schemas: ["pg_catalog", "information_schema", "public"],
  definitionPath: ["pg_catalog", "public"],
  systemRelations: [
    ["pg_catalog", pgCatalogRelationNames],
    ["information_schema", informationSchemaRelationNames],
  ],
  isSystem: isSystemSchema,
  columnType,
};

const mariadb: FixtureEngine = {
  serverVersionNum: 101_100,
  schemas: ["information_schema"],
  definitionPath: [],
  systemRelations: [],
  isSystem: isSystemDatabase,
  columnType: (text) => {
    const [type] = /^[a-z0-9]+/.exec(text.trim().toLowerCase()) ?? [];
    if (type === undefined) return undefined;
    return { type, typeSql: text, typeCategory: mysqlTypeCategory(type), isDomain: false };
  },
  mysql: (lowerCaseTableNames) => ({ lowerCaseTableNames, definitionMode: defaultSqlMode }),
};

export const fixtureEngines: Readonly<Record<Engine, FixtureEngine>> = {
  postgres,
  mariadb,
  mysql: { ...mariadb, serverVersionNum: 80_400 },
};
