/** A statement's way through the approval desk. */
import type { PrincipalContext } from "@penstock/engine";
import type { SessionRecords } from "../audit/audit-records.ts";
import type { Refusal } from "../enforce/session-rules.ts";
import type { Yes } from "../store/grants.ts";
import type { Fingerprint } from "./fingerprint.ts";
import type { Need } from "./need.ts";

/** What a session asks people about. */
export interface Question {
  readonly who: PrincipalContext;
  readonly digest: string;
  readonly fingerprint: Fingerprint | undefined;
  readonly needs: readonly Need[];
  readonly searchPath: readonly string[];
  readonly texts: readonly string[];
  /** Text, `null` for NULL; what is binary as `\x…`. */
  readonly parameters: readonly (string | null)[];
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
