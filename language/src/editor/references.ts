/** Where else a name stands, and where it is made. */
import type { Span } from "../diagnostics.ts";
import { identityOf, type Place } from "./meaning.ts";
import type { PolicySet } from "./policy-set.ts";

/** All places that mean the same, the asked one among them. */
export function placesLike(set: PolicySet, place: Place): Place[] {
  const identity = identityOf(place.meaning);
  return [...set.allPlaces().values()].flat().filter(({ meaning }) => identityOf(meaning) === identity);
}

/** Where what stands at an offset is defined: every definition of a rule, the rules behind an import, the statements that give a label. */
export function definitionsAt(set: PolicySet, file: string, offset: number): Span[] {
  const place = set.placeAt(file, offset);
  if (place === undefined) return [];
  const found = definitionsLike(set, identityOf(place.meaning));
  if (place.meaning.kind !== "import" || place.isDefinition) return found;
  const [root, ...path] = place.meaning.import.path;
  const behind = root === "data" ? definitionsLike(set, `data ${JSON.stringify(path)}`) : [];
  return behind.length > 0 ? behind : found;
}

function definitionsLike(set: PolicySet, identity: string): Span[] {
  return [...set.allPlaces().values()]
    .flat()
    .filter((place) => place.isDefinition && identityOf(place.meaning) === identity)
    .map(({ span }) => span);
}
