/** A connection, as far as it matters here. */
interface Connection {
  readonly remoteAddress?: string | undefined;
  destroy(): unknown;
}

/**
 * Connections that have not logged in yet. They are bounded, and whoever opens many keeps nobody out: for a new one, the oldest ends of the
 * address that has the most. A login takes milliseconds, so it is through before its turn comes.
 */
export class PendingLogins<C extends Connection> implements Iterable<C> {
  readonly #max: () => number;
  /** By address, in the order in which they came. */
  readonly #byAddress = new Map<string, Set<C>>();
  readonly #addresses = new Map<C, string>();

  /** @param max as it is now */
  constructor(max: () => number) {
    this.#max = max;
  }

  get size(): number {
    return this.#addresses.size;
  }

  has(connection: C): boolean {
    return this.#addresses.has(connection);
  }

  [Symbol.iterator](): Iterator<C> {
    return [...this.#addresses.keys()][Symbol.iterator]();
  }

  add(connection: C): void {
    if (this.has(connection)) return;
    if (this.size >= this.#max()) this.#endOne();
    // Not known any more when it is closed.
    const address = connection.remoteAddress ?? "";
    const others = this.#byAddress.get(address);
    if (others === undefined) this.#byAddress.set(address, new Set([connection]));
    else others.add(connection);
    this.#addresses.set(connection, address);
  }

  delete(connection: C): void {
    const address = this.#addresses.get(connection);
    if (address === undefined) return;
    this.#addresses.delete(connection);
    const own = this.#byAddress.get(address);
    own?.delete(connection);
    if (own?.size === 0) this.#byAddress.delete(address);
  }

  #endOne(): void {
    let most: Set<C> | undefined;
    for (const own of this.#byAddress.values()) if (own.size > (most?.size ?? 0)) most = own;
    const [oldest] = most?.size === 1 ? this.#addresses.keys() : (most ?? []);
    if (oldest === undefined) return;
    this.delete(oldest);
    oldest.destroy();
  }
}
