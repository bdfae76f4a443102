/** The other processes of a proxy, among which its clients are spread. */
import type { Principal } from "@penstock/engine";
import { SessionCounts } from "./session-counts.ts";
import type { Target } from "./target.ts";

/** A request of PostgreSQL's protocol, by a key that some process has given out. */
export interface CancelKey {
  readonly processId: number;
  readonly secret: Uint8Array;
}

/** KILL of MySQL's protocol, for a connection of the same principal. */
export interface PeerKill {
  readonly principal: string;
  readonly target: string;
  /** Of the proxy, or of the target. */
  readonly connectionId: number;
  readonly kind: "query" | "connection";
}

/** What one process asks of all the others. */
export interface Peers {
  /** As `SessionCounts.take`, counted over all processes. */
  takePlace(target: Pick<Target, "name" | "limits">, principal: Pick<Principal, "id">): Promise<(() => void) | string>;
  /** Counts against the address everywhere. */
  loginFailed(address: string): void;
  /** The key is none of this process. */
  cancel(key: CancelKey): void;
  /** The connection is none of this process. @returns whether another one had it */
  kill(kill: PeerKill): Promise<boolean>;
}

/** What a process does for the others. */
export interface PeerService {
  loginFailed(address: string): void;
  cancel(key: CancelKey): void;
  kill(kill: PeerKill): boolean;
}

/** There are no others. */
export class NoPeers implements Peers {
  readonly #counts = new SessionCounts();

  takePlace(...asked: Parameters<Peers["takePlace"]>): ReturnType<Peers["takePlace"]> {
    return Promise.resolve(this.#counts.take(...asked));
  }

  loginFailed(): void {
    // Counted here already.
  }

  cancel(): void {
    // Nobody has the key.
  }

  kill(): Promise<boolean> {
    return Promise.resolve(false);
  }
}
