/** The tour: the same questions asked of every server as each person, each in one session of its own. */
import { mysqlSession } from "./mysql-session.ts";
import type { Person } from "./people.ts";
import { postgresSession } from "./postgres-session.ts";
import type { ServerAddress } from "./stage.ts";
import { type Answer, askStep, type TourSession } from "./tour-session.ts";
import { type TourStep, tourSteps } from "./tour-steps.ts";

export interface StepResult {
  readonly step: TourStep;
  /** In the order of the servers. */
  readonly servers: readonly ServerResult[];
}

export interface ServerResult {
  readonly server: ServerAddress;
  readonly sql: string;
  readonly note: string;
  /** In the order of the people. */
  readonly answers: readonly { readonly person: string; readonly answer: Answer }[];
}

const connect: Readonly<
  Record<ServerAddress["engine"], (server: ServerAddress, person: Person) => Promise<TourSession>>
> = { postgres: postgresSession, mariadb: mysqlSession };

/** Asks every question as every person; `shown` is called after each question. */
export async function takeTour(
  servers: readonly ServerAddress[],
  people: readonly Person[],
  shown: (result: StepResult, number: number) => void,
): Promise<StepResult[]> {
  const sessions: { server: ServerAddress; person: Person; session: TourSession }[] = [];
  try {
    for (const server of servers) {
      for (const person of people) {
        sessions.push({ server, person, session: await connect[server.engine](server, person) });
      }
    }
    const results: StepResult[] = [];
    for (const [index, step] of tourSteps.entries()) {
      const ofServers: ServerResult[] = [];
      for (const server of servers) {
        const { sql, note } = server.engine === "mariadb" ? { ...step, ...step.mariadb } : step;
        const answers = [];
        for (const { person, session } of sessions.filter((each) => each.server === server)) {
          answers.push({ person: person.name, answer: await askStep(session, sql, step) });
        }
        ofServers.push({ server, sql, note, answers });
      }
      const result = { step, servers: ofServers };
      results.push(result);
      shown(result, index + 1);
    }
    return results;
  } finally {
    await Promise.all(sessions.map(({ session }) => session.end()));
  }
}
