/**
 * A map that forgets its oldest entries: bounded in entries and in the characters of its keys. Hot: a hit is one look-up, without
 * reordering, since an entry that is still used is cheap to make again.
 */
export class BoundedCache<V> {
  readonly #entries = new Map<string, V>();
  readonly #entriesMax: number;
  readonly #keyCharsMax: number;
  #keyChars = 0;

  constructor(entriesMax: number, keyCharsMax: number) {
    this.#entriesMax = entriesMax;
    this.#keyCharsMax = keyCharsMax;
  }

  get(key: string): V | undefined {
    return this.#entries.get(key);
  }

  set(key: string, value: V): void {
    if (key.length > this.#keyCharsMax) return;
    if (!this.#entries.has(key)) this.#keyChars += key.length;
    this.#entries.set(key, value);
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= this.#entriesMax && this.#keyChars <= this.#keyCharsMax) break;
      this.#entries.delete(oldest);
      this.#keyChars -= oldest.length;
    }
  }
}
