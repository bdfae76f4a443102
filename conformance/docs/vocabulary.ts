/** docs/vocabulary.md, made from the tables that the checker and the editor read, so that it cannot say anything else than they do. */
import {
  builtins,
  categories,
  type Field,
  masks,
  type RecordName,
  records,
  rootRecords,
  roots,
  statementKinds,
} from "@penstock/language";
import { builtinDocs, builtinSignature } from "../../language/src/builtins/docs.ts";
import { maskNotation, typeNotation } from "../../language/src/editor/notation.ts";

export const vocabularyFile = new URL("../../docs/vocabulary.md", import.meta.url).pathname;

export function vocabularyPage(): string {
  return [
    "# The vocabulary of policies",
    "",
    "What a decision may look at, which masks there are, and which functions. Written by `node conformance/tools/write-vocabulary.ts` from the tables of the checker; a test keeps it current. How to use it says [the policy language](language.md).",
    "",
    "## Attributes",
    "",
    `${roots.map((root) => `\`${root}\``).join(", ")} need no import; each is also \`input.NAME\`. An attribute with \`?\` may be absent: a reference to it is undefined then. All others always exist.`,
    ...recordNames().flatMap(recordSection),
    "",
    "## Kinds of statement",
    "",
    "`query.kind` and, by it, `query.category`. `opaque` is what Penstock does not understand: refused unless a rule permits it by name.",
    "",
    ...table(
      ["category", "kinds"],
      categories.map((category) => [`\`${category}\``, kindsOf(category)]),
    ),
    "",
    "## Masks",
    "",
    "The stronger wins. A mask keeps the column's SQL type; where it cannot, values become NULL.",
    "",
    ...table(
      ["mask", "strength", "what it shows"],
      Object.entries(masks).map(([name, signature]) => [
        `\`${maskNotation(name, signature)}\``,
        String(signature.strength),
        signature.doc,
      ]),
    ),
    "",
    "## Builtins",
    "",
    "`decide(sql)`, `decide(sql, parameters)` and `rows(sql)` exist in tests only, see [testing](testing.md).",
    "",
    ...table(
      ["function", "what it gives"],
      [...builtins.values()]
        .sort((a, b) => (a.name < b.name ? -1 : 1))
        .map((builtin) => [`\`${builtinSignature(builtin)}\``, builtinDocs[builtin.name]?.text ?? ""]),
    ),
    "",
  ].join("\n");
}

/** The roots first, then the records that they lead to. */
function recordNames(): RecordName[] {
  const names: RecordName[] = roots.map((root) => rootRecords[root]);
  return [...new Set([...names, ...(Object.keys(records) as RecordName[])])];
}

function recordSection(name: RecordName): string[] {
  const rows = Object.entries(records[name]).map(([field, described]) => [
    `\`${field}${described.optional === true ? "?" : ""}\``,
    typeOf(described),
    described.doc,
  ]);
  return ["", `### ${name}`, "", ...table(["attribute", "type", ""], rows)];
}

function typeOf({ type }: Field): string {
  const inner = type.kind === "set" || type.kind === "array" ? type.of : type;
  // The kinds have a table of their own.
  if (inner.kind !== "string" || inner.values === undefined || inner.values.length > 20)
    return `\`${typeNotation(type)}\``;
  const values = inner.values.map((value) => `\`${value}\``).join(" ");
  return type.kind === "string" ? values : `${type.kind} of ${values}`;
}

function kindsOf(category: string): string {
  return Object.entries(statementKinds)
    .filter(([, of]) => of === category)
    .map(([kind]) => `\`${kind}\``)
    .join(" ");
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), `|${head.map(() => "---").join("|")}|`, ...rows.map(line)];
}
