import type { Program } from "@penstock/language";
import type { Catalog } from "../catalog/catalog.ts";
import type { NameContext, PrincipalContext } from "../enforcer.ts";
import { decideStatement } from "./decide-statement.ts";
import type { Decision } from "./decision.ts";
import { maskedNames } from "./masked-names.ts";
import { prepareText } from "./prepared-text.ts";
import { subjectOf } from "./subject.ts";
import { World } from "./world.ts";

/**
 * The step from facts to decision as a function of its own, nothing cached: what `npm run bench` times.
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
  const names = maskedNames(world, subject);
  const hidden = (): ReadonlySet<string> => names;
  return () => decideStatement(world, statement, input, hidden);
}
