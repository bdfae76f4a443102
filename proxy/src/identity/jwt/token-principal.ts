/** Whom a token's claims mean: a person, a service, or an agent that acts for one (`act`, RFC 8693, section 4.1). */
import type { Principal } from "@penstock/engine";
import { type Claims, textAt, textsAt } from "./claim-checks.ts";
import { isRecord, memberOf } from "./strict-json.ts";
import type { ClaimMapping, TokenIssuer } from "./token-issuer.ts";
import type { Wrong } from "./token-parts.ts";

/** Of agents that have handed their task on. */
const actorsMax = 4;

/** @param atNs of the login */
export function principalOf(claims: Claims, { claims: mapping, agents }: TokenIssuer, atNs: bigint): Principal | Wrong {
  const subject = subjectOf(claims, mapping);
  if (typeof subject === "string") return subject;
  const amr = textsAt(claims, ["amr"]);
  if ("wrong" in amr) return amr.wrong;
  const auth = { method: "jwt", atNs, mfa: amr.includes("mfa") } as const;
  if (!Object.hasOwn(claims, "act")) return { ...subject, auth };
  if (agents === false) return "says that an agent acts for its subject, which this issuer may not say (`agents`)";
  const act = memberOf(claims, "act");
  const actor = actorOf(act, mapping);
  if (typeof actor === "string") return actor;
  if (actor.id === subject.id) return "says that its subject acts for itself";
  const onBehalfOf: Principal = { ...subject, auth: { method: "trust", atNs, mfa: false } };
  // An agent never gets more from an issuer than the person has.
  const groups = agents === true ? actor.groups.filter((group) => subject.groups.includes(group)) : actor.groups;
  return { ...actor, groups, kind: "agent", claims: subject.claims, onBehalfOf, auth: { ...auth, mfa: false } };
}

type Subject = Omit<Principal, "auth" | "onBehalfOf">;

function subjectOf(claims: Claims, mapping: ClaimMapping): Subject | Wrong {
  const id = textAt(claims, mapping.id);
  if (id === undefined) return `does not say who its bearer is: it has no \`${mapping.id.join(".")}\``;
  if (typeof id !== "string") return id.wrong;
  // `sub` is looked at even where another claim is the id: a token that has it wrong is not to be trusted in the rest.
  for (const name of ["sub", "jti"]) {
    const text = textAt(claims, [name]);
    if (typeof text === "object") return text.wrong;
  }
  const name = mapping.name === undefined ? undefined : textAt(claims, mapping.name);
  if (typeof name === "object") return name.wrong;
  const groups = groupsOf(claims, mapping);
  if ("wrong" in groups) return groups.wrong;
  const kind = kindOf(claims, mapping);
  if (typeof kind === "object") return kind.wrong;
  const shown = mapping.shown.filter((each) => Object.hasOwn(claims, each));
  return {
    id: mapping.idPrefix + id,
    name: name ?? id,
    kind,
    groups: [...new Set([...groups, ...mapping.alsoGroups])],
    claims: Object.fromEntries(shown.map((each) => [each, claims[each]])),
  };
}

function groupsOf(claims: unknown, { groups: path, groupTable }: ClaimMapping): readonly string[] | { wrong: Wrong } {
  const named = textsAt(claims, path);
  if ("wrong" in named) return named;
  return groupTable === undefined ? named : named.flatMap((group) => groupTable.get(group) ?? []);
}

function kindOf(claims: Claims, { kind, kindOf: table }: ClaimMapping): Principal["kind"] | { wrong: Wrong } {
  if (table === undefined) return kind;
  const value = textAt(claims, table.claim);
  if (value === undefined) return kind;
  if (typeof value !== "string") return value;
  return table.kinds.get(value) ?? { wrong: `has a \`${table.claim.join(".")}\` that is not in \`claims.kinds\`` };
}

/** The one who acts now; who has acted before only has to be well said. */
function actorOf(act: unknown, mapping: ClaimMapping): Pick<Principal, "id" | "name" | "groups"> | Wrong {
  let next: unknown = act;
  for (let depth = 0; next !== undefined; depth++) {
    if (!isRecord(next) || depth === actorsMax || typeof textAt(next, ["sub"]) !== "string")
      return "has no proper `act`: an object with the text `sub`";
    next = memberOf(next, "act");
  }
  const name = textAt(act, ["sub"]);
  if (typeof name !== "string") return "has no proper `act`: an object with the text `sub`";
  const groups = groupsOf(act, mapping);
  if ("wrong" in groups) return groups.wrong;
  return { id: mapping.idPrefix + name, name, groups };
}
