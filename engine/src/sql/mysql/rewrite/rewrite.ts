import { hiddenRows, because } from "../../protection.ts";
import { isEmpty, type RewriteResult, type StatementPlan } from "../../rewriting.ts";

/** Says of a text whether it may go on as it is. */
export function rewriteMysql(plans: readonly StatementPlan[]): RewriteResult {
  if (plans.every(isEmpty)) return { kind: "unchanged" };
  for (const [statement, { protections }] of plans.entries()) {
    for (const protection of protections.values()) {
      const reason = protection.columns.size > 0 ? because(protection) : hiddenRows(protection);
      const hint = "ask for a role for which nothing is masked or filtered";
      return { kind: "denied", statement, reason: `${reason}, which is not done for this server yet`, hint };
    }
  }
  // A LIMIT can be left out: rows are counted all the same.
  return { kind: "unchanged" };
}
