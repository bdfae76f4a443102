import type { Findings } from "../detect/redactor.ts";
import { StatementRun } from "../enforce/statement-run.ts";
import type { Prepared } from "./prepared.ts";
import type { RowChange } from "./row-change.ts";

export class Run extends StatementRun {
  /** What a PREPARE or DECLARE defines when it has run. */
  definition: Prepared | undefined = undefined;
  /** What is replaced in its rows; where they are looked into, known with their description. */
  change: RowChange | undefined = undefined;
  /** Where its rows are looked into: the columns that need not be, and what was found in the others. */
  detecting: { readonly labelled: ReadonlySet<number>; readonly found: Findings } | undefined = undefined;
}
