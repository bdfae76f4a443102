import { performance } from "node:perf_hooks";
import type { StatementPlan } from "../enforce/plan.ts";
import type { Prepared } from "./prepared.ts";

/** One execution of one statement, from its audit line to its result line. */
export class Run {
  readonly number: number;
  readonly plan: StatementPlan;
  /** `performance.now()` when it was sent. */
  readonly startedMs: number;
  rows = 0;
  bytes = 0;
  /** What the client asked to run has ended, one way or the other, and is recorded. */
  ended = false;
  /** What a PREPARE or DECLARE defines when it has run. */
  definition: Prepared | undefined = undefined;

  constructor(number: number, plan: StatementPlan) {
    this.number = number;
    this.plan = plan;
    this.startedMs = performance.now();
  }
}
