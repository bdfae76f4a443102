/**
 * Statements that wait for people, in all sessions of a proxy. An approval is a yes to one statement by somebody whom its rule names; it is
 * bound to the statement's digest. What a session does with it is the session's to decide, by policies and catalog of that moment.
 */
import { randomBytes } from "node:crypto";
import { type Principal, type PrincipalContext, withoutPasswords } from "@penstock/engine";
import type { AuditLog } from "../audit/audit-log.ts";
import { approvalAnswerLine, type SessionRecords } from "../audit/audit-records.ts";
import type { Refusal } from "../enforce/session-rules.ts";
import type { ProxyLimits } from "../limits.ts";
import type { Answer, AnswerOutcome, Approver, People, ShownRequest } from "./approver.ts";
import { actsFor } from "./digest.ts";
import { isOfAny, whyNotEligible } from "./eligible.ts";
import { type Need, printNeed } from "./need.ts";
import { StandingApprovals, type Yes } from "./standing-approvals.ts";

/** What a session asks people about. */
export interface Question {
  readonly who: PrincipalContext;
  readonly digest: string;
  readonly needs: readonly Need[];
  readonly searchPath: readonly string[];
  readonly texts: readonly string[];
  readonly parameters: ShownRequest["parameters"];
  readonly records: SessionRecords;
  /** The request is no longer `waiting`. */
  readonly changed: () => void;
}

export type RequestState = "waiting" | "approved" | "denied" | "expired" | "cancelled";

/** A question that has been asked. */
export interface ApprovalRequest {
  readonly id: string;
  readonly question: Question;
  readonly expiresAtMs: number;
  readonly state: RequestState;
  /** Who said no, and why. */
  readonly denial: { readonly by: string; readonly because: string | undefined } | undefined;
  /** Yes for this request, by key of the need. */
  readonly yes: ReadonlyMap<string, Yes>;
}

export type ApprovalEvent =
  | { readonly kind: "asked"; readonly request: string; readonly principal: string; readonly needs: readonly string[] }
  | { readonly kind: "answered"; readonly request: string; readonly by: string; readonly outcome: string }
  | { readonly kind: "ended"; readonly request: string; readonly outcome: string };

export interface ApprovalDeskOptions {
  readonly approver: Approver;
  readonly people: People;
  readonly limits: ProxyLimits;
  readonly audit: AuditLog;
  readonly report: (event: ApprovalEvent) => void;
}

interface OpenRequest extends ApprovalRequest {
  state: RequestState;
  denial: ApprovalRequest["denial"];
  readonly yes: Map<string, Yes>;
  readonly askedAtMs: number;
  timer: NodeJS.Timeout | undefined;
}

/** Longest wait of a timer of Node. */
const timerMsMax = 2 ** 31 - 1;

export class ApprovalDesk {
  readonly #options: ApprovalDeskOptions;
  readonly #standing: StandingApprovals;
  /** Those that wait, by id. */
  readonly #open = new Map<string, OpenRequest>();

  constructor(options: ApprovalDeskOptions) {
    this.#options = options;
    this.#standing = new StandingApprovals(options.limits.standingApprovals);
    options.approver.start((answer) => this.#answer(answer));
  }

  close(): void {
    this.#options.approver.close();
  }

  /** What a client is told to do about a request. */
  howTo({ id }: ApprovalRequest): string {
    return this.#options.approver.howTo(id);
  }

  /** A yes for each need, if there is one: given `for` some time, or to this request. */
  grantFor(digest: string, needs: readonly Need[], request?: ApprovalRequest): readonly Yes[] | undefined {
    const all: Yes[] = [];
    for (const need of needs) {
      const yes = this.#standing.find(digest, need) ?? ownYes(request, need);
      if (yes === undefined) return undefined;
      all.push(yes);
    }
    return all;
  }

  /** Sessions keep the principal that they began with. Who asked people is asked for once more before the answer counts. */
  isStillThere({ principal, session }: PrincipalContext): boolean {
    const now = this.#options.people.person(session.user);
    return now !== undefined && identityOf(now) === identityOf(principal);
  }

  ask(question: Question): ApprovalRequest | Refusal {
    const refusal = this.#tooMuch(question);
    if (refusal !== undefined) return refusal;
    const { limits, approver, audit, report } = this.#options;
    const askedAtMs = Date.now();
    const request: OpenRequest = {
      id: newId(),
      question,
      askedAtMs,
      expiresAtMs: askedAtMs + Math.min(limits.approvalWaitMs, timerMsMax),
      state: "waiting",
      denial: undefined,
      yes: new Map(),
      timer: undefined,
    };
    try {
      approver.show(this.#shown(request));
    } catch (error) {
      report({ kind: "ended", request: request.id, outcome: `cannot be shown: ${String(error)}` });
      return {
        sqlstate: "58030",
        message: "nobody can be asked for approval at the moment, so the statement was not run",
        hint: "tell whoever operates the proxy",
        code: "approval_failed",
      };
    }
    this.#open.set(request.id, request);
    request.timer = setTimeout(() => this.#end(request, "expired"), request.expiresAtMs - askedAtMs);
    const { digest, texts, parameters } = question;
    const recorded = {
      ...request,
      digest,
      texts: texts.map(withoutPasswords),
      parameters: parameters.length,
      needs: question.needs,
    };
    audit.append(question.records.approvalRequest(recorded));
    const { id, needs } = { id: request.id, needs: question.needs.map(printNeed) };
    report({ kind: "asked", request: id, principal: question.who.principal.id, needs });
    return request;
  }

  /** The client wants its statement no longer. */
  cancel(request: ApprovalRequest): void {
    const open = this.#open.get(request.id);
    if (open !== undefined) this.#end(open, "cancelled");
  }

  /** The question is no longer open: the client has left, or the decision needs no approval or others. Nobody is told of a change. */
  withdraw(request: ApprovalRequest, why: string): void {
    const open = this.#open.get(request.id);
    if (open !== undefined) this.#close(open, why);
  }

  #tooMuch({ who, texts, parameters }: Question): Refusal | undefined {
    const { heldStatements, heldStatementsPerPrincipal, approvalRequestBytes } = this.#options.limits;
    const own = [...this.#open.values()].filter(({ question }) => question.who.principal.id === who.principal.id);
    if (this.#open.size >= heldStatements || own.length >= heldStatementsPerPrincipal) {
      const whose =
        own.length >= heldStatementsPerPrincipal ? `${own.length} of your statements` : "too many statements";
      return {
        sqlstate: "53400",
        message: `the statement needs approval, and ${whose} wait for approval already`,
        hint: "try again when some of them have been answered, or cancel one",
        code: "too_many_held",
      };
    }
    const bytes = [...texts, ...parameters].reduce((sum, part) => sum + Buffer.byteLength(part ?? ""), 0);
    if (bytes <= approvalRequestBytes) return undefined;
    return {
      sqlstate: "54000",
      message: `the statement needs approval, and has ${bytes} bytes with its values: people are shown at most ${approvalRequestBytes}`,
      hint: "send it in parts",
      code: "too_large",
    };
  }

  /** Nobody's word is taken for anything here but for what they say. */
  #answer(answer: Answer): AnswerOutcome {
    const request = this.#open.get(answer.request);
    const person = this.#options.people.person(answer.by);
    const refused = whyNotCounted(request, person, answer);
    const outcome: AnswerOutcome =
      request === undefined || person === undefined || refused !== undefined
        ? { isCounted: false, message: refused ?? "there is no such request" }
        : this.#counted(request, person, answer);
    const { request: id, by: user, answer: said, because } = answer;
    const { isCounted: counted, message } = outcome;
    const recorded = { request: id, user, by: person?.id, answer: said, because, counted, message };
    this.#options.audit.append(approvalAnswerLine(request?.question.who.session.id ?? "", recorded));
    this.#options.report({ kind: "answered", request: id, by: user, outcome: message });
    if (request !== undefined && outcome.isCounted) this.#goOn(request, person?.id, answer);
    return outcome;
  }

  #counted(request: OpenRequest, person: Principal, { answer }: Answer): AnswerOutcome {
    if (answer === "deny") return { isCounted: true, message: "denied: the statement is refused" };
    const { digest, needs } = request.question;
    const mine = needs.filter(
      (need) => isOfAny(person, need.groups) && this.grantFor(digest, [need], request) === undefined,
    );
    if (mine.length === 0) return { isCounted: false, message: "somebody has said yes for those groups already" };
    for (const need of mine) {
      const untilMs = need.forMs === undefined ? undefined : Date.now() + need.forMs;
      const yes: Yes = { request: request.id, by: person.id, need, untilMs };
      request.yes.set(need.key, yes);
      if (untilMs !== undefined) this.#standing.add(digest, yes);
    }
    const open = needs.filter((need) => this.grantFor(digest, [need], request) === undefined);
    const message =
      open.length === 0
        ? "approved: the statement is decided once more and goes on"
        : `counted; it still waits for somebody of ${open.map(({ groups }) => groups.join(" or ")).join(", and of ")}`;
    return { isCounted: true, message };
  }

  #goOn(request: OpenRequest, by: string | undefined, { answer, because }: Answer): void {
    if (answer === "deny") {
      request.denial = { by: by ?? "", because };
      this.#end(request, "denied");
      return;
    }
    const { digest } = request.question;
    // A yes for some time is one for all who wait with the same statement.
    for (const open of [...this.#open.values()].filter(({ question }) => question.digest === digest)) {
      if (this.grantFor(digest, open.question.needs, open) !== undefined) this.#end(open, "approved");
      else if (open === request) this.#showAgain(open);
    }
  }

  #end(request: OpenRequest, state: Exclude<RequestState, "waiting">): void {
    request.state = state;
    this.#close(request, state);
    request.question.changed();
  }

  #close(request: OpenRequest, outcome: string): void {
    clearTimeout(request.timer);
    this.#open.delete(request.id);
    const { audit, approver, report } = this.#options;
    audit.append(request.question.records.approvalEnd(request.id, outcome));
    report({ kind: "ended", request: request.id, outcome });
    approver.remove(request.id);
  }

  /** What it still needs may have changed; that nobody can be told of it does not undo a yes. */
  #showAgain(request: OpenRequest): void {
    try {
      this.#options.approver.show(this.#shown(request));
    } catch (error) {
      this.#options.report({
        kind: "answered",
        request: request.id,
        by: "",
        outcome: `cannot be shown: ${String(error)}`,
      });
    }
  }

  #shown({ id, question, askedAtMs, expiresAtMs, ...request }: OpenRequest): ShownRequest {
    const { who, digest, needs, searchPath, texts, parameters } = question;
    return {
      id,
      digest,
      principal: who.principal,
      target: who.target.name,
      database: who.session.database,
      searchPath,
      texts,
      parameters,
      needs: needs.map((need) => {
        const { groups, forMs, because } = need;
        const metBy = (this.#standing.find(digest, need) ?? request.yes.get(need.key))?.by;
        return { groups, forMs, because, metBy };
      }),
      askedAtMs,
      expiresAtMs,
    };
  }
}

function ownYes(request: ApprovalRequest | undefined, need: Need): Yes | undefined {
  const yes = request?.yes.get(need.key);
  return yes === undefined || (yes.untilMs !== undefined && yes.untilMs <= Date.now()) ? undefined : yes;
}

function whyNotCounted(
  request: ApprovalRequest | undefined,
  person: Principal | undefined,
  { by, digest }: Answer,
): string | undefined {
  if (request === undefined) return "there is no such request: it was answered, cancelled or has expired";
  if (Date.now() >= request.expiresAtMs) return "the request has expired";
  if (digest !== request.question.digest) return "the answer is for another statement: its digest differs";
  if (person === undefined) return `there is no user ${JSON.stringify(by)}`;
  const { who, needs } = request.question;
  return whyNotEligible(person, { ids: actsFor(who.principal), groups: needs.map(({ groups }) => groups) });
}

/** What decisions see of a principal, without when and how it logged in. */
function identityOf({ id, kind, groups, claims, onBehalfOf }: Principal): string {
  return JSON.stringify([id, kind, groups, claims, onBehalfOf && identityOf(onBehalfOf)]);
}

/** Short enough to be typed: 40 random bits, which need not be secret. */
function newId(): string {
  return randomBytes(5).toString("hex");
}
