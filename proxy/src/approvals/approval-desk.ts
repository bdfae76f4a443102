/**
 * Statements that wait for people, in all sessions of a proxy. Who asked, who answered and what was granted is in the store, which decides; the desk
 * asks it for sessions, hears from it what has ended, and tells the record. What a session does with a yes is the session's to decide, by policies
 * and catalog of that moment.
 */
import { randomBytes, randomUUID } from "node:crypto";
import { hostname } from "node:os";
import type { PrincipalContext } from "@penstock/engine";
import type { AuditLog } from "../audit/audit-log.ts";
import { approvalAnswerLine, approvalRevokeLine } from "../audit/audit-records.ts";
import { errorMessage } from "../config/system-error.ts";
import type { Refusal } from "../enforce/session-rules.ts";
import type { ProxyLimits } from "../limits.ts";
import type { Answered } from "../store/answers.ts";
import { storeLimits } from "../store/limits.ts";
import type { AskedStatement, EndedRequest, StoredRequest } from "../store/requests.ts";
import type { Revocation } from "../store/revocations.ts";
import { type Store, StoreError } from "../store/store.ts";
import { isCounted, printOutcome } from "./answering.ts";
import { actsFor } from "./digest.ts";
import { printNeed } from "./need.ts";
import type { People } from "./people.ts";
import { shownNeeds } from "./shown-statement.ts";
import { deferredRefusal, endRefusal, fullRefusal, largeRefusal, storeRefusal } from "./refusals.ts";
import type { ApprovalRules } from "./rules.ts";
import type { Question, Ticket, TicketState } from "./ticket.ts";

export type ApprovalEvent =
  | { readonly kind: "asked"; readonly request: string; readonly principal: string; readonly needs: readonly string[] }
  | { readonly kind: "answered"; readonly request: string; readonly by: string; readonly outcome: string }
  | { readonly kind: "revoked"; readonly request: string; readonly grant: string; readonly by: string }
  | { readonly kind: "ended"; readonly request: string; readonly outcome: string }
  /** The store does not answer; without a problem, it does again. */
  | { readonly kind: "store"; readonly problem: string | undefined };

export interface ApprovalDeskOptions {
  /** Open. */
  readonly store: Store;
  readonly people: People;
  readonly rules: ApprovalRules;
  /** What somebody has to do to approve a request, for the client. */
  readonly howTo?: ((request: string) => string) | undefined;
  /** Tells people of a request; must not throw. */
  readonly announce?: ((request: StoredRequest) => void) | undefined;
  /** As they are now. */
  readonly limits: () => ProxyLimits;
  readonly audit: AuditLog;
  readonly report: (event: ApprovalEvent) => void;
}

interface OpenTicket extends Ticket {
  id: string;
  state: TicketState;
  readonly isDeferred: boolean;
  /** What its session has done meanwhile. */
  fate: "waits" | "cancelled" | "left" | "used";
  timer: NodeJS.Timeout | undefined;
}

/** Longest wait of a timer of Node. */
const timerMsMax = 2 ** 31 - 1;
/** How often the store is asked what has ended while something waits, besides what it tells. */
const lookMs = 500;
/** Between the end of a request by the store's clock and by our own. */
const graceMs = 50;

export class ApprovalDesk {
  /** Of the proxy, in the store. */
  readonly #id = randomUUID();
  readonly #options: ApprovalDeskOptions;
  #rules: ApprovalRules;
  /** Those that wait, by id of their requests. */
  readonly #open = new Map<string, OpenTicket>();
  /** What the store has to be told as soon as it answers: how requests have ended. */
  readonly #owed = new Map<string, "cancelled" | "withdrawn" | "expired">();
  readonly #stopListening: () => void;
  readonly #timers: readonly NodeJS.Timeout[];
  #isKnown = false;
  /** How often the store's answer was lost, which may have told of what has ended, or that we were taken for dead. */
  #answersLost = 0;
  /** As many were there when all that waits was last looked at. */
  #answersMadeUp = 0;
  #isAway = false;
  #isClosed = false;
  /** Answers that are in the record, and of which the store has not heard that. */
  readonly #recordedIds = new Set<string>();
  #look: Promise<void> | undefined;
  #nextLook: Promise<void> | undefined;

  constructor(options: ApprovalDeskOptions) {
    this.#options = options;
    this.#rules = options.rules;
    this.#stopListening = options.store.onChange(() => void this.#hear());
    const every = (ms: number, action: () => void) => setInterval(action, ms).unref();
    this.#timers = [
      every(storeLimits.beatMs, () => void this.#beat()),
      every(lookMs, () => {
        if (this.#open.size > 0) void this.#hear();
      }),
    ];
    void this.#beat();
  }

  /** From the next statement on. */
  setRules(rules: ApprovalRules): void {
    this.#rules = rules;
  }

  /** What waits now waits on in the store, for the same statement sent again. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#stopListening();
    for (const timer of this.#timers) clearInterval(timer);
    for (const { timer } of this.#open.values()) clearTimeout(timer);
    const answersLost = this.#answersLost;
    await this.#hear();
    // A store that is away sees by itself that we are silent.
    if (this.#answersLost > answersLost) return;
    await this.#pay();
    await this.#told(this.#options.store.leave(this.#id));
  }

  /** What a client is told to do about a request. */
  howTo(request: string): string {
    return this.#options.howTo?.(request) ?? `to approve it: policy-proxy approvals approve ${request} --as PERSON`;
  }

  /** Sessions keep the principal that they began with. Who asked people is asked for once more before the answer counts. */
  isStillThere({ principal, session }: PrincipalContext): boolean {
    // Who they are is in the token or certificate, for as long as that is valid; the users file need not know them.
    if (principal.auth.method !== "scram") return true;
    const now = this.#options.people.person(session.user);
    return now !== undefined && identityOf(now) === identityOf(principal);
  }

  /** The session is told when the ticket's state is another one. */
  ask(question: Question): Ticket {
    const ticket: OpenTicket = {
      id: "",
      question,
      state: this.#tooLarge(question) ?? { kind: "asking" },
      isDeferred: this.#rules.deferred.includes(question.who.principal.kind),
      fate: "waits",
      timer: undefined,
    };
    if (ticket.state.kind === "asking") void this.#ask(ticket);
    else queueMicrotask(question.changed);
    return ticket;
  }

  /** The statement runs now. */
  use(ticket: Ticket): void {
    this.#own(ticket).fate = "used";
  }

  /** The client wants its statement no longer. */
  cancel(ticket: Ticket): void {
    const own = this.#own(ticket);
    if (own.fate !== "waits" || own.state.kind === "refused") return;
    own.fate = "cancelled";
    if (own.state.kind === "waiting") void this.#giveUp(own, "cancelled");
  }

  /** The question is no longer open: the client has left, or the decision needs no approval or others. Nobody is told of a change. */
  withdraw(ticket: Ticket, why: string): void {
    const own = this.#own(ticket);
    if (own.fate === "used" || own.fate === "left") return;
    own.fate = "left";
    const { kind } = own.state;
    if (kind === "waiting") {
      this.#close(own, why);
      // Whoever was sent away by us may come back to where it waits.
      if (why !== "shutdown") this.#owe(own.id, "withdrawn");
    } else if (kind === "granted" && own.id !== "") this.#owe(own.id, "withdrawn");
  }

  #own(ticket: Ticket): OpenTicket {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- tickets come from `ask` only
    return ticket as OpenTicket;
  }

  #tooLarge({ shown: { texts, parameters } }: Question): TicketState | undefined {
    const { approvalRequestBytes } = this.#options.limits();
    const bytes = [...texts, ...parameters].reduce((sum, part) => sum + Buffer.byteLength(part ?? ""), 0);
    if (bytes <= approvalRequestBytes) return undefined;
    return { kind: "refused", refusal: largeRefusal(bytes, approvalRequestBytes) };
  }

  /** @param isAgain a time before, the store's answer was lost */
  async #ask(ticket: OpenTicket, isAgain = false): Promise<void> {
    const { store } = this.#options;
    const limits = this.#options.limits();
    const { question, isDeferred } = ticket;
    const { digest, fingerprint, who } = question;
    const id = newId();
    try {
      if (!this.#isKnown) await this.#beat();
      const asked = await store.ask(
        {
          id,
          proxy: this.#id,
          session: who.session.id,
          digest,
          fingerprint,
          asked: askedOf(question),
          isDeferred,
          waitMs: isDeferred ? limits.deferredWaitMs : limits.approvalWaitMs,
        },
        {
          waiting: limits.heldStatements,
          waitingPerPrincipal: limits.heldStatementsPerPrincipal,
          denialMs: limits.approvalWaitMs,
        },
      );
      this.#heard(undefined);
      switch (asked.kind) {
        case "granted":
          this.#change(ticket, { kind: "granted", yes: asked.yes });
          return;
        case "denied":
          ticket.id = asked.request.id;
          this.#refuse(ticket, endRefusal(asked.request.id, "denied", asked.request.denial, question.needs));
          return;
        case "full":
          this.#refuse(ticket, fullRefusal(asked));
          return;
        case "waiting":
          this.#waits(ticket, asked.request, asked.isNew);
          return;
        default:
          asked satisfies never;
      }
    } catch (error) {
      this.#heard(error);
      // It may have been made all the same.
      this.#owed.set(id, "withdrawn");
      if (!isAgain && error instanceof StoreError && error.fate === "unknown") {
        await this.#pay();
        await this.#ask(ticket, true);
        return;
      }
      this.#refuse(ticket, storeRefusal);
    }
  }

  #waits(ticket: OpenTicket, request: StoredRequest, isNew: boolean): void {
    const { question } = ticket;
    const { records, needs, shown } = question;
    const { id, expiresAtMs, askedAtMs } = request;
    ticket.id = id;
    if (isNew) {
      const { texts, parameters } = request.asked;
      const told = shownNeeds(needs, shown);
      const { isRedacted } = shown;
      const { digest } = request;
      const recorded = { id, digest, texts, parameters: parameters.length, needs: told, expiresAtMs, isRedacted };
      this.#options.audit.append(records.approvalRequest(recorded));
      const { principal } = question.who;
      this.#options.report({ kind: "asked", request: id, principal: principal.id, needs: told.map(printNeed) });
      this.#options.announce?.(request);
    }
    if (ticket.isDeferred) {
      this.#refuse(ticket, deferredRefusal(id, needs, expiresAtMs, this.howTo(id)));
      return;
    }
    this.#open.set(id, ticket);
    // Lasts as long by our clock as by the store's.
    const lastsMs = Math.min(isNew ? expiresAtMs - askedAtMs : this.#options.limits().approvalWaitMs, timerMsMax);
    ticket.timer = setTimeout(() => void this.#giveUp(ticket, "expired"), lastsMs + graceMs);
    if (ticket.fate === "left") {
      this.#close(ticket, "withdrawn");
      this.#owe(id, "withdrawn");
      return;
    }
    if (ticket.fate === "cancelled") void this.#giveUp(ticket, "cancelled");
    this.#change(ticket, { kind: "waiting", untilMs: expiresAtMs });
  }

  /** The store has the word: somebody may have answered before. */
  async #giveUp(ticket: OpenTicket, how: "cancelled" | "expired"): Promise<void> {
    const { id } = ticket;
    try {
      await this.#options.store.giveUp(id, how);
      await this.#hear();
    } catch (error) {
      this.#heard(error);
      this.#owed.set(id, how);
    }
    // It does not answer, or knows of no such request any more.
    if (this.#open.get(id) === ticket) this.#ended({ id, state: how, yes: [], denial: undefined });
  }

  #owe(id: string, how: "cancelled" | "withdrawn" | "expired"): void {
    this.#owed.set(id, how);
    void this.#pay();
  }

  async #pay(): Promise<void> {
    for (const [id, how] of this.#owed) {
      if (!(await this.#told(this.#options.store.giveUp(id, how)))) return;
      this.#owed.delete(id);
    }
  }

  async #beat(): Promise<void> {
    const wasKnown = this.#isKnown;
    try {
      const isKnown = await this.#options.store.beat({ id: this.#id, name: `${hostname()}:${process.pid}` });
      this.#heard(undefined);
      this.#isKnown = true;
      // We were silent for so long that what waits here is nobody's any more.
      if (wasKnown && !isKnown) for (const ticket of this.#open.values()) void this.#askAgain(ticket);
    } catch (error) {
      this.#answersLost++;
      this.#heard(error);
      return;
    }
    await this.#pay();
    await this.#hear();
  }

  async #askAgain(ticket: OpenTicket): Promise<void> {
    this.#open.delete(ticket.id);
    clearTimeout(ticket.timer);
    await this.#ask(ticket);
  }

  /** Hears what has ended and what was said, from now on. Never rejects. Calls that come meanwhile make one more. */
  #hear(): Promise<void> {
    if (this.#look === undefined) {
      this.#look = this.#collect().finally(() => {
        this.#look = undefined;
      });
      return this.#look;
    }
    this.#nextLook ??= this.#look.then(() => {
      this.#nextLook = undefined;
      return this.#hear();
    });
    return this.#nextLook;
  }

  async #collect(): Promise<void> {
    const answersLost = this.#answersLost;
    const unsure = answersLost === this.#answersMadeUp ? [] : [...this.#open.keys()];
    try {
      const { ended, lost, answers, revocations } = await this.#options.store.collect(this.#id, unsure);
      this.#answersMadeUp = answersLost;
      this.#heard(undefined);
      for (const answer of answers) this.#record(answer);
      for (const revocation of revocations) this.#recordRevocation(revocation);
      for (const request of ended) this.#ended(request);
      for (const ticket of lost.map((id) => this.#open.get(id))) if (ticket !== undefined) void this.#askAgain(ticket);
      const ids = [...answers, ...revocations].map(({ id }) => id);
      if (ids.length === 0) return;
      const isWritten = await this.#isWritten();
      if (isWritten) await this.#options.store.recorded(ids);
      for (const id of ids) this.#recordedIds.delete(id);
    } catch (error) {
      this.#answersLost++;
      this.#heard(error);
    }
  }

  /** Whether the record has what it was given; it says itself what is wrong. */
  #isWritten(): Promise<boolean> {
    return new Promise((resolve) => this.#options.audit.flushed((error) => resolve(error === undefined)));
  }

  #record(answered: Answered): void {
    const { session, answer, outcome, id } = answered;
    if (this.#recordedIds.has(id)) return;
    this.#recordedIds.add(id);
    const { request, user, by, says, because, proof } = answer;
    const message = printOutcome(outcome);
    const counted = isCounted(answered);
    this.#options.audit.append(
      approvalAnswerLine(session, { request, user, by, proof, answer: says, because, counted, message }),
    );
    this.#options.report({ kind: "answered", request, by: user, outcome: message });
  }

  #recordRevocation({ id, session, grant, request, grantedBy, used, revoker }: Revocation): void {
    if (this.#recordedIds.has(id)) return;
    this.#recordedIds.add(id);
    const { user, by, proof, because } = revoker;
    const fields = { request, grant, granted_by: grantedBy, used, user, by, proof, because };
    this.#options.audit.append(approvalRevokeLine(session, fields));
    this.#options.report({ kind: "revoked", request, grant, by: user });
  }

  #ended({ id, state, yes, denial }: EndedRequest): void {
    const ticket = this.#open.get(id);
    if (ticket === undefined) {
      // Its session has gone in between.
      if (state === "approved") this.#owe(id, "withdrawn");
      return;
    }
    this.#close(ticket, state);
    if (state === "approved") this.#change(ticket, { kind: "granted", yes });
    else this.#refuse(ticket, endRefusal(id, state, denial, ticket.question.needs));
  }

  #close(ticket: OpenTicket, outcome: string): void {
    clearTimeout(ticket.timer);
    this.#open.delete(ticket.id);
    this.#options.audit.append(ticket.question.records.approvalEnd(ticket.id, outcome));
    this.#options.report({ kind: "ended", request: ticket.id, outcome });
  }

  #refuse(ticket: OpenTicket, refusal: Refusal): void {
    this.#change(ticket, { kind: "refused", refusal });
  }

  #change(ticket: OpenTicket, state: TicketState): void {
    ticket.state = state;
    if (ticket.fate === "left") {
      // Nobody uses it: the same statement sent again may.
      if (state.kind === "granted" && ticket.id !== "") this.#owe(ticket.id, "withdrawn");
      return;
    }
    ticket.question.changed();
  }

  async #told(call: Promise<void>): Promise<boolean> {
    try {
      await call;
      return true;
    } catch (error) {
      this.#heard(error);
      return false;
    }
  }

  #heard(error: unknown): void {
    const isAway = error !== undefined;
    if (isAway === this.#isAway || this.#isClosed) return;
    this.#isAway = isAway;
    this.#options.report({ kind: "store", problem: isAway ? errorMessage(error) : undefined });
  }
}

function askedOf({ who, searchPath, shown, needs }: Question): AskedStatement {
  const [id = "", ...others] = actsFor(who.principal);
  return {
    principal: { id, name: who.principal.name, kind: who.principal.kind, actsFor: others },
    target: who.target.name,
    database: who.session.database,
    searchPath: [...searchPath],
    texts: [...shown.texts],
    parameters: [...shown.parameters],
    needs: shownNeeds(needs, shown).map(({ key, groups, forMs, because }) => ({
      key,
      groups: [...groups],
      ...(forMs === undefined ? {} : { forMs }),
      ...(because === undefined ? {} : { because }),
    })),
    ...(shown.alike === undefined ? {} : { alike: shown.alike }),
    ...(shown.isRedacted ? { redacted: true } : {}),
    salt: randomBytes(16).toString("hex"),
  };
}

/** What decisions see of a principal, without when and how it logged in. */
function identityOf({ id, kind, groups, claims, onBehalfOf }: PrincipalContext["principal"]): string {
  return JSON.stringify([id, kind, groups, claims, onBehalfOf && identityOf(onBehalfOf)]);
}

/** Short enough to be typed: 40 random bits, which need not be secret. */
function newId(): string {
  return randomBytes(5).toString("hex");
}
