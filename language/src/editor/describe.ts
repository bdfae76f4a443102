/** What an editor shows of a name: Markdown. */
import { builtinDocs, builtinSignature } from "../builtins/docs.ts";
import {
  type Field,
  type MaskSignature,
  masks,
  type RecordName,
  records,
  rootRecords,
  statementKinds,
} from "../check/vocabulary.ts";
import type { DecisionKind } from "../syntax/tree.ts";
import type { CatalogNames, CatalogRelation } from "./catalog-names.ts";
import type { Meaning } from "./meaning.ts";
import { remarkAbove } from "./metadata.ts";
import { maskNotation, ruleNotation, typeNotation } from "./notation.ts";
import { fieldOf } from "./places.ts";
import type { PolicySet } from "./policy-set.ts";

/** Longer lists of values are cut. */
const valuesMax = 24;

/** Each decision statement: how it is written and what it means. */
export const decisionDocs: Readonly<Record<DecisionKind, { readonly usage: string; readonly text: string }>> = {
  allow: {
    usage: "allow if CONDITION",
    text: "Permits the statement. Once any file has an `allow`, a statement that none of them permits is denied.",
  },
  deny: { usage: "deny MESSAGE [code STRING] if CONDITION", text: "Refuses the statement with this reason." },
  approve: {
    usage: "approve by GROUP [, GROUP] [for DURATION] [because MESSAGE] if CONDITION",
    text: "Somebody of one of the groups has to say yes first.",
  },
  mask: {
    usage: "mask column with MASK if CONDITION\nmask SCHEMA.TABLE.COLUMN with MASK [if CONDITION]",
    text: "Replaces the values of a column where it is read.",
  },
  filter: {
    usage: "filter SCHEMA.TABLE as row where CONDITION [if CONDITION]",
    text: "Only rows for which the condition holds exist for this principal.",
  },
  limit: {
    usage: "limit rows N [if CONDITION]\nlimit duration D [if CONDITION]\nlimit bytes N [if CONDITION]",
    text: "Bounds what a statement may return or take; the smallest wins.",
  },
  notify: {
    usage: "notify CHANNEL [because MESSAGE] if CONDITION",
    text: "Sends an alert; nothing is blocked.",
  },
  label: {
    usage: "label column as STRING if CONDITION\nlabel SCHEMA.TABLE.COLUMN as STRING",
    text: "Classifies columns, once for each version of the catalog.",
  },
};

export function describe(set: PolicySet, meaning: Meaning, catalog: CatalogNames): string | undefined {
  switch (meaning.kind) {
    case "local":
      return code(
        `${meaning.local.name}: ${typeNotation(set.understanding?.checker.typeOf(meaning.local) ?? { kind: "any" })}`,
      );
    case "rule":
      return describeRule(set, meaning);
    case "import":
      return code(`import ${meaning.import.path.join(".")}`);
    case "data":
      return describeData(set, meaning.path);
    case "root":
      return [code(meaning.root), fieldList(rootRecords[meaning.root])].join("\n");
    case "field":
      return describeField(meaning.record, meaning.name);
    case "value":
      return describeValue(meaning);
    case "label":
      return describeLabel(set, meaning.label);
    case "builtin":
      return paragraphs(code(builtinSignature(meaning.builtin)), builtinDocs[meaning.builtin.name]?.text);
    case "mask":
      return describeMask(meaning.name);
    case "decision": {
      const { usage, text } = decisionDocs[meaning.word];
      return paragraphs(code(usage), text);
    }
    case "relation":
      return describeRelation(meaning.path, catalog);
  }
}

function describeRule(set: PolicySet, { group }: Extract<Meaning, { kind: "rule" }>): string | undefined {
  const checker = set.understanding?.checker;
  if (checker === undefined) return undefined;
  const remarks = group.rules.flatMap(({ module, rule }) => remarkAbove(module, rule.span.line) ?? []);
  const remark = remarks.find(({ title }) => title !== undefined) ?? remarks[0];
  const title = remark?.title === undefined ? undefined : `**${remark.title}**`;
  const path = `\`data.${group.path.join(".")}\``;
  const rules = group.rules.length;
  return paragraphs(
    code(ruleNotation(group, checker)),
    title,
    remark?.text,
    rules === 1 ? path : `${path}, ${rules} definitions`,
  );
}

function describeData(set: PolicySet, path: readonly string[]): string {
  const name = path.join(".");
  const modules = set.modules.filter((module) => module.package.join(".") === name);
  const remark = modules.map((module) => remarkAbove(module, module.span.line)).find((each) => each !== undefined);
  const rules = new Set(modules.flatMap((module) => module.rules.map((rule) => rule.name.text)));
  const title = remark?.title === undefined ? undefined : `**${remark.title}**`;
  const list = rules.size === 0 ? undefined : `Rules: ${listed([...rules].map((rule) => `\`${rule}\``))}`;
  return paragraphs(code(modules.length === 0 ? `data.${name}` : `package ${name}`), title, remark?.text, list);
}

function describeField(record: RecordName, name: string): string | undefined {
  const field = fieldOf(record, name);
  if (field === undefined) return undefined;
  const inner = field.type.kind === "set" || field.type.kind === "array" ? field.type.of : field.type;
  const values =
    inner.kind === "string" && inner.values !== undefined
      ? `One of ${listed(inner.values.map((value) => `\`"${value}"\``))}`
      : undefined;
  return paragraphs(code(fieldNotation(record, name, field)), field.doc, optionalNote(field), values);
}

function optionalNote(field: Field): string | undefined {
  return field.optional === true ? "May be absent: a condition that reads it is undefined then." : undefined;
}

function fieldNotation(record: RecordName, name: string, field: Field): string {
  return `${record}.${name}${field.optional === true ? "?" : ""}: ${typeNotation(field.type)}`;
}

function fieldList(record: RecordName): string {
  return Object.entries(records[record])
    .map(
      ([name, field]) =>
        `- \`${name}${field.optional === true ? "?" : ""}: ${typeNotation(field.type)}\`: ${field.doc}`,
    )
    .join("\n");
}

function describeValue({ field, text, isListed }: Extract<Meaning, { kind: "value" }>): string | undefined {
  const [record = "", name = ""] = field.split(".");
  const known = Object.hasOwn(records, record) ? fieldOf(record as RecordName, name) : undefined;
  const category =
    field === "query.kind" ? Object.entries(statementKinds).find(([kind]) => kind === text)?.[1] : undefined;
  if (!isListed) return known === undefined ? undefined : paragraphs(code(`${field}: string`), known.doc);
  const note = category === undefined ? undefined : `\`query.category\` is \`"${category}"\`.`;
  return paragraphs(code(`"${text}"`), `A value of \`${field}\`. ${known?.doc ?? ""}`.trim(), note);
}

function describeLabel(set: PolicySet, label: string): string {
  const places = [...set.allPlaces().values()]
    .flat()
    .filter(({ meaning }) => meaning.kind === "label" && meaning.label === label);
  const given = places.filter(({ isDefinition }) => isDefinition).length;
  const note =
    given === 0
      ? "No `label` statement of these files gives it in so many words."
      : `Given by ${given} \`label\` statement${given === 1 ? "" : "s"}.`;
  return paragraphs(code(`"${label}"`), `A label. ${note}`);
}

/** A mask with its signature, where there is one of this name. */
function maskNamed(name: string): MaskSignature | undefined {
  return Object.entries(masks).find(([known]) => known === name)?.[1];
}

function describeMask(name: string): string | undefined {
  const mask = maskNamed(name);
  if (mask === undefined) return undefined;
  return paragraphs(
    code(maskNotation(name, mask)),
    mask.doc,
    `Strength ${mask.strength}: of two masks the stronger wins.`,
  );
}

function describeRelation(path: readonly string[], catalog: CatalogNames): string | undefined {
  const [schema, table, column] = path;
  const relations = catalog.relations.filter((relation) => relation.schema === schema);
  if (table === undefined) {
    return relations.length === 0
      ? undefined
      : paragraphs(code(`schema ${schema}`), listed(relations.map(({ name }) => `\`${name}\``)));
  }
  const relation = relations.find(({ name }) => name === table);
  if (relation === undefined) return undefined;
  if (column === undefined) return describeTable(relation);
  const found = relation.columns.find(({ name }) => name === column);
  return found === undefined ? undefined : paragraphs(code(`${path.join(".")} ${found.type}`), found.comment);
}

function describeTable(relation: CatalogRelation): string {
  const columns = relation.columns.map(({ name, type }) => `- \`${name} ${type}\``);
  return paragraphs(code(`${relation.kind} ${relation.schema}.${relation.name}`), columns.join("\n"));
}

function listed(items: readonly string[]): string {
  const shown = items.slice(0, valuesMax).join(", ");
  return items.length > valuesMax ? `${shown} and ${items.length - valuesMax} more` : shown;
}

function code(text: string): string {
  return `\`\`\`policy\n${text}\n\`\`\``;
}

function paragraphs(...parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined && part !== "").join("\n\n");
}
