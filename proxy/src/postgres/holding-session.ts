/** What holding back a statement means in PostgreSQL's protocol. */
import type { Catalog, NameContext, PrincipalContext } from "@penstock/engine";
import type { ApprovalDesk } from "../approvals/approval-desk.ts";
import type { SessionRecords } from "../audit/audit-records.ts";
import type { HoldingSession } from "../enforce/holding.ts";
import { encodeNotice } from "./messages/error-response.ts";
import { transactionStatus } from "./messages/ready-for-query.ts";
import { pendingKind } from "./pending.ts";
import type { Session } from "./session.ts";
import { message } from "./wire.ts";

export class PostgresHolding implements HoldingSession {
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

  get isFailed(): boolean {
    return this.#session.status === transactionStatus.failed;
  }

  /**
   * A group that has only prepared so far is closed for the server, which would keep its tables locked; nothing of that can be seen, since
   * prepared statements outlive transactions.
   */
  isQuiet(): boolean {
    const session = this.#session;
    if (session.pending.length > 0) {
      session.knowledge.askForAnswers();
      return false;
    }
    if (session.groupOpen && !session.groupRuns && session.status === transactionStatus.idle) {
      session.pending.push(pendingKind.sync).hidden = true;
      session.toUpstream.push(message("S"));
      session.endGroup();
    }
    return true;
  }

  tellWaiting(notice: Parameters<HoldingSession["tellWaiting"]>[0]): void {
    this.#session.toClient.push(encodeNotice({ severity: "NOTICE", sqlstate: "00000", ...notice }));
  }

  resume(): void {
    this.#session.resume();
  }
}
