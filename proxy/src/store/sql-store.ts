/** A store over SQL, whichever server runs it. */
import { answer, type Answered, type NewAnswer } from "./answers.ts";
import { listGrants, type StoredGrant } from "./grants.ts";
import { beat, collect, giveUp, leave } from "./proxies.ts";
import {
  ask,
  type Asked,
  type AskLimits,
  findRequest,
  listWaiting,
  type NewRequest,
  type StoredRequest,
} from "./requests.ts";
import { revoke, type Revoker } from "./revocations.ts";
import type { SqlTransaction } from "./sql.ts";
import type { Collected, ProxyLife, Store } from "./store.ts";

/** In one statement, while everybody else waits for the transaction. */
const deletedTogether = 100;

export abstract class SqlStore implements Store {
  abstract readonly place: string;
  abstract open(): Promise<void>;
  abstract close(): Promise<void>;
  /** @param isFirst before all that waits for its turn */
  protected abstract transaction<T>(work: (tx: SqlTransaction) => Promise<T>, isFirst?: boolean): Promise<T>;
  readonly #listeners = new Set<() => void>();

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  protected changed(): void {
    for (const listener of this.#listeners) listener();
  }

  beat(proxy: ProxyLife): Promise<boolean> {
    return this.transaction((tx) => beat(tx, proxy), true);
  }

  leave(proxy: string): Promise<void> {
    return this.transaction((tx) => leave(tx, proxy));
  }

  ask(request: NewRequest, limits: AskLimits): Promise<Asked> {
    return this.transaction((tx) => ask(tx, request, limits));
  }

  answer(given: NewAnswer): Promise<Answered> {
    return this.transaction((tx) => answer(tx, given));
  }

  giveUp(request: string, how: "cancelled" | "withdrawn" | "expired"): Promise<void> {
    return this.transaction((tx) => giveUp(tx, request, how));
  }

  collect(proxy: string): Promise<Collected> {
    return this.transaction((tx) => collect(tx, proxy));
  }

  recorded(ids: readonly string[]): Promise<void> {
    return this.transaction(async (tx) => {
      for (let start = 0; start < ids.length; start += deletedTogether) {
        const some = ids.slice(start, start + deletedTogether);
        await tx.all(`delete from answers where id in (${some.map((_, index) => `$${index + 1}`).join()})`, ...some);
      }
    });
  }

  waiting(): Promise<readonly StoredRequest[]> {
    return this.transaction(listWaiting);
  }

  request(id: string): Promise<StoredRequest | undefined> {
    return this.transaction((tx) => findRequest(tx, id));
  }

  grants(): Promise<readonly StoredGrant[]> {
    return this.transaction(listGrants);
  }

  revoke(grant: string, by: Revoker): Promise<boolean> {
    return this.transaction((tx) => revoke(tx, grant, by));
  }
}
