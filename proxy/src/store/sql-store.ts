/** A store over SQL, whichever server runs it. */
import { answer, type Answered, type NewAnswer } from "./answers.ts";
import { type ListedGrant, listGrants } from "./listed-grants.ts";
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
import { lists, places, type SqlTransaction } from "./sql.ts";
import type { Collected, ProxyLife, Store } from "./store.ts";

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

  collect(proxy: string, unsure: readonly string[] = []): Promise<Collected> {
    return this.transaction((tx) => collect(tx, proxy, unsure));
  }

  recorded(ids: readonly string[]): Promise<void> {
    return this.transaction(async (tx) => {
      for (const some of lists(ids)) await tx.all(`delete from answers where id in (${places(some)})`, ...some);
    });
  }

  waiting(): Promise<readonly StoredRequest[]> {
    return this.transaction(listWaiting);
  }

  request(id: string): Promise<StoredRequest | undefined> {
    return this.transaction((tx) => findRequest(tx, id));
  }

  grants(): Promise<readonly ListedGrant[]> {
    return this.transaction(listGrants);
  }

  revoke(grant: string, by: Revoker): Promise<boolean> {
    return this.transaction((tx) => revoke(tx, grant, by));
  }
}
