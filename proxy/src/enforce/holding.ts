/**
 * A statement that waits for people. Its message stays in the framer and is handled again when something changes: so whatever holds then
 * (policies, catalog, search_path) decides it anew, and an approval only answers what that decision asks.
 */
import type { Approval, Catalog, NameContext, PrincipalContext } from "@penstock/engine";
import type { ApprovalDesk } from "../approvals/approval-desk.ts";
import { type BoundValue, digestOf } from "../approvals/digest.ts";
import { fingerprintOf } from "../approvals/fingerprint.ts";
import { type Need, needsOf } from "../approvals/need.ts";
import { goneRefusal, neededRefusal, printNeeds } from "../approvals/refusals.ts";
import { shownStatement } from "../approvals/shown-statement.ts";
import type { Question, Ticket } from "../approvals/ticket.ts";
import { jsonOnLine } from "../audit/escape.ts";
import type { SessionRecords } from "../audit/audit-records.ts";
import { refuse, type Refused } from "./gate.ts";
import type { StatementPlan } from "./plan.ts";
import type { Refusal } from "./session-rules.ts";
import type { Yes } from "../store/grants.ts";

/** What holding needs of the session, whatever its protocol. */
export interface HoldingSession {
  readonly who: PrincipalContext;
  readonly records: SessionRecords;
  readonly approvals: ApprovalDesk | undefined;
  readonly catalog: Catalog;
  /** With which the statement's names are resolved now. */
  readonly names: NameContext;
  /** The server refuses whatever runs now, and says so itself. */
  readonly isFailed: boolean;
  /**
   * Whether nothing that was sent before is unanswered: so what a cancel request means is plain. If not, the session tries the same message
   * again when it is.
   */
  isQuiet(): boolean;
  /** Tells the client, where its protocol can, that its statement waits. */
  tellWaiting(notice: { readonly message: string; readonly detail: string; readonly hint: string }): void;
  /** Tries the message that waits again. */
  resume(): void;
}

/** A statement, or a text of several, that may not run unasked. */
export interface HeldStatement {
  readonly approvals: readonly Approval[];
  /** What the client sent, then what it runs by name. */
  readonly texts: readonly string[];
  readonly plans: readonly StatementPlan[];
  /** Audit fields of each. */
  readonly fields: readonly string[];
  readonly types: Buffer;
  readonly values: readonly BoundValue[];
  /** The values for people, `undefined` for one that is not understood. */
  readonly parameters: readonly (string | null | undefined)[];
}

/** People have said yes. */
export interface Grant {
  readonly kind: "granted";
  /** Keys of the needs that are met. */
  readonly keys: ReadonlySet<string>;
  /** To add to the audit fields of what runs by it. */
  readonly auditFields: string;
}

export class Holding {
  readonly #session: HoldingSession;
  #ticket: Ticket | undefined;
  #isTold = false;

  constructor(session: HoldingSession) {
    this.#session = session;
  }

  get isActive(): boolean {
    return this.#ticket !== undefined;
  }

  /** Whether the statement may run; `undefined`: the session has to wait, and is told when to try the same message again. */
  admit(desk: ApprovalDesk, held: HeldStatement): Grant | Refused | undefined {
    const session = this.#session;
    const { searchPath } = session.names;
    const relations = held.plans.flatMap(({ facts }) => facts.tables.map(({ relation }) => relation));
    const statement = { ...held, who: session.who, searchPath, relations };
    const digest = digestOf(statement);
    const needs = needsOf(held.approvals);
    const ticket = this.#ticket;
    if (ticket !== undefined) {
      if (isSame(ticket.question, digest, needs)) return this.#wait(desk, ticket, held);
      this.end("decided otherwise");
    }
    // Nobody need be asked.
    if (session.isFailed) return this.#refuse(neededRefusal(needs), held, undefined);
    if (!session.isQuiet()) return undefined;
    this.#isTold = false;
    const fingerprint = fingerprintOf(statement, session.catalog, session.names);
    const parameters = held.values.map((value, index) => held.parameters[index] ?? shownBytes(value));
    this.#ticket = desk.ask({
      who: session.who,
      digest,
      fingerprint: fingerprint?.digest,
      needs,
      searchPath,
      shown: shownStatement(
        { texts: held.texts, parameters, alike: fingerprint?.text },
        held.fields,
        session.catalog,
        session.names,
      ),
      records: session.records,
      changed: () => session.resume(),
    });
    return undefined;
  }

  /** The client has asked to cancel. @returns whether a statement waited */
  cancel(): boolean {
    const ticket = this.#ticket;
    if (ticket === undefined) return false;
    this.#session.approvals?.cancel(ticket);
    return true;
  }

  /** The statement waits no longer, for a reason of the session's. */
  end(why: string): void {
    const ticket = this.#ticket;
    if (ticket === undefined) return;
    this.#ticket = undefined;
    this.#session.approvals?.withdraw(ticket, why);
  }

  #wait(desk: ApprovalDesk, ticket: Ticket, held: HeldStatement): Grant | Refused | undefined {
    const { state, id } = ticket;
    switch (state.kind) {
      case "asking":
        return undefined;
      case "waiting":
        if (!this.#isTold) this.#tell(desk, ticket, state.untilMs);
        return undefined;
      case "refused":
        return this.#refuse(state.refusal, held, id);
      case "granted":
        // Also where it does not run: what was granted to somebody else than they are now is not kept for them.
        desk.use(ticket);
        if (!desk.isStillThere(this.#session.who)) return this.#refuse(goneRefusal, held, id);
        return grantOf(state.yes);
      default:
        return state satisfies never;
    }
  }

  #tell(desk: ApprovalDesk, { id, question: { needs } }: Ticket, untilMs: number): void {
    this.#isTold = true;
    this.#session.tellWaiting({
      message: `the statement waits for approval of ${printNeeds(needs)}`,
      detail: `request ${id}, until ${new Date(untilMs).toISOString()}`,
      hint: `${desk.howTo(id)}; to give up, cancel the statement`,
    });
  }

  #refuse(refusal: Refusal, { texts, fields, plans }: HeldStatement, request: string | undefined): Refused {
    const asked = request === undefined || request === "" ? "" : `,"approval_request":${jsonOnLine(request)}`;
    const notifications = plans.flatMap((plan) => plan.notifications);
    const records = fields.map((own) => `${own}${asked}`);
    return refuse(refusal, texts[0] ?? "", records, notifications);
  }
}

function grantOf(yes: readonly Yes[]): Grant {
  const said = yes.map(({ request, by, groups }) => ({ request, by, groups }));
  return {
    kind: "granted",
    keys: new Set(yes.map(({ need }) => need)),
    auditFields: `,"approved":${jsonOnLine(said)}`,
  };
}

/** Whether what was granted once is all that is asked now. */
export function covers(grant: Grant | undefined, approvals: readonly Approval[]): boolean {
  return needsOf(approvals).every(({ key }) => grant?.keys.has(key) === true);
}

function isSame({ digest, needs }: Question, now: string, needsNow: readonly Need[]): boolean {
  return digest === now && needs.length === needsNow.length && needs.every(({ key }, i) => key === needsNow[i]?.key);
}

function shownBytes({ bytes }: BoundValue): string | null {
  return bytes === undefined ? null : `\\x${bytes.toString("hex")}`;
}
