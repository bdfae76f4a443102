/** PREPARE, EXECUTE, EXECUTE IMMEDIATE and DEALLOCATE as statements: what they prepare is decided as if it came by itself, and so is what they run. */
import { type Approval, type NameContext, readGivenTexts } from "@penstock/engine";
import { refuse, type Pass, type Refused, rulingOf } from "../enforce/gate.ts";
import { approvalsToRun, effect, type StatementPlan, strictest } from "../enforce/plan.ts";
import type { Refusal } from "../enforce/session-rules.ts";
import { changedSince, confirm, feasibleHere } from "./decide.ts";
import { prepareNameAgain } from "./prepare-again.ts";
import { Prepared } from "./prepared.ts";
import type { Session } from "./session.ts";
import { keyOfName, type Naming } from "./statement-names.ts";

/** A text whose statements are as they are going to run. */
export interface Resolved {
  readonly kind: "pass";
  readonly statements: readonly ResolvedStatement[];
  readonly approvals: readonly Approval[];
  /** Texts of what it runs by name, or gives. */
  readonly runs: readonly string[];
  /** The server has something of it in another form than the client has sent. */
  readonly isRewritten: boolean;
}

interface ResolvedStatement {
  readonly plan: StatementPlan;
  readonly auditFields: string;
  readonly naming: Naming | undefined;
  readonly runs?: string;
  readonly isRewritten?: boolean;
}

/** `undefined`: the session has to wait, and resumes by itself. */
export function resolveNames(session: Session, text: string, pass: Pass): Resolved | Refused | undefined {
  const fields = pass.plans.map(({ auditFields }) => auditFields);
  const resolving = new Resolving(session, text, pass, fields);
  const statements: ResolvedStatement[] = [];
  for (const index of pass.plans.keys()) {
    const statement = resolving.statement(index);
    if (statement === undefined || "kind" in statement) return statement;
    statements.push(statement);
  }
  const plans = statements.map(({ plan }) => plan);
  const refusal = afterExecute(pass.plans, plans);
  if (refusal !== undefined) return refuse(refusal, text, fields);
  const showsTokens = plans.some(({ tokens }) => tokens !== undefined);
  const ruling = feasibleHere(session, { ...pass, plans, showsTokens }, text);
  if (ruling.kind === "refused") return ruling;
  return {
    kind: "pass",
    statements,
    approvals: plans.flatMap(approvalsToRun),
    runs: statements.flatMap(({ runs }) => runs ?? []),
    isRewritten: pass.verdict.rewritten || statements.some(({ isRewritten }) => isRewritten),
  };
}

/** A text that names no prepared statement. Hot. */
export function asItStands({ plans, approvals, verdict }: Pass): Resolved {
  return { kind: "pass", statements: plans.map(asOwn), approvals, runs: nothing, isRewritten: verdict.rewritten };
}

const nothing: readonly string[] = [];

function asOwn(plan: StatementPlan): ResolvedStatement {
  return { plan, auditFields: plan.auditFields, naming: undefined };
}

/** A text that was refused: where it would have prepared a statement, the server would have forgotten the one before by that name. */
export function forgetNames({ names, knowledge }: Session, text: string): void {
  if (names.size === 0) return;
  const { catalog, names: now } = knowledge.epoch;
  for (const given of readGivenTexts(text, catalog, now)) names.forget(keyOfName(given?.name) ?? "");
}

class Resolving {
  readonly #session: Session;
  readonly #text: string;
  readonly #pass: Pass;
  readonly #fields: readonly string[];
  readonly #given: ReturnType<typeof readGivenTexts>;
  readonly #sent: ReturnType<typeof readGivenTexts>;
  /** What the text itself prepares. */
  readonly #made = new Map<string, Prepared | undefined>();

  constructor(session: Session, text: string, pass: Pass, fields: readonly string[]) {
    this.#session = session;
    this.#text = text;
    this.#pass = pass;
    this.#fields = fields;
    const { catalog, names } = session.knowledge.epoch;
    this.#given = readGivenTexts(text, catalog, names);
    this.#sent = pass.verdict.rewritten ? readGivenTexts(pass.verdict.text, catalog, names) : this.#given;
  }

  statement(index: number): ResolvedStatement | Refused | undefined {
    const plan = this.#pass.plans[index];
    if (plan === undefined) throw new Error("a statement without its plan");
    const named = plan.facts.session;
    switch (named?.kind) {
      case "prepare":
        return this.#prepare(index, plan, named.name);
      case "execute":
        return named.name === undefined ? this.#immediate(index, plan) : this.#execute(plan, named.name);
      case "deallocate": {
        const key = keyOfName(named.name);
        if (key === undefined) return this.#refuse(strangeName);
        this.#made.set(key, undefined);
        return { plan, auditFields: plan.auditFields, naming: { key, prepared: undefined } };
      }
      default:
        return asOwn(plan);
    }
  }

  #refuse(refusal: Refusal): Refused {
    return refuse(refusal, this.#text, this.#fields);
  }

  #prepare(index: number, plan: StatementPlan, name: string | undefined): ResolvedStatement | Refused {
    const key = keyOfName(name);
    if (key === undefined) return this.#refuse(strangeName);
    const { names, statements, host } = this.#session;
    const limit = host.limits.preparedStatements;
    if (names.get(key) === undefined && names.size + statements.size + this.#made.size >= limit) {
      return this.#refuse({ ...tooMany, message: `more than ${limit} prepared statements in one session` });
    }
    const prepared = this.#inner(index);
    if (!(prepared instanceof Prepared)) {
      // The server forgets the old one where it cannot prepare the new one.
      names.forget(key);
      return prepared;
    }
    this.#made.set(key, prepared);
    return { plan, auditFields: plan.auditFields, naming: { key, prepared } };
  }

  #immediate(index: number, plan: StatementPlan): ResolvedStatement | Refused {
    const prepared = this.#inner(index);
    if (!(prepared instanceof Prepared)) return prepared;
    const { plan: inner } = prepared;
    if (inner === undefined) return this.#refuse(unread);
    // Rules have been asked about what it runs already, as about what it carries.
    return {
      ...inPlaceOf(plan, { ...inner, approvals: [], notifications: [] }),
      runs: prepared.text,
      isRewritten: prepared.text !== prepared.sentText,
    };
  }

  /** What a statement prepares, decided by itself. */
  #inner(index: number): Prepared | Refused {
    const given = this.#given[index];
    const sent = this.#sent[index];
    if (given?.kind !== "string" || sent?.kind !== "string") return this.#refuse(unread);
    const session = this.#session;
    const { epoch } = session.knowledge;
    if (!session.knowledge.keepsText(sent.text)) return this.#refuse(otherCharacters);
    const verdict = epoch.enforcer.decide(given.text, session.who, given.names, epoch.catalog);
    const ruling = feasibleHere(session, rulingOf(verdict, given.text), given.text);
    if (ruling.kind === "refused") return within(ruling, this.#fields);
    if (ruling.verdict.text !== sent.text) return this.#refuse(otherwise);
    return new Prepared({
      text: given.text,
      names: given.names,
      sentText: sent.text,
      plan: ruling.plans[0],
      reads: verdict.reads,
      epoch: isSameDatabase(given.names, epoch.names) ? epoch : { ...epoch },
    });
  }

  #execute(plan: StatementPlan, name: string): ResolvedStatement | Refused | undefined {
    const key = keyOfName(name);
    if (key === undefined) return this.#refuse(strangeName);
    const session = this.#session;
    const named = this.#made.has(key) ? undefined : session.names.get(key);
    const prepared = named === undefined ? this.#made.get(key) : named.prepared;
    if (prepared === undefined) {
      return this.#refuse({ ...unknown, message: `Unknown prepared statement handler (${name}) given to EXECUTE` });
    }
    if (named?.isUnsure === true) return this.#refuse(maybeAnother);
    const now = confirm(session, prepared);
    if (now.kind === "refused") return within(now, this.#fields);
    if (now.kind === "stale") {
      if (prepareNameAgain(session, key, prepared, now.ruling)) return undefined;
      return this.#refuse(changedSince);
    }
    const { plan: inner } = prepared;
    if (inner === undefined) return this.#refuse(unread);
    return { ...inPlaceOf(plan, inner), runs: prepared.text, isRewritten: prepared.text !== prepared.sentText };
  }
}

function isSameDatabase(one: NameContext, other: NameContext): boolean {
  return one === other || one.searchPath[0] === other.searchPath[0];
}

/** EXECUTE under the plan of what it runs: the session is as that leaves it. */
function inPlaceOf(plan: StatementPlan, inner: StatementPlan): ResolvedStatement {
  return {
    plan: {
      ...inner,
      limits: strictest(plan.limits, inner.limits),
      approvals: [...plan.approvals, ...inner.approvals],
      notifications: [...plan.notifications, ...inner.notifications],
      effects: plan.effects | inner.effects,
    },
    auditFields: `${plan.auditFields},"prepared":{${inner.auditFields}}`,
    naming: undefined,
  };
}

/** A refusal of what a statement prepares or runs. */
function within(refused: Refused, fields: readonly string[]): Refused {
  const records = fields.map((own, index) => `${own},"prepared":{${refused.records[index] ?? refused.records[0]}}`);
  return { ...refused, records, position: undefined };
}

/**
 * The statements of a text are read before the first of them runs, and what EXECUTE runs of them is not in the text: what comes behind may only
 * be such that nothing of it depends on that.
 */
function afterExecute(own: readonly StatementPlan[], resolved: readonly StatementPlan[]): Refusal | undefined {
  const changer = resolved.findIndex(
    ({ facts, effects }, index) =>
      own[index]?.facts.session?.kind === "execute" &&
      (!leavesMeaning.has(facts.category) || (effects & effect.hiddenCode) !== 0),
  );
  if (changer < 0) return undefined;
  const later = own.slice(changer + 1);
  return later.every(({ facts: { session } }) => session?.kind === "deallocate") ? undefined : changedWithin;
}

const leavesMeaning: ReadonlySet<string> = new Set(["read", "write", "transaction"]);

const changedWithin: Refusal = {
  sqlstate: "42501",
  message:
    "what EXECUTE runs here may change what the statements after it in the same text mean, so they cannot be checked",
  hint: "send the statements one by one",
  code: "changed_within_text",
};

const strangeName: Refusal = {
  sqlstate: "42501",
  message: "the name of a prepared statement may have up to 64 characters of ASCII, none of them a space",
  hint: "give it another name",
  code: "statement_name",
};

const unread: Refusal = {
  sqlstate: "42501",
  message: "the text of the prepared statement could not be read",
  hint: "send the statement itself",
  code: "prepare_in_sql",
};

const otherwise: Refusal = {
  sqlstate: "42501",
  message: "policies limit this statement otherwise when it is prepared than when it is sent by itself",
  hint: "send the statement itself",
  code: "prepare_in_sql",
};

const otherCharacters: Refusal = {
  sqlstate: "42501",
  message:
    "the connection's character set has not all characters of the text to prepare, so the server would read another text",
  hint: "SET NAMES utf8mb4",
  code: "encoding",
};

const maybeAnother: Refusal = {
  sqlstate: "42501",
  message:
    "a stored procedure has run since this statement was prepared, and may have prepared another one by its name",
  hint: "prepare it again",
  code: "stale",
};

const unknown = { sqlstate: "26000", hint: undefined, code: "unknown_name" };
const tooMany = { sqlstate: "54000", hint: "DEALLOCATE PREPARE some of them", code: "too_many" };
