/** A statement's way through the approval desk. */
import type { PrincipalContext } from "@penstock/engine";
import type { SessionRecords } from "../audit/audit-records.ts";
import type { Refusal } from "../enforce/session-rules.ts";
import type { Yes } from "../store/grants.ts";
import type { Need } from "./need.ts";
import type { ShownStatement } from "./shown-statement.ts";

/** What a session asks people about. */
export interface Question {
  readonly who: PrincipalContext;
  readonly digest: string;
  /** Of statements that are alike; `undefined` where no other one is. */
  readonly fingerprint: string | undefined;
  readonly needs: readonly Need[];
  readonly searchPath: readonly string[];
  /** What people see of it. */
  readonly shown: ShownStatement;
  readonly records: SessionRecords;
  /** The ticket's state is another one. Never called before `ask` has returned. */
  readonly changed: () => void;
}

export type TicketState =
  /** The store is being asked. */
  | { readonly kind: "asking" }
  | { readonly kind: "waiting"; readonly untilMs: number }
  /** It may run, once. */
  | { readonly kind: "granted"; readonly yes: readonly Yes[] }
  | { readonly kind: "refused"; readonly refusal: Refusal };

export interface Ticket {
  /** Of the request, where there is one. */
  readonly id: string;
  readonly question: Question;
  readonly state: TicketState;
}
