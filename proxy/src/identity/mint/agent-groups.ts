import type { Principal } from "@penstock/engine";
import type { User } from "../users.ts";

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
