import { StatementRun } from "../enforce/statement-run.ts";
import type { Naming } from "./statement-names.ts";

export class Run extends StatementRun {
  /** What PREPARE or DEALLOCATE makes of a name. */
  naming: Naming | undefined = undefined;
}
