/** Values that can stand in a string. */
import { records, statementKinds } from "../../check/vocabulary.ts";
import type { CatalogNames } from "../catalog-names.ts";
import { labelFields } from "../places.ts";
import type { PolicySet } from "../policy-set.ts";
import { type Completion, completion } from "./completion.ts";

/** For a string that is compared with a field of the vocabulary, such as `query.kind`. */
export function valuesOfField(set: PolicySet, field: string, catalog: CatalogNames): Completion[] {
  if (field === "query.kind")
    return Object.entries(statementKinds).map(([kind, category]) => completion("value", kind, { detail: category }));
  const [record = "", name = ""] = field.split(".");
  const known = Object.entries(records).find(([each]) => each === record)?.[1][name];
  const type = known?.type.kind === "set" || known?.type.kind === "array" ? known.type.of : known?.type;
  if (type?.kind === "string" && type.values !== undefined)
    return type.values.map((value) => completion("value", value, { detail: field }));
  if (labelFields.has(field)) return labels(set);
  return [...ofCatalog(field, catalog), ...written(set, field)];
}

/** Labels that the policies give or ask for. */
export function labels(set: PolicySet): Completion[] {
  const found = new Map<string, boolean>();
  for (const { meaning, isDefinition } of placesOf(set))
    if (meaning.kind === "label" && meaning.label !== "")
      found.set(meaning.label, isDefinition || found.get(meaning.label) === true);
  return [...found]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([label, isGiven]) =>
      completion("label", label, { detail: isGiven ? "label" : "label, given by no statement" }),
    );
}

/** Strings that the policies compare with the same field already. */
function written(set: PolicySet, field: string): Completion[] {
  const texts = new Set<string>();
  for (const { meaning } of placesOf(set))
    if (meaning.kind === "value" && meaning.field === field && meaning.text !== "") texts.add(meaning.text);
  return [...texts].sort().map((text) => completion("value", text, { detail: field }));
}

function placesOf(set: PolicySet) {
  return [...set.recentPlaces().values()].flat();
}

function ofCatalog(field: string, { relations }: CatalogNames): Completion[] {
  const columns = relations.flatMap((relation) =>
    relation.columns.map((column) => ({ path: `${relation.schema}.${relation.name}.${column.name}`, ...column })),
  );
  const distinct = (kind: Completion["kind"], names: readonly string[]): Completion[] =>
    [...new Set(names)].sort().map((name) => completion(kind, name, { detail: field }));
  switch (field) {
    case "table.path":
      return relations.map(({ schema, name, kind }) => completion("relation", `${schema}.${name}`, { detail: kind }));
    case "table.name":
    case "column.table":
      return distinct(
        "relation",
        relations.map(({ name }) => name),
      );
    case "table.schema":
    case "column.schema":
      return distinct(
        "package",
        relations.map(({ schema }) => schema),
      );
    case "column.path":
      return columns.map(({ path, type, comment }) =>
        completion("column", path, { detail: type, documentation: comment ?? "" }),
      );
    case "column.name":
      return distinct(
        "column",
        columns.map(({ name }) => name),
      );
    case "column.type":
      return distinct(
        "value",
        columns.map(({ type }) => type),
      );
    default:
      return [];
  }
}
