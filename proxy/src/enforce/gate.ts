/**
 * The gate that every statement passes: the engine's verdict, then what the session itself forbids. What comes out says all that
 * the protocol side needs.
 */
import {
  type Approval,
  type ApproveVerdict,
  type DenyVerdict,
  type ForwardVerdict,
  type Notification,
  type Reason,
  redactedField,
  type Verdict,
  withheld,
  withoutPasswords,
} from "@penstock/engine";
import { escapeJsonLine, jsonOnLine } from "../audit/escape.ts";
import { firedRules, refusedBy } from "../metrics/fired-rules.ts";
import { approvalsToRun, effect, planLike, planOf, type StatementPlan } from "./plan.ts";
import { type Refusal, sessionRefusal } from "./session-rules.ts";

export type Ruling = Pass | Refused;

export interface Pass {
  readonly kind: "pass";
  readonly verdict: ForwardVerdict;
  readonly plans: readonly StatementPlan[];
  /** Bits of `effect`, of all statements. */
  readonly effects: number;
  /** Who has to say yes before it runs. */
  readonly approvals: readonly Approval[];
  readonly copiesIn: boolean;
  /** What the client gets if nobody can be asked for the approval that a statement needs. */
  readonly unasked: Refused | undefined;
  /** Some result has tokens. */
  readonly showsTokens: boolean;
  /** Some statement means a prepared statement or cursor by name: the session has to look it up. */
  readonly usesNames: boolean;
}

/** What the client gets instead of an answer, and what the audit log gets. */
export interface Refused {
  readonly kind: "refused";
  readonly sqlstate: string;
  readonly message: string;
  readonly detail: string | undefined;
  readonly hint: string | undefined;
  readonly position: number | undefined;
  /** One a statement, at least one: JSON without the outer braces, safe as a part of a line. */
  readonly records: readonly string[];
  /** Of rules that fired all the same. */
  readonly notifications: readonly Notification[];
  /** By what it is refused, for `Meters`. */
  readonly fired: readonly string[];
}

const rulings = new WeakMap<Verdict, Ruling>();

/** The ruling on a verdict, worked out once; on verdicts of one template, once for all of them. Hot. */
export function rulingOf(verdict: Verdict, text: string): Ruling {
  if (verdict.action === "forward" && verdict.template !== undefined) {
    const ruling = rulingOf(verdict.template, verdict.template.text);
    if (ruling.kind === "pass") return passLike(ruling, verdict);
  }
  let ruling = rulings.get(verdict);
  if (ruling === undefined) {
    ruling = makeRuling(verdict, text);
    rulings.set(verdict, ruling);
  }
  return ruling;
}

/** The pass of a verdict's template, as its own. */
function passLike(pass: Pass, verdict: ForwardVerdict): Pass {
  const [plan] = pass.plans;
  const [statement] = verdict.statements;
  if (plan === undefined || statement === undefined) throw new Error("a verdict of a template has one statement");
  return { ...pass, verdict, plans: [planLike(plan, statement)] };
}

function makeRuling(verdict: Verdict, text: string): Ruling {
  switch (verdict.action) {
    case "deny":
      return denied(verdict, text);
    case "approve":
      return passed(verdict.approved, text, denied(verdict, text));
    case "forward":
      return passed(verdict, text, undefined);
    default:
      return verdict satisfies never;
  }
}

/** A refusal of the proxy's own. `fields` are what the engine has to say of the statement, where it was asked. */
export function refuse(
  refusal: Refusal,
  text: string,
  fields: readonly string[] = [],
  notifications: readonly Notification[] = [],
): Refused {
  const { sqlstate, message, hint, code, isComputed } = refusal;
  const refused = (said: string) => `"refused":${jsonOnLine({ code, message: said })}`;
  const saidIn = (own: string) => (isComputed && own.includes(redactedField) ? withheld : message);
  return {
    kind: "refused",
    sqlstate,
    message,
    detail: undefined,
    hint,
    position: undefined,
    records:
      fields.length === 0
        ? [`"text":${jsonOnLine(withoutPasswords(text))},${refused(message)}`]
        : fields.map((own) => `${own},${refused(saidIn(own))}`),
    notifications,
    fired: [refusedBy(code)],
  };
}

function passed(verdict: ForwardVerdict, text: string, unasked: Refused | undefined): Ruling {
  const plans = verdict.statements.map(planOf);
  const fields = plans.map(({ auditFields }) => auditFields);
  let effects = effect.none;
  for (const { facts, effects: own } of plans) {
    const refusal =
      sessionRefusal(facts) ?? executeWithin(facts) ?? (touchesData(facts) ? afterChange(effects) : undefined);
    if (refusal !== undefined) return refuse(refusal, text, fields, notificationsOf(verdict));
    effects |= own;
  }
  return {
    kind: "pass",
    verdict,
    plans,
    effects,
    approvals: plans.flatMap(approvalsToRun),
    unasked,
    showsTokens: plans.some(({ tokens }) => tokens !== undefined),
    copiesIn: plans.some(({ isCopyFrom }) => isCopyFrom),
    usesNames: plans.some(({ facts: { session } }) => session !== undefined && namingKinds.has(session.kind)),
  };
}

const namingKinds: ReadonlySet<string> = new Set(["prepare", "execute", "deallocate", "declare", "fetch", "close"]);

/**
 * What earlier statements of a text change, the engine takes into account where it can read them; what code of users' own may have
 * done, only the server knows.
 */
function afterChange(effects: number): Refusal | undefined {
  if ((effects & effect.hiddenCode) === 0) return undefined;
  return {
    sqlstate: "42501",
    message:
      "an earlier statement of this text runs code that may change the search_path, so what this one reads or writes cannot be told",
    hint: "send the statements one by one",
    code: "changed_within_text",
  };
}

/** What runs inside was decided under another statement, maybe under other policies. */
export const indirectExecute: Refusal = {
  sqlstate: "42501",
  message: "EXECUTE inside another statement cannot be checked",
  hint: "write the prepared statement's text in its place",
  code: "indirect_execute",
};

/** Where it is not known of which statement, as in CREATE SCHEMA. EXPLAIN and CREATE TABLE AS of one are looked up like EXECUTE. */
function executeWithin({ inner, session }: StatementPlan["facts"]): Refusal | undefined {
  return inner !== "execute" || session?.kind === "execute" ? undefined : indirectExecute;
}

function touchesData({ tables }: StatementPlan["facts"]): boolean {
  return tables.some(
    ({ access, relation }) => !relation.isSystem && [...access].some((kind) => kind !== "ddl" && kind !== "lock"),
  );
}

function denied(verdict: DenyVerdict | ApproveVerdict, text: string): Refused {
  const { reason, sqlstate, statements } = verdict;
  const { message, hint } = reason;
  return {
    kind: "refused",
    sqlstate,
    message,
    detail: detailOf(reason),
    hint,
    position: verdict.action === "deny" ? verdict.position : undefined,
    notifications: notificationsOf(verdict),
    fired:
      statements.length > 0
        ? firedRules(statements.map(({ decision }) => decision))
        : [refusedBy(reason.code ?? sqlstate)],
    records:
      statements.length > 0
        ? statements.map(({ auditFields }) => escapeJsonLine(auditFields))
        : [
            `"text":${jsonOnLine(withoutPasswords(text))},"decision":"deny","refused":${jsonOnLine({ code: reason.code ?? sqlstate, message })}`,
          ],
  };
}

function notificationsOf({ statements }: Pick<Verdict, "statements">): readonly Notification[] {
  return statements.flatMap(({ decision }) => decision.notifications);
}

function detailOf({ rule, code, detail }: Reason): string | undefined {
  if (rule === undefined) return detail;
  return `rule ${rule.package}:${rule.line}${code === undefined ? "" : ` (${code})`}`;
}
