import type { VerdictReads } from "@penstock/engine";
import type { StatementPlan } from "../enforce/plan.ts";
import type { StatementRun } from "../enforce/statement-run.ts";
import type { Epoch } from "./knowledge.ts";

/** A statement of COM_STMT_PREPARE, with what was decided of it. */
export class Prepared {
  /** The client's text. */
  readonly text: string;
  /** The text that the server has of it. */
  readonly sentText: string;
  plan: StatementPlan | undefined;
  /** What `plan` depends on besides. */
  reads: VerdictReads;
  /** Under which `plan` was decided. */
  epoch: Epoch;
  /** How many values it takes; known when the server has answered. */
  parameters = 0;
  /** Two bytes each, as the client has bound them last. */
  types: Buffer = Buffer.alloc(0);
  /** Values came by COM_STMT_SEND_LONG_DATA, and so are not in the next execution. */
  hasLongData = false;
  /** Its execution, while rows of it wait in a cursor. */
  cursor: StatementRun | undefined = undefined;

  constructor(fields: Pick<Prepared, "text" | "sentText" | "plan" | "reads" | "epoch">) {
    this.text = fields.text;
    this.sentText = fields.sentText;
    this.plan = fields.plan;
    this.reads = fields.reads;
    this.epoch = fields.epoch;
  }
}
