import { type Ink, tableLines } from "./screen.ts";
import type { Stage } from "./stage.ts";

/** What a newcomer needs to connect, ready to paste. */
export function greeting(stage: Stage, ink: Ink): string[] {
  const { host, port, database } = stage.address;
  const people = stage.people.map((person) => [
    { text: person.name, ink: ink.bold },
    { text: person.description },
    { text: `PGPASSWORD=${person.password} psql -h ${host} -p ${port} -U ${person.name} ${database}`, ink: ink.accent },
  ]);
  return [
    "",
    `${ink.bold("Penstock")} stands in front of ${stage.serverName} with a small shop in it. Connect as:`,
    "",
    ...tableLines(people, "   ", 200),
    "",
    "Ask the same as each of them:",
    "",
    `   ${ink.accent("select * from customers limit 3;")}`,
    `   ${ink.accent("select count(*) from customers where ssn like '4%';")}`,
    `   ${ink.accent("update products set price = 0;")}`,
    "",
    `Edit ${stage.policiesShown}/pii/masks.policy: what you save decides the next statement, in open sessions too.`,
    "Ctrl-C ends everything and leaves nothing behind. What the audit log says appears below.",
    "",
  ];
}
