import type { Program } from "@penstock/language";
import type { Catalog } from "../catalog/catalog.ts";
import type { NameContext, PrincipalContext } from "../enforcer.ts";
import { decideStatement } from "./decide-statement.ts";
import type { Decision } from "./decision.ts";
import { prepareText } from "./prepared-text.ts";
import { subjectOf } from "./subject.ts";
import { SubjectMasks } from "./subject-masks.ts";
import { World } from "./world.ts";

/**
 * The step from facts to decision as a function of its own: what `npm run bench` times. Nothing of the statement is kept; what is masked
 * for the session whatever it asks, is.
 * @throws {Error} for a text that is not exactly one statement
 */
export function prepareDecision(
  program: Program,
  catalog: Catalog,
  who: PrincipalContext,
  searchPath: NameContext,
  text: string,
): () => Decision {
  const world = new World(program, catalog);
  const subject = subjectOf(who);
  const prepared = prepareText(world, text, searchPath);
  const statement = "kind" in prepared ? undefined : prepared.prepared[0];
  if (statement === undefined) throw new Error(`not a statement: ${text}`);
  const input = { ...subject, query: statement.query };
  const masks = new SubjectMasks(world, subject);
  return () => decideStatement(world, statement, input, masks);
}
