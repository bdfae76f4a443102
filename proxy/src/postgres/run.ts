import { StatementRun } from "../enforce/statement-run.ts";
import type { Prepared } from "./prepared.ts";

export class Run extends StatementRun {
  /** What a PREPARE or DECLARE defines when it has run. */
  definition: Prepared | undefined = undefined;
}
