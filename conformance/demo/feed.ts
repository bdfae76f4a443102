/** While people try things: what the audit log says of each statement, as it happens. */
import { setTimeout as sleep } from "node:timers/promises";
import { auditCells, isHousekeeping, readStatements } from "./audit-view.ts";
import { type Ink, tableLines } from "./screen.ts";
import type { Stage } from "./stage.ts";

const pollMs = 200;

/** Resolves when `stop` is aborted. */
export async function printFeed(
  stage: Stage,
  ink: Ink,
  print: (line: string) => void,
  stop: AbortSignal,
): Promise<void> {
  let from = 0;
  while (!stop.aborted) {
    const { statements, next } = await readStatements(stage.auditFile, from);
    from = next;
    for (const statement of statements.filter((each) => !isHousekeeping(each))) {
      for (const line of tableLines([auditCells(statement, ink)], "  ", lineWidthMax, widths)) print(line);
    }
    await sleep(pollMs, undefined, { signal: stop }).catch(() => undefined);
  }
}

const lineWidthMax = 118;
// Each line stands for itself, so widths are given rather than fitted.
const widths = [8, 33, 12, 7];
