import type { MeterReadings } from "../metrics/meters.ts";
import type { OpenSession, SessionEnd } from "./session-host.ts";
import { type SessionState, stateOf } from "./session-state.ts";

/** What the clients of a proxy do, whichever of its processes they are in. */
export interface Activity {
  sessions(): Promise<readonly SessionState[]>;
  /** Nothing where there is no such session any more. */
  end(session: string, why: SessionEnd): Promise<void>;
  readings(): Promise<MeterReadings>;
  /** Why no new client can be taken; empty where some can. */
  readonly unready: readonly string[];
}

/** Of this process. */
export function ownActivity(
  server: {
    readonly sessions: Iterable<OpenSession>;
    readonly meters: { read(shadow: ReadonlyMap<string, number>): MeterReadings };
  },
  shadow: () => ReadonlyMap<string, number> = () => new Map(),
): Activity {
  return {
    sessions: () => Promise.resolve([...server.sessions].map(stateOf)),
    end: (id, { reason, sqlstate, message }) => {
      const session = [...server.sessions].find(({ who }) => who.session.id === id);
      session?.end(reason, { sqlstate, message });
      return Promise.resolve();
    },
    unready: [],
    readings: () => Promise.resolve(server.meters.read(shadow())),
  };
}
