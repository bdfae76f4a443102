/** The audit trail of one session's statements: a line before each goes on, and one when it has ended. Hot. */
// The global of this name is a getter, which costs more than the clock.
import { performance } from "node:perf_hooks";
import { type NameContext, type Notification, redactedField, withheld } from "@penstock/engine";
import type { StatementResult } from "../audit/audit-records.ts";
import { SinkBehindError } from "../audit/sinks/sink.ts";
import type { Refused } from "./gate.ts";
import type { Grant } from "./holding.ts";
import type { OpenSession, SessionHost } from "./session-host.ts";
import type { StatementPlan } from "./plan.ts";
import type { StatementRun } from "./statement-run.ts";

export class StatementLog {
  /** Statements so far: the number of the last one. */
  count = 0;
  /** Lines were appended that the next bytes for the server have to wait for. */
  isWaiting = false;
  readonly #host: SessionHost;
  readonly #session: OpenSession;

  constructor(host: SessionHost, session: OpenSession) {
    this.#host = host;
    this.#session = session;
  }

  /**
   * A statement that is about to leave for the server.
   * @returns its number
   */
  begin(plan: StatementPlan, auditFields: string, names: NameContext, grant: Grant | undefined): number {
    const number = ++this.count;
    const fields = grant === undefined ? auditFields : auditFields + grant.auditFields;
    this.#host.meters.statements++;
    this.#host.meters.fired(plan.fired);
    this.#host.audit.append(this.#session.records.statement(number, fields, names));
    this.isWaiting = true;
    this.#notify(plan.notifications, number, [fields]);
    return number;
  }

  /** Statements that the proxy refuses. */
  refused({ records, sqlstate, notifications, fired }: Refused, names: NameContext): void {
    this.#notify(notifications, this.count + 1, records);
    for (const fields of records) this.own(fields, sqlstate, names);
    this.#host.meters.denials++;
    this.#host.meters.fired(fired);
  }

  /** Their words are made by policies, of what is redacted too. */
  #notify(notifications: readonly Notification[], number: number, records: readonly string[]): void {
    if (notifications.length === 0) return;
    const isRedacted = records.some((fields) => fields.includes(redactedField));
    for (const own of notifications) {
      const told = isRedacted && own.message !== undefined ? { ...own, message: withheld } : own;
      this.#host.notified(this.#session, number, told);
    }
  }

  /** A statement that the proxy answers itself. */
  own(fields: string, sqlstate: string, names: NameContext): void {
    const number = ++this.count;
    this.#host.meters.statements++;
    this.#host.audit.append(this.#session.records.statement(number, fields, names));
    const nothing = { rows: 0, bytes: 0, durationUs: 0, endedBy: undefined, found: undefined };
    this.#host.audit.append(this.#session.records.result(number, { ...nothing, sqlstate }));
    this.isWaiting = true;
  }

  ended(run: StatementRun, sqlstate: string, rows: number, found: StatementResult["found"]): void {
    const durationUs = (performance.now() - run.startedMs) * 1000;
    const { bytes, endedBy } = run;
    this.#host.meters.upstream.observe(durationUs);
    this.#host.audit.append(
      this.#session.records.result(run.number, { rows, bytes, durationUs, sqlstate, endedBy, found }),
    );
  }
}

/** io_error */
export const unrecordedState = "58030";

/** What a client gets whose statement was not run because it could not be recorded, or not where policy wants it. */
export function unrecorded(error: Error): { readonly sqlstate: string; readonly message: string } {
  const why = error instanceof SinkBehindError ? error.message : "the audit log cannot be written";
  return { sqlstate: unrecordedState, message: `${why}, so the statement was not run` };
}
