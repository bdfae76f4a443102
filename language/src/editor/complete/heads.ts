/** What can stand at the beginning of statements, before their conditions. */
import type { IToken } from "chevrotain";
import { masks } from "../../check/vocabulary.ts";
import type { Module } from "../../syntax/tree.ts";
import type { CatalogNames, CatalogRelation } from "../catalog-names.ts";
import { decisionDocs } from "../describe.ts";
import { maskNotation } from "../notation.ts";
import { callSnippet, type Completion, completion } from "./completion.ts";

const statements: Readonly<Record<keyof typeof decisionDocs, string>> = {
  allow: "allow if {\n\t$0\n}",
  deny: 'deny "${1:why}" if {\n\t$0\n}',
  approve: 'approve by "${1:group}" for "${2:1h}" because "${3:why}" if {\n\t$0\n}',
  mask: "mask ${1:column} with ${2:null()} if {\n\t$0\n}",
  filter: "filter ${1:schema.table} as row where ${2:row.column == principal.id} if {\n\t$0\n}",
  limit: "limit rows ${1:1000} if {\n\t$0\n}",
  notify: 'notify "${1:channel}" because "${2:why}" if {\n\t$0\n}',
  label: 'label column as "${1:label}" if {\n\t$0\n}',
};

/** The first word of a statement. */
export function statementStarts(module: Module): Completion[] {
  const isTest = module.file.endsWith("_test.policy");
  const decisions = Object.entries(decisionDocs).map(([word, { usage, text }]) =>
    completion("decision", word, {
      detail: usage.split("\n")[0] ?? "",
      documentation: text,
      snippet: statements[word as keyof typeof statements],
    }),
  );
  const test = 'test_${1:name} if {\n\td := decide("${2:select 1}") with principal as {"id": "${3:ann}"}\n\t$0\n}';
  return [
    ...(module.package.length === 0 ? [completion("keyword", "package", { snippet: "package ${1:name}" })] : []),
    ...(isTest ? [completion("rule", "test_", { detail: "a test", snippet: test })] : []),
    ...decisions,
    completion("keyword", "import", { snippet: "import data.$0" }),
    completion("keyword", "default", { snippet: "default ${1:name} := ${2:false}" }),
  ];
}

/**
 * What can follow in the head of a decision statement.
 * @param before the statement's tokens up to the cursor
 * @returns `undefined` where an expression stands
 */
export function decisionHead(before: readonly IToken[], catalog: CatalogNames): Completion[] | undefined {
  const words = before.map(({ image }) => image);
  const [first = "", second] = words;
  if (words.includes("if")) return undefined;
  switch (first) {
    case "mask":
    case "label":
    case "filter": {
      if (words.at(-1) === "with" && first === "mask") return maskCalls();
      if (words.includes("as") || words.includes("with")) return undefined;
      if (second === undefined || words.at(-1) === ".") return subjects(first, words.slice(1), catalog);
      return keywords(first === "mask" ? ["with"] : ["as"]);
    }
    case "limit":
      return second === undefined ? keywords(["rows", "duration", "bytes"]) : undefined;
    case "approve":
      return second === undefined ? keywords(["by"]) : undefined;
    default:
      return undefined;
  }
}

function maskCalls(): Completion[] {
  return Object.entries(masks).map(([name, mask]) =>
    completion("mask", name, {
      detail: maskNotation(name, mask),
      documentation: mask.doc,
      snippet: callSnippet(
        name,
        mask.arguments.filter(({ optional }) => !optional).map((parameter) => parameter.name),
      ),
    }),
  );
}

/** @param written the path so far, with its dots */
function subjects(word: string, written: readonly string[], { relations }: CatalogNames): Completion[] {
  const path = written.filter((part) => part !== ".");
  const [schema, table] = path;
  if (schema === undefined) {
    const schemas = [...new Set(relations.map((relation) => relation.schema))];
    const all = word === "filter" ? [] : [completion("variable", "column", { detail: "every column" })];
    return [
      ...all,
      ...schemas.map((name) => completion("package", name, { detail: "schema" })),
      ...relations.map(({ schema: of, name, kind }) => completion("relation", `${of}.${name}`, { detail: kind })),
    ];
  }
  const inSchema = relations.filter((relation) => relation.schema === schema);
  if (table === undefined) return inSchema.map(({ name, kind }) => completion("relation", name, { detail: kind }));
  return columnsOf(inSchema.find(({ name }) => name === table));
}

export function columnsOf(relation: CatalogRelation | undefined): Completion[] {
  return (relation?.columns ?? []).map(({ name, type, comment }) =>
    completion("column", name, { detail: type, documentation: comment ?? "" }),
  );
}

export function keywords(words: readonly string[]): Completion[] {
  return words.map((word) => completion("keyword", word));
}
