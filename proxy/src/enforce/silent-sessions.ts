/** Sessions whose statements wait for a target that says nothing. */
import type { OpenSession } from "./session-host.ts";

interface Seen {
  readonly bytes: number;
  readonly sinceMs: number;
}

export class SilentSessions {
  readonly #seen = new WeakMap<OpenSession, Seen>();

  /**
   * To be asked again and again while the target gives no answer to others either.
   * @returns those that have waited for it, without a byte, for so long
   */
  among(sessions: Iterable<OpenSession>, silentMs: number): OpenSession[] {
    const now = performance.now();
    const silent: OpenSession[] = [];
    for (const session of sessions) {
      const bytes = session.awaitedAfterBytes;
      const seen = this.#seen.get(session);
      if (bytes === undefined) this.#seen.delete(session);
      else if (seen?.bytes !== bytes) this.#seen.set(session, { bytes, sinceMs: now });
      else if (now - seen.sinceMs >= silentMs) silent.push(session);
    }
    return silent;
  }
}
