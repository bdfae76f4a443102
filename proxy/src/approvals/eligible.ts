import type { Principal } from "@penstock/engine";
import type { AskedStatement } from "../store/requests.ts";
import { actsFor } from "./digest.ts";

/** Whose statement waits. */
export interface Asker {
  /** Its principal id, and the ids of everybody for whom it acts. */
  readonly ids: readonly string[];
  /** Whom it asks, need by need. */
  readonly groups: readonly (readonly string[])[];
}

/** Why somebody may not answer a request; `undefined` where they may. The same for yes and no: a stranger's no would stop anybody. */
export function whyNotEligible(person: Principal, { ids, groups }: Asker): string | undefined {
  if (person.kind !== "human") return `${person.name} is no human, and people are asked`;
  if (actsFor(person).some((id) => ids.includes(id))) {
    return `the statement is ${person.name}'s own, or that of an agent who acts for them: somebody else has to answer`;
  }
  if (groups.some((asked) => isOfAny(person, asked))) return undefined;
  const all = [...new Set(groups.flat())].sort();
  return `${person.name} is in no group that is asked: ${all.join(", ")}`;
}

/** Whoever may answer it, and whoever has asked. */
export function maySee(person: Principal, { principal, needs }: Pick<AskedStatement, "principal" | "needs">): boolean {
  const ids = [principal.id, ...principal.actsFor];
  if (actsFor(person).some((id) => ids.includes(id))) return true;
  return whyNotEligible(person, { ids, groups: needs.map(({ groups }) => groups) }) === undefined;
}

export function isOfAny({ groups }: Principal, asked: readonly string[]): boolean {
  return asked.some((group) => groups.includes(group));
}
