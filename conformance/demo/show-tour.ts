import { auditCells, readStatements } from "./audit-view.ts";
import { howToGetMariadb } from "./greeting.ts";
import { type Ink, tableLines } from "./screen.ts";
import type { Stage } from "./stage.ts";
import { takeTour } from "./tour.ts";
import { stepLines } from "./tour-lines.ts";

/** The tour on the screen: who they are, question by question what each saw, and what the audit log holds in the end. */
export async function showTour(
  stage: Stage,
  ink: Ink,
  print: (line: string) => void,
  stop: AbortSignal,
): Promise<void> {
  print("");
  const { postgres, mariadb } = stage;
  const asked =
    mariadb === undefined ? `one ${postgres.serverName}` : `${postgres.serverName} and ${mariadb.serverName}`;
  print(`${ink.bold("Penstock")}: three people ask ${asked} the same questions.`);
  print("");
  const people = stage.people.map((person) => [{ text: person.name, ink: ink.bold }, { text: person.description }]);
  for (const line of tableLines(people, "   ")) print(line);
  print("");
  print("");
  await takeTour(mariadb === undefined ? [postgres] : [postgres, mariadb], stage.people, (result, number) => {
    stop.throwIfAborted();
    for (const line of stepLines(result, number, ink)) print(line);
  });
  await printAudit(stage, ink, print);
}

async function printAudit(stage: Stage, ink: Ink, print: (line: string) => void): Promise<void> {
  const { statements } = await readStatements(stage.auditFile);
  const agent = stage.people.find((person) => person.kind === "agent");
  const { database, serverName } = stage.postgres;
  const shown = statements.filter(({ principal, target }) => principal === agent?.id && target === database);
  print(ink.bold("The audit log"));
  print(
    `   ${statements.length} statements, each written before it went to the database. What the agent did on ${serverName}:`,
  );
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
  if (stage.mariadb === undefined) print(howToGetMariadb);
  print(`Now try it yourself: ${ink.accent("npm start")}`);
}
