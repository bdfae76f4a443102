import { performance } from "node:perf_hooks";
import type { Findings } from "../detect/redactor.ts";
import type { Grant } from "./holding.ts";
import type { StatementPlan } from "./plan.ts";
import type { RowChange } from "./row-change.ts";

export type LimitName = "rows" | "bytes" | "duration";

/** One execution of one statement, from its audit line to its result line. */
export class StatementRun {
  readonly number: number;
  readonly plan: StatementPlan;
  /** `performance.now()` when it was sent. */
  readonly startedMs: number;
  /** Rows that the server sent. */
  rows = 0;
  /** Rows and bytes of them that went on to the client. */
  passedRows = 0;
  bytes = 0;
  /** Of what is read piece by piece, the bytes of rows that the client got before: a limit holds for all pieces together. */
  source: { bytes: number } | undefined = undefined;
  /** By which people have let it run, where somebody had to. */
  grant: Grant | undefined = undefined;
  /** The limit that ended it early: what comes after is held back. */
  endedBy: LimitName | undefined = undefined;
  /** What the client asked to run has ended, one way or the other, and is recorded. */
  ended = false;
  /** It was cancelled on the target, or a statement before it in the same text was, after this time. */
  cancelledAfterMs: number | undefined = undefined;
  /** What is replaced in its rows; where they are looked into, known with their description. */
  change: RowChange | undefined = undefined;
  /** Where its rows are looked into: the columns that need not be, and what was found in the others. */
  detecting: { readonly labelled: ReadonlySet<number>; readonly found: Findings } | undefined = undefined;
  /** Ends a statement that runs too long. */
  timer: NodeJS.Timeout | undefined = undefined;

  constructor(number: number, plan: StatementPlan) {
    this.number = number;
    this.plan = plan;
    this.startedMs = performance.now();
  }

  /** Counts a row of the server; whether the client may have it. Hot. */
  admits(rowBytes: number): boolean {
    this.rows++;
    if (this.endedBy !== undefined) return false;
    const { rows, bytes } = this.plan.limits;
    if (rows !== undefined && this.passedRows >= rows) this.endedBy = "rows";
    else if (bytes !== undefined && (this.source?.bytes ?? 0) + this.bytes + rowBytes > bytes) this.endedBy = "bytes";
    else {
      this.passedRows++;
      this.bytes += rowBytes;
      return true;
    }
    return false;
  }

  /** Rows were held back. */
  get isCut(): boolean {
    return this.endedBy === "rows" || this.endedBy === "bytes";
  }
}
