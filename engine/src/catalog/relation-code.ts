import { readDefinition } from "../sql/definitions.ts";
import type { FunctionFact } from "../sql/facts.ts";
import { type BodyFacts, nothing, userFunction } from "./body-facts.ts";
import { problemOfStatement } from "./function-body.ts";
import type { Catalog, Relation, RelationCode } from "./catalog.ts";
import { withoutComparedRows } from "./trigger-row.ts";

const known = new WeakMap<RelationCode, BodyFacts>();

/** What code of a relation does by itself. Its columns of the relation's own are those of the row that it is run for. */
export function codeFacts(catalog: Catalog, relation: Relation, code: RelationCode): BodyFacts {
  let facts = known.get(code);
  if (facts === undefined) known.set(code, (facts = readCode(catalog, relation, code)));
  return facts;
}

function readCode(catalog: Catalog, relation: Relation, { text, functions }: RelationCode): BodyFacts {
  const called = functions.map(userFunction);
  if (text === undefined) return { ...nothing, functions: called };
  return { ...definitionFacts(catalog, relation, text, isBuiltin), functions: called };
}

/** Of `CREATE TRIGGER … WHEN`; its functions are those that its names mean. */
export function conditionFacts(catalog: Catalog, relation: Relation, conditional: string): BodyFacts {
  return definitionFacts(catalog, relation, withoutComparedRows(conditional), () => true);
}

/** @param counts which of the functions that it names. */
function definitionFacts(
  catalog: Catalog,
  relation: Relation,
  text: string,
  counts: (called: FunctionFact) => boolean,
): BodyFacts {
  const unreadable: BodyFacts = { ...nothing, problem: "cannot be read" };
  const analyzed = readDefinition(catalog, text, relation.schema);
  if (analyzed.kind !== "statements" || analyzed.statements.length !== 1) return unreadable;
  const facts = analyzed.statements[0]?.facts;
  if (facts === undefined || facts.unknown.length > 0) return unreadable;
  const functions = facts.functions.filter(counts);
  const kind = definitionKinds.has(facts.kind) ? "select" : facts.kind;
  const problem = problemOfStatement({ ...facts, kind, functions, session: undefined });
  return {
    ...nothing,
    // The statement that makes it changes the relation.
    tables: facts.tables.filter(
      ({ relation: of, access }) => of !== relation || [...access].some((each) => each !== "ddl"),
    ),
    columns: facts.columns,
    functions,
    ...(problem === undefined ? {} : { problem }),
  };
}

const definitionKinds: ReadonlySet<string> = new Set(["create_rule", "create_trigger"]);

function isBuiltin({ builtin }: FunctionFact): boolean {
  return builtin;
}
