/** The tables and views of a catalog fixture as SQL, for tests that want rows without writing the schema a second time. */
import { type Catalog, type Column, objectPath, type Relation } from "../../../catalog/catalog.ts";
import { quoteName, quoteText } from "../../../masks/quote.ts";

/** What a fixture cannot tell is a problem, in words; then the schema has to be written. */
export function tablesOf(catalog: Catalog): { readonly script: string; readonly problems: readonly string[] } {
  const problems = [...catalog.types.values()]
    .filter(({ isSystem }) => !isSystem)
    .map(({ schema, name }) => `what the type ${objectPath(schema, name)} is made of`);
  const relations = [...catalog.relations.values()].filter(({ isSystem }) => !isSystem);
  const schemas = new Set(relations.map(({ schema }) => schema).filter((schema) => schema !== "public"));
  const lines = [...schemas].map((schema) => `create schema ${quoteName(schema)};`);
  for (const relation of relations) {
    const statement = create(relation);
    if (statement === undefined) problems.push(`how ${relation.path} hangs together with other tables`);
    else lines.push(statement);
  }
  return { script: lines.join("\n"), problems };
}

function create(relation: Relation): string | undefined {
  const name = `${quoteName(relation.schema)}.${quoteName(relation.name)}`;
  switch (relation.kind) {
    case "view":
      return `create view ${name} as ${relation.definition};`;
    case "materialized_view":
      return `create materialized view ${name} as ${relation.definition};`;
    case "sequence":
      return `create sequence ${name};`;
    case "table":
      return relation.isPartition || relation.parents.length > 0 ? undefined : table(name, relation);
    default:
      return undefined;
  }
}

function table(name: string, { columns, primaryKey }: Relation): string {
  const key = columns
    .filter(({ attnum }) => primaryKey?.includes(attnum) === true)
    .map(({ name: keyName }) => quoteName(keyName));
  const parts = [...columns.map(column), ...(key.length === 0 ? [] : [`primary key (${key.join(", ")})`])];
  const comments = columns.flatMap((each) =>
    each.comment === undefined
      ? []
      : [`\ncomment on column ${name}.${quoteName(each.name)} is ${quoteText(each.comment)};`],
  );
  return `create table ${name} (${parts.join(", ")});${comments.join("")}`;
}

function column({ name, typeSql, generated, notNull }: Column): string {
  const made = generated === undefined ? "" : ` generated always as (${generated}) stored`;
  return `${quoteName(name)} ${typeSql}${made}${notNull ? " not null" : ""}`;
}
