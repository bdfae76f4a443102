/** What holding back a statement means in MySQL's protocol: the client waits for its answer, and is told nothing meanwhile. */
import type { Catalog, NameContext, PrincipalContext } from "@penstock/engine";
import type { ApprovalDesk } from "../approvals/approval-desk.ts";
import type { SessionRecords } from "../audit/audit-records.ts";
import type { HoldingSession } from "../enforce/holding.ts";
import type { Session } from "./session.ts";

export class MysqlHolding implements HoldingSession {
  /** An error ends a statement here, never what comes after it in the transaction. */
  readonly isFailed = false;
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  get who(): PrincipalContext {
    return this.#session.who;
  }

  get records(): SessionRecords {
    return this.#session.records;
  }

  get approvals(): ApprovalDesk | undefined {
    return this.#session.host.approvals;
  }

  get catalog(): Catalog {
    return this.#session.knowledge.epoch.catalog;
  }

  get names(): NameContext {
    return this.#session.knowledge.epoch.names;
  }

  /** Always: a command is read when the one before is answered. */
  isQuiet(): boolean {
    return true;
  }

  tellWaiting(): void {
    // The protocol has no message for it.
  }

  resume(): void {
    this.#session.resume();
  }
}
