/** What of a command people are asked about, where its plan needs approval. */
import type { Approval } from "@penstock/engine";
import type { BoundValue } from "../approvals/digest.ts";
import { refuse, type Refused } from "../enforce/gate.ts";
import type { Grant } from "../enforce/holding.ts";
import type { StatementPlan } from "../enforce/plan.ts";
import type { Session } from "./session.ts";

export interface Bound {
  readonly types: Buffer;
  readonly values: readonly BoundValue[];
  /** For people, `undefined` for one that is not understood. */
  readonly parameters: readonly (string | null | undefined)[];
}

/** What a text is about to run. */
export interface Asking {
  readonly plans: readonly StatementPlan[];
  readonly approvals: readonly Approval[];
  /** Texts that it runs by name, or gives. */
  readonly runs?: readonly string[];
  /** Audit fields of each statement, where they are more than its plan has. */
  readonly fields?: readonly string[];
}

const nothingBound: Bound = { types: Buffer.alloc(0), values: [], parameters: [] };

/** Whoever calls has seen that it needs approval. `undefined`: wait. */
export function admitText(
  session: Session,
  text: string,
  { plans, approvals, runs = [], fields = plans.map(({ auditFields }) => auditFields) }: Asking,
  bound: Bound = nothingBound,
): Grant | Refused | undefined {
  const { approvals: desk } = session.host;
  if (desk === undefined) throw new Error("a statement that needs approval got past the gate, and nobody can be asked");
  // Two texts whose bytes differ would be one to whoever approves it.
  if (!text.isWellFormed()) return refuse(unreadable, text);
  return session.holding.admit(desk, { approvals, texts: [text, ...runs], plans, fields, ...bound });
}

const unreadable = {
  sqlstate: "42501",
  message: "the statement needs approval, and holds bytes that are no UTF-8, which people cannot be shown",
  hint: "prepare the statement, or write the bytes as x'…'",
  code: "unseen_values",
} as const;
