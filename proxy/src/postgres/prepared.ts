import type { StatementPlan } from "../enforce/plan.ts";
import type { Epoch } from "./knowledge.ts";
import type { Version } from "./names.ts";

/** A prepared statement, from Parse or PREPARE, with what was decided of it. */
export class Prepared implements Version {
  readonly key: string;
  readonly group: number;
  /** The client's text: of a Parse, or the whole PREPARE statement. */
  readonly text: string;
  /** The text that the server has of it. */
  readonly sentText: string;
  /** Declared parameter types, as `Parse.types`. */
  readonly types: Buffer;
  /** `undefined` for an empty text. */
  plan: StatementPlan | undefined;
  mapPosition: ((position: number) => number) | undefined;
  /** Under which `plan` was decided. */
  epoch: Epoch;
  readonly fromSql: boolean;
  committed = false;
  undone = false;
  readonly closed = false;
  previous: Version | undefined = undefined;

  constructor(fields: {
    readonly key: string;
    readonly group: number;
    readonly text: string;
    readonly sentText: string;
    readonly types: Buffer;
    readonly plan: StatementPlan | undefined;
    readonly mapPosition: ((position: number) => number) | undefined;
    readonly epoch: Epoch;
    readonly fromSql: boolean;
  }) {
    this.key = fields.key;
    this.group = fields.group;
    this.text = fields.text;
    this.sentText = fields.sentText;
    this.types = fields.types;
    this.plan = fields.plan;
    this.mapPosition = fields.mapPosition;
    this.epoch = fields.epoch;
    this.fromSql = fields.fromSql;
  }
}

/** A portal from Bind, or a cursor from DECLARE: the server keeps both in one table. Hot: one a Bind. */
export class Portal implements Version {
  readonly key: string;
  readonly group: number;
  readonly statement: Prepared;
  /** As it was when bound: the statement may be decided again later. */
  readonly plan: StatementPlan | undefined;
  readonly epoch: Epoch;
  /** A cursor WITH HOLD outlives its transaction. */
  readonly isHeld: boolean;
  committed = false;
  undone = false;
  readonly closed = false;
  previous: Version | undefined = undefined;

  constructor(
    key: string,
    group: number,
    statement: Prepared,
    plan: StatementPlan | undefined,
    epoch: Epoch,
    isHeld: boolean,
  ) {
    this.key = key;
    this.group = group;
    this.statement = statement;
    this.plan = plan;
    this.epoch = epoch;
    this.isHeld = isHeld;
  }
}
