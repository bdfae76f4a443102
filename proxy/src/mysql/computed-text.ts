/**
 * `PREPARE s FROM @text` and the like: what the server would take for the text is asked of it before, in the session, and put in the place of
 * what computes it. So the text that is decided is the one that runs, whatever becomes of the variable.
 */
import { type GivenText, quoteMysqlText, readGivenTexts } from "@penstock/engine";
import { refuse, type Refused } from "../enforce/gate.ts";
import type { Pass } from "../enforce/gate.ts";
import type { Refusal } from "../enforce/session-rules.ts";
import { decideText } from "./decide.ts";
import type { Session } from "./session.ts";
import { SideQueryError } from "./side-query.ts";

/** What was found out for the text that waits. */
export interface ComputedText {
  readonly of: string;
  readonly result: string | Refused;
}

type Computed = Extract<GivenText, { kind: "computed" }>;

const words = /\b(?:prepare|execute)\b/i;

/** The text as it is decided; the text itself where it computes none. `undefined`: the server has been asked, and the session resumes by itself. */
export function withComputedText(session: Session, text: string): string | Refused | undefined {
  if (!words.test(text)) return text;
  if (session.computed?.of === text) return session.computed.result;
  const { names, catalog } = session.knowledge.epoch;
  const given = readGivenTexts(text, catalog, names);
  const index = given.findIndex((each) => each?.kind === "computed");
  const computed = given[index];
  if (computed?.kind !== "computed") return text;
  const isAlone = index === 0 && given.filter((each) => each?.kind === "computed").length === 1;
  return isAlone ? ask(session, text, computed) : refuse(notFirst, text);
}

function ask(session: Session, text: string, computed: Computed): Refused | undefined {
  // As bytes no character set of the session changes it, and with a LIMIT of its own no setting keeps the row back.
  const question = `select cast(convert((${text.slice(computed.start, computed.end)}) using utf8mb4) as binary) limit 1`;
  const ruling = decideText(session, question);
  if (ruling === undefined || ruling.kind === "refused") return ruling;
  const [plan] = ruling.plans;
  if (plan === undefined || !isHarmless(ruling)) return refuse(unclear, text, [plan?.auditFields ?? ""]);
  session.knowledge.ask(async () => {
    // Whose value a variable has is recorded with what is made of it.
    const run = computed.isVariable ? undefined : session.begin(plan, plan.auditFields);
    let sqlstate = "00000";
    try {
      const [row] = await session.side.run(question);
      session.computed = { of: text, result: substituted(session, text, computed, row?.[0] ?? undefined) };
    } catch (error) {
      if (!(error instanceof SideQueryError)) throw error;
      sqlstate = "HY000";
      const message = `the text to prepare could not be computed: ${error.message}`;
      session.computed = { of: text, result: refuse({ ...notComputed, message }, text) };
    } finally {
      if (run !== undefined) session.endRun(run, sqlstate);
    }
  });
  return undefined;
}

function isHarmless({ verdict, approvals, plans: [plan] }: Pass): boolean {
  return !verdict.rewritten && approvals.length === 0 && plan?.facts.tables.length === 0;
}

function substituted(session: Session, text: string, { start, end }: Computed, value: string | undefined) {
  if (value === undefined) return refuse(nothing, text);
  const { sqlMode } = session.knowledge.epoch.names;
  if (sqlMode === undefined) throw new Error("a mode that is not known");
  return text.slice(0, start) + quoteMysqlText(value, sqlMode) + text.slice(end);
}

const notFirst: Refusal = {
  sqlstate: "42501",
  message: "what is prepared here is computed by statements of the same text, so it cannot be checked before they run",
  hint: "send the statements one by one",
  code: "changed_within_text",
};

const unclear: Refusal = {
  sqlstate: "42501",
  message: "the text to prepare is computed from data, so it cannot be checked before the statement runs",
  hint: "SET a variable to the text first, and prepare it from that",
  code: "computed_text",
};

const notComputed = {
  sqlstate: "42000",
  hint: "compute it with SET @text = …, and prepare it from @text",
  code: "computed_text",
};

/** The server says so in other words: it takes NULL for a text that says "NULL". */
const nothing: Refusal = {
  sqlstate: "42000",
  message: "the text to prepare is NULL, or too large to be looked at",
  hint: "give PREPARE a text of one statement",
  code: "computed_text",
};
