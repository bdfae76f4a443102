import type { Principal } from "@penstock/engine";
import type { User, Users } from "../users.ts";

export interface AgentAsked {
  readonly name: string;
  /** Groups that it shall have; without any, those of the users file. */
  readonly groups: readonly string[];
}

type Person = Pick<Principal, "id" | "groups"> | undefined;

/**
 * Which agent it is, and with which groups: those that the users file gives it, else no more than its person has. A text says what is wrong.
 * @param user of that name in the users file
 */
export function agentFor(
  asked: AgentAsked,
  user: User | undefined,
  person: Person,
  acts: User | undefined,
): Pick<Principal, "id" | "groups"> | string {
  if (user !== undefined && user.kind !== "agent") return `the user "${asked.name}" of the users file is no agent`;
  if (user?.onBehalfOf !== undefined && acts?.id !== person?.id)
    return `the users file says that "${asked.name}" acts for "${user.onBehalfOf}", and for nobody else`;
  const id = user?.id ?? asked.name;
  if (id === person?.id) return `"${asked.name}" cannot act for itself`;
  const may = new Set([...(user?.groups ?? []), ...(person?.groups ?? [])]);
  const beyond = asked.groups.filter((group) => !may.has(group));
  if (beyond.length > 0)
    return `"${asked.name}" cannot have the group "${beyond.join('", "')}": neither its person nor the users file gives it`;
  return { id, groups: asked.groups.length > 0 ? [...new Set(asked.groups)] : (user?.groups ?? []) };
}

/**
 * As `agentFor`, for whoever asks over the HTTP API: the agent acts for them, and is nobody that they are not. An agent of the users file must be
 * theirs there; any other may have no name or id of somebody else's, by which rules could take it for them.
 */
export function apiAgentFor(
  asked: AgentAsked,
  person: Principal,
  { byName }: Users,
): Pick<Principal, "id" | "groups"> | string {
  if (person.kind === "agent" || person.onBehalfOf !== undefined)
    return `${person.name} acts for somebody else: tokens are minted for people and services themselves`;
  const user = byName.get(asked.name);
  const owner = user?.onBehalfOf === undefined ? undefined : byName.get(user.onBehalfOf);
  if (user?.kind === "agent" && owner?.id !== person.id)
    return `the users file does not say that "${asked.name}" acts for ${person.name}`;
  if (user === undefined && [...byName.values()].some(({ id }) => id === asked.name))
    return `"${asked.name}" is the id of somebody in the users file`;
  return agentFor(asked, user, person, owner);
}
