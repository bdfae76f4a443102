import type { AuthMethod } from "@penstock/language";
import type { Principal } from "@penstock/engine";
import type { User } from "./users.ts";

/**
 * Who a user of the file is, once proven. The person for whom an agent acts is named by the file and has proven nothing
 * itself: its method is `trust`.
 *
 * @param find looks another user up by name; the file's check has made sure that `on_behalf_of` names one and has no cycle.
 */
export function toPrincipal(
  user: User,
  method: AuthMethod,
  atNs: bigint,
  find: (name: string) => User | undefined,
): Principal {
  const other = user.onBehalfOf === undefined ? undefined : find(user.onBehalfOf);
  return {
    id: user.id,
    name: user.name,
    kind: user.kind,
    groups: user.groups,
    claims: user.claims,
    ...(other === undefined ? {} : { onBehalfOf: toPrincipal(other, "trust", atNs, find) }),
    auth: { method, atNs, mfa: false },
  };
}
