/**
 * What the server knows by name, prepared statements and portals, as it will be when it has worked through all that was sent.
 *
 * A message takes effect here when it is sent, ahead of its answer, so that later messages of the pipeline find it. It is committed
 * when the server confirms it and undone when the server refused or skipped it; versions of one name form a chain for that.
 */
export interface Version<V> {
  readonly key: string;
  /** Number of the pipeline group (up to a Sync or Query) in which it was sent. */
  readonly group: number;
  /** `undefined`: the name is closed. */
  readonly value: V | undefined;
  committed: boolean;
  undone: boolean;
  /** What the name meant before, for as long as that may come back. */
  previous: Version<V> | undefined;
}

export class NameTable<V> {
  readonly #current = new Map<string, Version<V>>();

  /** What the name will mean, or `undefined`. */
  get(key: string): V | undefined {
    return this.#current.get(key)?.value;
  }

  /**
   * Whether the meaning of the name depends on answers to an earlier group. Within one group it does not: had an earlier message
   * failed, the server would skip the later one.
   */
  isUncertain(key: string, group: number): boolean {
    const version = this.#current.get(key);
    return version !== undefined && !version.committed && version.group !== group;
  }

  get size(): number {
    return this.#current.size;
  }

  put(key: string, group: number, value: V): Version<V> {
    return this.#add(key, group, value, this.#current.get(key));
  }

  /** The name is being closed; `undefined` where it means nothing anyway. */
  close(key: string, group: number): Version<V> | undefined {
    const previous = this.#current.get(key);
    return previous === undefined ? undefined : this.#add(key, group, undefined, previous);
  }

  commit(version: Version<V>): void {
    version.committed = true;
    version.previous = undefined;
    if (version.value === undefined && this.#current.get(version.key) === version) this.#current.delete(version.key);
  }

  undo(version: Version<V>): void {
    version.undone = true;
    if (this.#current.get(version.key) !== version) return;
    let previous = version.previous;
    while (previous?.undone === true) previous = previous.previous;
    if (previous === undefined || (previous.value === undefined && previous.committed)) {
      this.#current.delete(version.key);
    } else this.#current.set(version.key, previous);
  }

  /** Takes confirmed names out that the server has dropped by itself. */
  forget(isDropped: (value: V) => boolean): void {
    for (const [key, { committed, value }] of this.#current) {
      if (committed && value !== undefined && isDropped(value)) this.#current.delete(key);
    }
  }

  #add(key: string, group: number, value: V | undefined, previous: Version<V> | undefined): Version<V> {
    const version = { key, group, value, committed: false, undone: false, previous };
    this.#current.set(key, version);
    return version;
  }
}
