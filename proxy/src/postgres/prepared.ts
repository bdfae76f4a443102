import type { VerdictReads } from "@penstock/engine";
import type { StatementPlan } from "../enforce/plan.ts";
import type { Grant } from "../enforce/holding.ts";
import type { Epoch } from "./knowledge.ts";

export interface PreparedFields {
  /** As `nameKey` gives it. */
  readonly key: string;
  readonly text: string;
  readonly sentText: string;
  readonly types: Buffer;
  readonly plan: StatementPlan | undefined;
  readonly mapPosition: ((position: number) => number) | undefined;
  readonly reads: VerdictReads;
  readonly epoch: Epoch;
  readonly fromSql: boolean;
}

/** A prepared statement, from Parse or PREPARE, with what was decided of it. */
export class Prepared {
  readonly key: string;
  /** The client's text: of a Parse, or the whole PREPARE statement. */
  readonly text: string;
  /** The text that the server has of it. */
  readonly sentText: string;
  /** Declared parameter types, as `Parse.types`. */
  readonly types: Buffer;
  /** `undefined` for an empty text. */
  plan: StatementPlan | undefined;
  mapPosition: ((position: number) => number) | undefined;
  /** What `plan` depends on besides. */
  reads: VerdictReads;
  /** Under which `plan` was decided. */
  epoch: Epoch;
  readonly fromSql: boolean;

  constructor(fields: PreparedFields) {
    this.key = fields.key;
    this.text = fields.text;
    this.sentText = fields.sentText;
    this.types = fields.types;
    this.plan = fields.plan;
    this.mapPosition = fields.mapPosition;
    this.reads = fields.reads;
    this.epoch = fields.epoch;
    this.fromSql = fields.fromSql;
  }

  /** The same statement, as PREPARE or DECLARE made it. */
  underSqlName(key: string): Prepared {
    const { text, sentText, types, plan, mapPosition, reads, epoch } = this;
    return new Prepared({ key, text, sentText, types, plan, mapPosition, reads, epoch, fromSql: true });
  }
}

/** A portal from Bind, or a cursor from DECLARE: the server keeps both in one table. Hot: one a Bind. */
export class Portal {
  readonly statement: Prepared;
  /** As it was when bound: the statement may be decided again later. */
  readonly plan: StatementPlan | undefined;
  readonly epoch: Epoch;
  /** A cursor WITH HOLD outlives its transaction. */
  readonly isHeld: boolean;
  /** By which people have let it run, where somebody had to. */
  readonly grant: Grant | undefined;
  /** Of rows that the client got so far: a limit holds for all fetches together. */
  bytes = 0;

  constructor(statement: Prepared, plan: StatementPlan | undefined, epoch: Epoch, isHeld: boolean, grant?: Grant) {
    this.statement = statement;
    this.plan = plan;
    this.epoch = epoch;
    this.isHeld = isHeld;
    this.grant = grant;
  }
}
