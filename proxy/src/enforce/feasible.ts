/** What of a ruling a proxy can carry out: without a key there are no tokens, and without an approver nobody says yes. */
import { type Pass, refuse, type Ruling } from "./gate.ts";
import type { SessionHost } from "./session-host.ts";
import type { Refusal } from "./session-rules.ts";

/**
 * Where nobody can be asked, what needs approval is refused: its preparation too, so that the client learns of it early.
 * @param refusalOf what the protocol or the session stands against
 */
export function feasible(
  { tokenKey, approvals }: Pick<SessionHost, "tokenKey" | "approvals">,
  ruling: Ruling,
  text: string,
  refusalOf: (pass: Pass) => Refusal | undefined,
): Ruling {
  if (ruling.kind === "refused") return ruling;
  const refusal = ruling.showsTokens && tokenKey === undefined ? noTokenKey : refusalOf(ruling);
  if (refusal !== undefined) {
    const fields = ruling.plans.map(({ auditFields }) => auditFields);
    const notifications = ruling.plans.flatMap((plan) => plan.notifications);
    return refuse(refusal, text, fields, notifications);
  }
  if (ruling.unasked === undefined || approvals !== undefined) return ruling;
  const hint = "this proxy asks nobody for approval: let somebody who needs none run the statement";
  return { ...ruling.unasked, hint };
}

const noTokenKey: Refusal = {
  sqlstate: "42501",
  message: "a column is shown to you as tokens, and this proxy has no key to make them with",
  hint: "leave the column out, or tell whoever operates the proxy that `tokens.key_file` is not set",
  code: "no_token_key",
};
