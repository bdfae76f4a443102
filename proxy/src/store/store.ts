/**
 * What proxies keep together and beyond their own life: statements that wait for people, answers, grants, and which proxies there are.
 *
 * Every operation is one transaction, and transactions of one store run one after another, whichever proxy begins them: so of two answers, or of
 * an answer and the end of a request, one comes first and the other one sees it. Times are the store's own clock, in ms since 1970.
 *
 * Every call ends in bounded time. It throws `StoreError` where the store cannot be reached; what it was to change may have been changed then.
 */
import type { Answered, NewAnswer } from "./answers.ts";
import type { AskLimits, Asked, EndedRequest, NewRequest, StoredRequest } from "./requests.ts";
import type { ListedGrant } from "./listed-grants.ts";
import type { Revocation, Revoker } from "./revocations.ts";

export interface Store {
  /** For messages: a path or an address, without a secret. */
  readonly place: string;
  /** Connects, and makes or upgrades the tables. */
  open(): Promise<void>;
  close(): Promise<void>;
  /** Calls back, soon, when another process or another part of this one may have changed something. @returns how to stop that */
  onChange(listener: () => void): () => void;

  /**
   * The proxy lives. What those hold that live no longer, nobody holds from now on.
   * @returns whether it was known to live, so that what it holds is still its own
   */
  beat(proxy: ProxyLife): Promise<boolean>;
  /** The proxy ends. Its requests wait on, for the same statement to be sent again. */
  leave(proxy: string): Promise<void>;

  /** Takes what grants there are, or joins a request for the same statement that no session waits for, or makes one. */
  ask(request: NewRequest, limits: AskLimits): Promise<Asked>;
  /** Counts an answer, or not, and keeps it for the record either way. */
  answer(answer: NewAnswer): Promise<Answered>;
  /**
   * No session waits for the request any more. While nobody has decided, it ends so; what it was granted, and did not use, is free for the same
   * statement sent again.
   */
  giveUp(request: string, how: "cancelled" | "withdrawn" | "expired"): Promise<void>;
  /**
   * Hands over what has ended for sessions of the proxy, each once, and answers and revocations for the record.
   * @param unsure requests that sessions of the proxy wait for still, of which it may have been told when the store's answer was lost: what was
   * handed over of those is so again
   */
  collect(proxy: string, unsure?: readonly string[]): Promise<Collected>;
  /** Answers and revocations are in the record. @param ids of them */
  recorded(ids: readonly string[]): Promise<void>;

  /** Oldest first: those that wait. */
  waiting(): Promise<readonly StoredRequest[]>;
  request(id: string): Promise<StoredRequest | undefined>;
  /** Those that can still be used. */
  grants(): Promise<readonly ListedGrant[]>;
  /** Keeps for the record who has done it. @returns whether there was such a grant */
  revoke(grant: string, by: Revoker): Promise<boolean>;
}

export interface ProxyLife {
  readonly id: string;
  /** For people: host and process. */
  readonly name: string;
}

export interface Collected {
  readonly ended: readonly EndedRequest[];
  /** Of the unsure ones: requests that are no longer the proxy's. */
  readonly lost: readonly string[];
  /** Counted or not. */
  readonly answers: readonly Answered[];
  readonly revocations: readonly Revocation[];
}

/** What has become of a call that failed: it changed nothing and may succeed in a moment, or the answer was lost with what it has done. */
type Fate = "undone" | "unknown";

/** The store cannot be reached, or not in time. */
export class StoreError extends Error {
  /** `undefined` where trying once more is of no use. */
  readonly fate: Fate | undefined;

  constructor(place: string, problem: string, cause?: unknown, fate?: Fate) {
    super(`the store ${place} ${problem}`, { cause });
    this.name = "StoreError";
    this.fate = fate;
  }
}
