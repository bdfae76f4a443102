/**
 * Views that cannot be shown as they are, read through their definitions: the name becomes the definition as a derived table, whose tables are
 * then masked and filtered like any others.
 */
import type { Catalog, Relation } from "../../../catalog/catalog.ts";
import { readBelow } from "../../../catalog/labels.ts";
import { hiddenByTemporary } from "../../../catalog/temporary-tables.ts";
import { Denial } from "../../denial.ts";
import { type InliningPlan, unclear } from "../../rewriting.ts";
import { analyzeMysql, mysqlDialectOf } from "../analyze.ts";
import type { ResolvedMysql } from "../facts/resolve.ts";
import { functionFact } from "../facts/functions.ts";
import { parseMysql } from "../parse.ts";
import type { Call } from "../tree/expressions.ts";
import type { TableName } from "../tree/queries.ts";
import type { Statement } from "../tree/statements.ts";
import { type Edits, noEdits, type ReadingContext, replaceTable, spliced, type TextOfStatements } from "./edits.ts";
import { keepNames } from "./output-names.ts";
import { protectedSource, wholeRelation } from "./protected-source.ts";
import { isSameTree, nodesOf, tablesIn } from "./tree.ts";

/** Views that are nested deeper are no views of people's. */
const nestingMax = 60;

/** @throws Denial */
export function inlineViews(
  given: TextOfStatements,
  plans: readonly InliningPlan[],
  context: ReadingContext,
): TextOfStatements {
  let current = given;
  for (let depth = 0; depth < nestingMax; depth++) {
    const edits = noEdits();
    let inDatabase = context;
    for (const [index, statement] of current.statements.entries()) {
      const plan = plans[index];
      if (plan === undefined) throw new Denial(unclear);
      if (plan.inlined.size > 0) inlineInto(current.text, statement, plan, inDatabase, edits);
      if (statement.node.kind === "use") inDatabase = { ...context, searchPath: [statement.node.database.text] };
    }
    if (edits.splices.length === 0) return current;
    current = again(current, edits, context);
  }
  throw new Denial(unclear);
}

/** The edited text, read anew: it must be what it was meant to become, and hold nothing that was not there or in a definition. */
function again(before: TextOfStatements, edits: Edits, context: ReadingContext): TextOfStatements {
  const { text, mapPosition } = spliced(before.text, edits);
  const analyzed = analyzeMysql(text, context.catalog, context);
  if (analyzed.kind !== "statements" || analyzed.statements.length !== before.statements.length) {
    throw new Denial(unclear);
  }
  const isRight = before.statements.every(
    ({ node, facts }, index) =>
      isSameTree(node, analyzed.statements[index]?.node, edits.expected) &&
      (analyzed.statements[index]?.facts.opaque.length ?? 0) <= facts.opaque.length,
  );
  if (!isRight) throw new Denial(unclear);
  return {
    text,
    statements: analyzed.statements,
    mapPosition: (position) => before.mapPosition(mapPosition(position)),
  };
}

function inlineInto(
  text: string,
  statement: ResolvedMysql,
  plan: InliningPlan,
  context: ReadingContext,
  edits: Edits,
): void {
  const sites = new Map<TableName, ReturnType<typeof tablesIn>[number]>(
    tablesIn(statement.node).map((site) => [site.table, site]),
  );
  let isInlined = false;
  for (const read of statement.reads) {
    const { relation: view, table } = read;
    const inlined = plan.inlined.get(view.path);
    if (inlined === undefined) continue;
    const hidden = hiddenByTemporary(context.catalog, readBelow(context.catalog, view).tables);
    if (hidden !== undefined) {
      throw new Denial(
        `view ${view.path} has to be read by its definition, in which ${hidden.path} would be your temporary table`,
        "drop the temporary table, or give it another name",
      );
    }
    const site = sites.get(table);
    if (site === undefined) throw new Denial(inlined.why, "read the view's tables instead");
    const name = table.alias?.text ?? table.name.parts.at(-1)?.text ?? view.name;
    const own = plan.protections.get(view.path) ?? { relation: view, columns: new Map(), filter: undefined };
    const source = protectedSource(own, name, {
      ...wholeRelation,
      definition: `(${definitionIn(context, view)})`,
      barrier: own.filter === undefined ? undefined : { implied: [] },
    });
    replaceTable({ text, statement, dialect: mysqlDialectOf(context.catalog, context), edits }, read, site, source);
    isInlined = true;
  }
  if (isInlined) keepNames(text, statement, edits);
}

/** The definition, which must mean the same in the session's mode as in the one in which it was printed. */
function definitionIn(context: ReadingContext, view: Relation): string {
  const { catalog } = context;
  const { definition = "" } = view;
  const printedIn = catalog.mysql?.definitionMode;
  const [printed, here] = [printedIn === undefined ? {} : { sqlMode: printedIn }, context].map((names) =>
    parseMysql(definition, mysqlDialectOf(catalog, { searchPath: [], ...names })),
  );
  const isSame = printed?.kind === "statements" && here?.kind === "statements" && isSameTree(printed, here, new Map());
  if (!isSame) {
    throw new Denial(
      `view ${view.path} has to be read by its definition, which means something else under this sql_mode`,
      "set sql_mode to the server's default",
    );
  }
  refuseIdentity(catalog, view);
  if (here.kind === "statements" && view.schema !== context.searchPath[0]) refuseOwnFunctions(here.statements, view);
  return definition;
}

/** A function that a definition names without its database is looked for in that of the view; here it would be in the session's. */
function refuseOwnFunctions(definition: readonly Statement[], view: Relation): void {
  const calls = nodesOf(definition, callKinds) as unknown as readonly Call[];
  const own = calls.find(({ name: { parts } }) => {
    const [name, second] = parts;
    return second === undefined && !functionFact(undefined, name?.text ?? "", "").builtin;
  });
  if (own === undefined) return;
  throw new Denial(
    `view ${view.path} has to be read by its definition, which calls \`${own.name.parts[0]?.text ?? ""}\` of its own database`,
    `USE ${view.schema} first`,
  );
}

const callKinds: ReadonlySet<string> = new Set(["call"]);

/** Inside a view it is the view's owner. */
function refuseIdentity(catalog: Catalog, view: Relation): void {
  const asks = readBelow(catalog, view).functions.find(
    ({ name }) => name === "current_user" || name === "current_role",
  );
  if (asks === undefined) return;
  throw new Denial(
    `view ${view.path} has to be read by its definition, which asks for \`${asks.name}\`, and that would be another`,
    "read the view's tables instead",
  );
}
