import { type Catalog, type Relation } from "../../../catalog/catalog.ts";
import { analyzePostgres } from "../analyze.ts";
import { parsePostgres } from "../parse.ts";
import { Denial } from "../../denial.ts";
import { noEdits } from "./edits.ts";
import { qualify } from "./qualify.ts";
import { isSameTree } from "./same-tree.ts";
import { sourceText } from "./source-text.ts";
import { applySplices } from "../../splices.ts";
import { indexTree } from "./tree.ts";

const definitions = new WeakMap<Catalog, Map<string, string | undefined>>();

/**
 * A view's definition as a query in parentheses that reads the same relations under any search_path; made once a catalog.
 * @throws Denial where that cannot be done with certainty.
 */
export function viewDefinition(catalog: Catalog, searchPath: readonly string[], view: Relation): string {
  const cannot = (why: string): Denial =>
    new Denial(
      `${view.path} could only be read by its definition, which ${why}`,
      "write the query over the view's tables yourself",
    );
  if (!meansTheSame(catalog, searchPath)) throw cannot("is written for another search_path than this session has");
  let known = definitions.get(catalog);
  if (known === undefined) definitions.set(catalog, (known = new Map()));
  if (!known.has(view.path)) known.set(view.path, qualifiedDefinition(catalog, view));
  const definition = known.get(view.path);
  if (definition === undefined) throw cannot("could not be analysed");
  return definition;
}

/** Printed under pg_catalog alone, a definition names all else by schema; printed under a path, it has to be read under the same one. */
function meansTheSame(catalog: Catalog, searchPath: readonly string[]): boolean {
  const printed = catalog.definitionPath.filter((schema) => schema !== "pg_temp");
  if (printed.length === 1 && printed[0] === "pg_catalog") return true;
  const existing = searchPath.filter((schema) => schema !== "pg_temp" && catalog.schemas.has(schema));
  const effective = existing.includes("pg_catalog") ? existing : ["pg_catalog", ...existing];
  return effective.length === printed.length && effective.every((schema, index) => schema === printed[index]);
}

function qualifiedDefinition(catalog: Catalog, view: Relation): string | undefined {
  const text = view.definition ?? "";
  const analyzed = analyzePostgres(text, catalog, { searchPath: catalog.definitionPath });
  if (analyzed.kind !== "statements") return undefined;
  const [statement, second] = analyzed.statements;
  if (statement === undefined || second !== undefined || !("SelectStmt" in statement.node)) return undefined;
  const { facts, node, reads, writes } = statement;
  if (facts.opaque.length + facts.unknown.length + writes.length > 0) return undefined;
  const edits = noEdits();
  const source = sourceText(text);
  qualify(source, indexTree(node), reads, edits);
  // Positions of the statement hold up to the first splice: what stands behind it is cut off before.
  const bytes = source.bytes.subarray(0, facts.end);
  const { text: qualified } = applySplices(bytes, edits.splices);
  const parsed = parsePostgres(qualified);
  if (parsed.kind !== "statements" || !isSameTree(node, parsed.statements[0]?.node, edits.expected)) return undefined;
  return `(${qualified.trim()})`;
}
