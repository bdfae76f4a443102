/**
 * What the server knows by name, prepared statements and portals, as it will be when it has worked through all that was sent.
 *
 * A message takes effect here when it is sent, ahead of its answer, so that later messages of the pipeline find it. It is committed
 * when the server confirms it and undone when the server refused or skipped it; versions of one name form a chain for that.
 */
export interface Version {
  readonly key: string;
  /** Number of the pipeline group (up to a Sync or Query) in which it was sent. */
  readonly group: number;
  committed: boolean;
  undone: boolean;
  /** The name was closed. */
  readonly closed: boolean;
  previous: Version | undefined;
}

export class NameTable<V extends Version> {
  readonly #current = new Map<string, Version>();

  /** What the name will mean, or `undefined`. */
  get(key: string): V | undefined {
    const version = this.#current.get(key);
    return version === undefined || version.closed ? undefined : (version as V);
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

  put(version: V): void {
    version.previous = this.#current.get(version.key);
    this.#current.set(version.key, version);
  }

  /** The name is being closed; `undefined` where it means nothing anyway. */
  close(key: string, group: number): Version | undefined {
    const previous = this.#current.get(key);
    if (previous === undefined) return undefined;
    const version: Version = { key, group, committed: false, undone: false, closed: true, previous };
    this.#current.set(key, version);
    return version;
  }

  commit(version: Version): void {
    version.committed = true;
    version.previous = undefined;
    if (version.closed && this.#current.get(version.key) === version) this.#current.delete(version.key);
  }

  undo(version: Version): void {
    version.undone = true;
    if (this.#current.get(version.key) !== version) return;
    let previous = version.previous;
    while (previous?.undone === true) previous = previous.previous;
    if (previous === undefined || (previous.closed && previous.committed)) this.#current.delete(version.key);
    else this.#current.set(version.key, previous);
  }

  /** Takes a confirmed name out, where the server has dropped it by itself. */
  forget(drop: (version: V) => boolean): void {
    for (const [key, version] of this.#current) {
      if (version.committed && drop(version as V)) this.#current.delete(key);
    }
  }
}
