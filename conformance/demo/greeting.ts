import type { Person } from "./people.ts";
import { type Ink, tableLines } from "./screen.ts";
import type { ServerAddress, Stage } from "./stage.ts";

/** What a newcomer needs to connect, ready to paste. */
export function greeting(stage: Stage, ink: Ink): string[] {
  const { postgres, mariadb, people } = stage;
  const lines = (toPaste: (person: Person) => string) =>
    tableLines(
      people.map((person) => [
        { text: person.name, ink: ink.bold },
        { text: person.description },
        { text: toPaste(person), ink: ink.accent },
      ]),
      "   ",
      200,
    );
  const standsBefore =
    mariadb === undefined
      ? `${postgres.serverName} with a small shop in it`
      : `${postgres.serverName} and ${mariadb.serverName}, with the same small shop in both`;
  return [
    "",
    `${ink.bold("Penstock")} stands in front of ${standsBefore}. Connect as:`,
    "",
    ...lines((person) => psqlLine(postgres, person)),
    "",
    ...(mariadb === undefined ? [howToGetMariadb] : lines((person) => mariadbLine(mariadb, person))),
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

export const howToGetMariadb =
  "With MariaDB installed (apt-get install mariadb-server, dnf install mariadb-server, brew install mariadb) you see the same on it.";

function psqlLine({ host, port, database }: ServerAddress, { name, password }: Person): string {
  return `PGPASSWORD=${password} psql -h ${host} -p ${port} -U ${name} ${database}`;
}

/** The demo has no certificate: newer clients would insist on one. */
function mariadbLine({ host, port, database }: ServerAddress, { name, password }: Person): string {
  return `MYSQL_PWD=${password} mariadb --skip-ssl -h ${host} -P ${port} -u ${name} ${database}`;
}
