/**
 * A statement that waits for people. Its message stays in the framer and is handled again when something changes: so whatever holds then
 * (policies, catalog, search_path) decides it anew, and an approval only answers what that decision asks.
 */
import type { Approval, NameContext, PrincipalContext } from "@penstock/engine";
import type { ApprovalDesk, ApprovalRequest, Question } from "../approvals/approval-desk.ts";
import { type BoundValue, digestOf } from "../approvals/digest.ts";
import { type Need, needsOf, printNeed } from "../approvals/need.ts";
import type { Yes } from "../approvals/standing-approvals.ts";
import { jsonOnLine } from "../audit/escape.ts";
import type { SessionRecords } from "../audit/audit-records.ts";
import { refuse, type Refused } from "./gate.ts";
import type { StatementPlan } from "./plan.ts";
import type { Refusal } from "./session-rules.ts";

/** What holding needs of the session, whatever its protocol. */
export interface HoldingSession {
  readonly who: PrincipalContext;
  readonly records: SessionRecords;
  readonly approvals: ApprovalDesk | undefined;
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
  #request: ApprovalRequest | undefined;

  constructor(session: HoldingSession) {
    this.#session = session;
  }

  get isActive(): boolean {
    return this.#request !== undefined;
  }

  /** Whether the statement may run; `undefined`: the session has to wait, and is told when to try the same message again. */
  admit(desk: ApprovalDesk, held: HeldStatement): Grant | Refused | undefined {
    const session = this.#session;
    const { searchPath } = session.names;
    const relations = held.plans.flatMap(({ facts }) => facts.tables.map(({ relation }) => relation));
    const digest = digestOf({ ...held, who: session.who, searchPath, relations });
    const needs = needsOf(held.approvals);
    const request = this.#request;
    if (request !== undefined) {
      const refused = refusalOf(request, needs);
      if (refused !== undefined) return this.#refuse(refused, held, request);
    }
    const yes = desk.grantFor(digest, needs, request);
    if (yes !== undefined) {
      if (!desk.isStillThere(session.who)) return this.#refuse(gone, held, request);
      return grantOf(yes);
    }
    if (request !== undefined) {
      if (request.state === "waiting" && isSame(request.question, digest, needs)) return undefined;
      this.end("decided otherwise");
    }
    // Nobody need be asked.
    if (session.isFailed) return this.#refuse(needed(needs), held, undefined);
    if (!session.isQuiet()) return undefined;
    return this.#ask(desk, held, digest, needs);
  }

  /** The client has asked to cancel. @returns whether a statement waited */
  cancel(): boolean {
    const request = this.#request;
    if (request === undefined) return false;
    this.#session.approvals?.cancel(request);
    return true;
  }

  /** The statement waits no longer, for a reason of the session's. */
  end(why: string): void {
    const request = this.#request;
    if (request === undefined) return;
    this.#request = undefined;
    this.#session.approvals?.withdraw(request, why);
  }

  #ask(desk: ApprovalDesk, held: HeldStatement, digest: string, needs: readonly Need[]): Refused | undefined {
    const session = this.#session;
    const asked = desk.ask({
      who: session.who,
      digest,
      needs,
      searchPath: session.names.searchPath,
      texts: held.texts,
      parameters: held.values.map((value, index) => held.parameters[index] ?? shownBytes(value)),
      records: session.records,
      changed: () => session.resume(),
    });
    if (!("id" in asked)) return this.#refuse(asked, held, undefined);
    this.#request = asked;
    session.tellWaiting({
      message: `the statement waits for approval of ${needs.map(printNeed).join("; and of ")}`,
      detail: `request ${asked.id}, until ${new Date(asked.expiresAtMs).toISOString()}`,
      hint: `${desk.howTo(asked)}; to give up, cancel the statement`,
    });
    return undefined;
  }

  #refuse(refusal: Refusal, { texts, fields, plans }: HeldStatement, request: ApprovalRequest | undefined): Refused {
    const asked = request === undefined ? "" : `,"approval_request":${jsonOnLine(request.id)}`;
    const notifications = plans.flatMap((plan) => plan.notifications);
    const records = fields.map((own) => `${own}${asked}`);
    return refuse(refusal, texts[0] ?? "", records, notifications);
  }
}

function grantOf(yes: readonly Yes[]): Grant {
  const said = yes.map(({ request, by, need }) => ({ request, by, groups: need.groups }));
  return {
    kind: "granted",
    keys: new Set(yes.map(({ need }) => need.key)),
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

const gone: Refusal = {
  sqlstate: "42501",
  message: "the statement was not run: who you are has changed since you connected",
  hint: "connect again",
  code: "principal_changed",
};

function needed(needs: readonly Need[]): Refusal {
  return {
    sqlstate: "42501",
    message: `needs approval of ${needs.map(printNeed).join("; and of ")}`,
    hint: undefined,
    code: "approval_required",
  };
}

/** What the client gets when its statement has waited in vain. */
function refusalOf({ state, denial, id }: ApprovalRequest, needs: readonly Need[]): Refusal | undefined {
  const asked = needs.map(({ groups }) => groups.join(" or ")).join(" and ");
  switch (state) {
    case "waiting":
    case "approved":
      return undefined;
    case "denied": {
      const because = denial?.because === undefined ? "" : `: ${denial.because}`;
      return {
        sqlstate: "42501",
        message: `the statement was not approved by ${denial?.by ?? ""}${because}`,
        hint: `it needed approval of ${asked}; ask them before you send it again`,
        code: "approval_denied",
      };
    }
    case "expired":
      return {
        sqlstate: "42501",
        message: `the statement was not approved in time (request ${id})`,
        hint: `send it again when somebody of ${asked} is there to approve it`,
        code: "approval_expired",
      };
    case "cancelled":
      return {
        sqlstate: "57014",
        message: "canceling statement due to user request",
        hint: undefined,
        code: "approval_cancelled",
      };
    default:
      return state satisfies never;
  }
}
