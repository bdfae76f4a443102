import type { NameContext, VerdictReads } from "@penstock/engine";
import type { StatementPlan } from "../enforce/plan.ts";
import type { Epoch } from "./knowledge.ts";
import type { Run } from "./run.ts";

/** A statement of COM_STMT_PREPARE or PREPARE, with what was decided of it. */
export class Prepared {
  /** The client's text; of PREPARE the text that it gives. */
  readonly text: string;
  /** With which the server has prepared it, and resolves its names ever after: the database that was chosen then, and the mode. */
  readonly names: NameContext;
  /** The text that the server has of it. */
  sentText: string;
  plan: StatementPlan | undefined;
  /** What `plan` depends on besides. */
  reads: VerdictReads;
  /** Under which `plan` was decided. */
  epoch: Epoch;
  /** Of COM_STMT_PREPARE: the server's number for it, which is another than the client's when it had to be prepared again. */
  serverId = 0;
  /** How many values it takes; known when the server has answered. Of COM_STMT_PREPARE, as all below. */
  parameters = 0;
  /** Two bytes each, as the client has bound them last. */
  types: Buffer = Buffer.alloc(0);
  /** The server has not been told them since it has prepared the statement again. */
  lacksTypes = false;
  /** Values came by COM_STMT_SEND_LONG_DATA, and so are not in the next execution. */
  hasLongData = false;
  /** Its execution, while rows of it wait in a cursor. */
  cursor: Run | undefined = undefined;

  constructor(fields: Pick<Prepared, "text" | "names" | "sentText" | "plan" | "reads" | "epoch">) {
    this.text = fields.text;
    this.names = fields.names;
    this.sentText = fields.sentText;
    this.plan = fields.plan;
    this.reads = fields.reads;
    this.epoch = fields.epoch;
  }
}
