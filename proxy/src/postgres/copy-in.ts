/**
 * COPY FROM STDIN in one session: what may come from the client, and what may go to the server.
 *
 * The client may send on behind a COPY before its end is known, and before the end of what came ahead of it: so a COPY is known by its
 * entry in the queue of answers, and only the answer to that entry ends it.
 */
const state = {
  none: 0,
  /** Sent, and the server has not said yet whether it wants data: nothing else is read meanwhile. */
  awaited: 1,
  /** The server reads data. */
  open: 2,
} as const;

export class CopyIn {
  #state: number = state.none;
  /** Number of the entry whose execution copies. */
  #entry = -1;

  /** None goes on. */
  get isOver(): boolean {
    return this.#state === state.none;
  }

  get isAwaited(): boolean {
    return this.#state === state.awaited;
  }

  /** The entry of that number copies, or is a text in which a statement does. */
  expect(entry: number): void {
    this.#state = state.awaited;
    this.#entry = entry;
  }

  /** The server asks for data. */
  open(): void {
    this.#state = state.open;
  }

  /** The client has sent all its data, or said that it fails. */
  dataEnded(moreStatements: boolean): void {
    this.#state = moreStatements ? state.awaited : state.none;
  }

  /** Entries before that number are answered, or never will be. */
  settled(entry: number): void {
    if (this.#entry < entry) this.#state = state.none;
  }
}
