/** How people are asked, and what their answers must have. */
import type { PrincipalKind } from "@penstock/language";

export interface ApprovalRules {
  /** Kinds of principals whose statements do not wait: they are refused at once, and pass when they are sent again after the yes. */
  readonly deferred: readonly PrincipalKind[];
  /** A yes needs a reason. */
  readonly needsReason: boolean;
}

export const ordinaryRules: ApprovalRules = { deferred: [], needsReason: false };
