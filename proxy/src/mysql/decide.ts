/** From a text to what happens with it in this session. */
import { mayRunStoredCode, type NameContext, namedIn, objectPath, type StatementFacts } from "@penstock/engine";
import { withAssertedTags } from "../enforce/asserted-tags.ts";
import { expiredRefusal } from "../enforce/expiry.ts";
import { feasible } from "../enforce/feasible.ts";
import { type Pass, refuse, type Refused, type Ruling, rulingOf } from "../enforce/gate.ts";
import { effect } from "../enforce/plan.ts";
import type { Refusal } from "../enforce/session-rules.ts";
import type { Prepared } from "./prepared.ts";
import { arrivesWhole, encodingOfSession } from "./result-encoding.ts";
import { lossyTokens } from "./result-columns.ts";
import type { Session } from "./session.ts";

/** A relation or schema that the catalog does not have: it may have been made since. */
const unknownName = /^(?:42P01|3F000)$/;

/** `undefined`: the session has to wait and try the same command again. Ask `Knowledge.isSure` first. */
export function decideText(
  session: Session,
  text: string,
  parameters?: readonly (string | null | undefined)[],
): Pass | Refused | undefined {
  const { knowledge } = session;
  const problem = knowledge.takeProblem();
  if (problem !== undefined) return refuse(problem, text);
  if (knowledge.readsAsciiOnly && !isAscii(text)) return refuse(notAscii, text);
  const { enforcer, names, catalog } = knowledge.epoch;
  const verdict = enforcer.decide(text, session.who, names, catalog, parameters);
  if (knowledge.asksForTemporary(verdict.statements.map(({ facts }) => facts))) return undefined;
  const ruling = feasibleHere(session, rulingOf(verdict, text), text);
  if (ruling.kind === "refused") {
    const expired = expiredRefusal(session.expiry, []);
    if (expired !== undefined) return refuse(expired, text);
    if (unknownName.test(ruling.sqlstate) && knowledge.retryUnknown()) return undefined;
    return ruling;
  }
  const expired = expiredRefusal(session.expiry, ruling.plans);
  if (expired !== undefined) {
    const fields = ruling.plans.map(({ auditFields }) => auditFields);
    return refuse(expired, text, fields);
  }
  knowledge.retried = false;
  return ruling;
}

function isAscii(text: string): boolean {
  // oxlint-disable-next-line no-control-regex
  return /^[\x00-\x7f]*$/.test(text);
}

/** What cannot be enforced on this protocol, or by this proxy, is refused with its reason. */
export function feasibleHere(session: Session, ruling: Ruling, text: string): Ruling {
  return withAssertedTags(
    feasible(session.host, ruling, text, (pass) => refusalOf(session, pass)),
    text,
  );
}

function refusalOf(session: Session, pass: Pass): Refusal | undefined {
  return (
    (pass.showsTokens ? withoutTokens(session, pass) : undefined) ??
    (session.redactor === undefined ? undefined : afterOtherResults(pass)) ??
    afterHiddenCode(session, pass) ??
    besideItsNamesake(pass)
  );
}

/** Tokens are made of UTF-8, and which result they are in must be known. */
function withoutTokens({ knowledge: { results } }: Session, { plans }: Pass): Refusal | undefined {
  const encoding = encodingOfSession(results);
  const columns = plans.flatMap(({ tokens }) => tokens?.columns ?? []);
  if (encoding !== undefined && !columns.every(({ characterSet }) => arrivesWhole(encoding, characterSet)))
    return lossyTokens;
  return plans.length > 1 && plans.some(({ facts }) => manyResults.has(facts.kind)) ? tokensBesideMany : undefined;
}

/** In which character set the results of later statements come, must be known where they are looked into. */
function afterOtherResults({ plans }: Pass): Refusal | undefined {
  const isChanged = plans.slice(0, -1).some(({ facts: { session } }) => {
    const set = session?.kind === "set" ? [session, ...(session.others ?? [])] : [];
    return set.some(({ variable }) => variable === "character_set_results");
  });
  if (!isChanged) return undefined;
  return {
    sqlstate: "42501",
    message:
      "an earlier statement of this text changes the character set of results, so those of the next ones cannot be looked into",
    hint: "send the statements one by one",
    code: "changed_within_text",
  };
}

/** Of which it is not known how many results they give. */
const manyResults: ReadonlySet<string> = new Set(["call", "do", "opaque"]);

const tokensBesideMany: Refusal = {
  sqlstate: "42501",
  message: "this text shows a column as tokens and runs a stored program, and whose results are which cannot be told",
  hint: "send the statements one by one",
  code: "changed_within_text",
};

/** The server says of results which table they come from, and calls a temporary one like the masked one that it hides. */
function besideItsNamesake({ plans }: Pass): Refusal | undefined {
  if (plans.length === 1) return undefined;
  const tables = plans.flatMap((plan) => plan.facts.tables.map(({ relation }) => relation));
  const made = tables.filter(({ isTemporary, columns }) => isTemporary && columns.length === 0);
  const paths = new Set(made.map((relation) => objectPath(namedIn(relation), relation.name)));
  const masked = plans.some(
    ({ forbidden, facts }) => forbidden !== undefined && facts.tables.some(({ relation }) => paths.has(relation.path)),
  );
  return masked ? namesakes : undefined;
}

const namesakes: Refusal = {
  sqlstate: "42501",
  message:
    "this text makes a temporary table and reads the masked one that it hides, and whose results are which cannot be told",
  hint: "send the statements one by one",
  code: "changed_within_text",
};

function isOfSession({ relation }: StatementFacts["tables"][number]): boolean {
  return relation.isTemporary;
}

const notAscii: Refusal = {
  sqlstate: "22021",
  message: "the character set of this connection is not UTF-8, so its statements may hold ASCII characters only",
  hint: "SET NAMES utf8mb4, or connect with --default-character-set=utf8mb4",
  code: "encoding",
};

/** All statements of a text are read before the first one runs; what code that nobody has read does to their reading, only the server knows. */
function afterHiddenCode({ knowledge }: Session, { plans }: Pass): Refusal | undefined {
  const { catalog } = knowledge.epoch;
  const isChanged = plans.slice(0, -1).some(({ effects, facts }, index) => {
    if ((effects & effect.hiddenCode) !== 0) return true;
    const later = plans.slice(index + 1);
    // A trigger may drop a temporary table, so that its name is another's again; and what is dropped is another's to a trigger.
    return (
      (later.some((plan) => plan.facts.tables.some(isOfSession)) && mayRunStoredCode(catalog, facts)) ||
      (facts.tables.some((table) => isOfSession(table) && table.access.has("ddl")) &&
        later.some((plan) => mayRunStoredCode(catalog, plan.facts)))
    );
  });
  if (!isChanged) return undefined;
  return {
    sqlstate: "42501",
    message: "an earlier statement of this text may change what the next ones mean, so they cannot be checked",
    hint: "send the statements one by one",
    code: "changed_within_text",
  };
}

/** A statement that was prepared before, as it is decided now. */
export type Confirmed =
  | { readonly kind: "pass" }
  /** The server would get this text now in place of the one that it has. */
  | { readonly kind: "stale"; readonly ruling: Pass }
  | Refused;

/** Decides a prepared statement again, with the names that the server has prepared it with: it goes by those, whatever was chosen since. */
export function confirm(
  session: Session,
  prepared: Prepared,
  parameters?: readonly (string | null | undefined)[],
): Confirmed {
  const { epoch } = session.knowledge;
  const isCurrent = prepared.epoch === epoch && !prepared.reads.time;
  if (isCurrent && parameters === undefined) return { kind: "pass" };
  const ruling = decideAgain(session, prepared, prepared.names, parameters);
  if (ruling.kind === "refused") return ruling;
  if (ruling.verdict.text !== prepared.sentText) return { kind: "stale", ruling };
  const { sqlMode } = epoch.names;
  if (epoch.catalog.engine === "mysql" && sqlMode !== undefined && sqlMode !== prepared.names.sqlMode) {
    // Where its tables have changed, MySQL reads the text again under the mode of now, and MariaDB under that of then.
    const now = decideAgain(session, prepared, { ...prepared.names, sqlMode }, parameters);
    if (now.kind === "refused") return now;
    if (now.verdict.text !== prepared.sentText) return { kind: "stale", ruling };
  }
  prepared.plan = ruling.plans[0];
  if (parameters === undefined) {
    prepared.epoch = epoch;
    prepared.reads = ruling.verdict.reads;
  }
  return { kind: "pass" };
}

function decideAgain(
  session: Session,
  { text }: Prepared,
  names: NameContext,
  parameters: readonly (string | null | undefined)[] | undefined,
): Ruling {
  const { enforcer, catalog } = session.knowledge.epoch;
  const verdict = enforcer.decide(text, session.who, names, catalog, parameters);
  return feasibleHere(session, rulingOf(verdict, text), text);
}

/** Where what has become stale cannot be prepared anew. */
export const changedSince: Refusal = {
  sqlstate: "42501",
  message: "policies or the schema have changed since this statement was prepared",
  hint: "prepare it again",
  code: "stale",
};
