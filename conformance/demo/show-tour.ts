import { auditCells, readStatements } from "./audit-view.ts";
import { type Ink, tableLines } from "./screen.ts";
import type { Stage } from "./stage.ts";
import { stepLines, takeTour } from "./tour.ts";

/** The tour on the screen: who they are, question by question what each saw, and what the audit log holds in the end. */
export async function showTour(
  stage: Stage,
  ink: Ink,
  print: (line: string) => void,
  stop: AbortSignal,
): Promise<void> {
  print("");
  print(`${ink.bold("Penstock")}: three people ask one ${stage.serverName} the same questions.`);
  print("");
  const people = stage.people.map((person) => [{ text: person.name, ink: ink.bold }, { text: person.description }]);
  for (const line of tableLines(people, "   ")) print(line);
  print("");
  print("");
  await takeTour(stage.address, stage.people, (result, number) => {
    stop.throwIfAborted();
    for (const line of stepLines(result, number, ink)) print(line);
  });
  await printAudit(stage, ink, print);
}

async function printAudit(stage: Stage, ink: Ink, print: (line: string) => void): Promise<void> {
  const { statements } = await readStatements(stage.auditFile);
  const agent = stage.people.find((person) => person.kind === "agent");
  const shown = statements.filter((statement) => statement.principal === agent?.id);
  print(ink.bold("The audit log"));
  print(`   ${statements.length} statements, each written before it went to the database. What the agent did:`);
  print("");
  for (const line of tableLines(
    shown.map((statement) => auditCells(statement, ink)),
    "   ",
  ))
    print(line);
  const denied = shown.find((statement) => statement.decision === "deny");
  if (denied !== undefined) {
    print("");
    print("   One line of it, whole:");
    print(`   ${ink.dim(denied.line)}`);
  }
  print("");
  print(`Now try it yourself: ${ink.accent("npm start")}`);
}
