/**
 * A map that forgets its oldest entries: bounded in entries and in the characters of its keys. Hot: a hit is one look-up, without
 * reordering, since an entry that is still used is cheap to make again.
 */
export class BoundedCache<V> {
  readonly #entries = new Map<string, V>();
  readonly #entriesMax: number;
  readonly #keyCharsMax: number;
  readonly #oneKeyCharsMax: number;
  #keyChars = 0;

  /** @param oneKeyCharsMax what has a longer key is not kept */
  constructor(entriesMax: number, keyCharsMax: number, oneKeyCharsMax: number = keyCharsMax) {
    this.#entriesMax = entriesMax;
    this.#keyCharsMax = keyCharsMax;
    this.#oneKeyCharsMax = oneKeyCharsMax;
  }

  get(key: string): V | undefined {
    return this.#entries.get(key);
  }

  set(key: string, value: V): void {
    if (key.length > this.#oneKeyCharsMax) return;
    if (!this.#entries.has(key)) this.#keyChars += key.length;
    this.#entries.set(key, value);
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= this.#entriesMax && this.#keyChars <= this.#keyCharsMax) break;
      this.#entries.delete(oldest);
      this.#keyChars -= oldest.length;
    }
  }
}
