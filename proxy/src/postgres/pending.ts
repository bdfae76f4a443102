import type { StatementPlan } from "../enforce/plan.ts";
import type { Run } from "./run.ts";
import type { Version } from "./names.ts";
import type { Portal, Prepared } from "./prepared.ts";

/** Messages that the server answers, in the order they were sent. */
export const pendingKind = {
  query: 0,
  parse: 1,
  bind: 2,
  describeStatement: 3,
  describePortal: 4,
  execute: 5,
  close: 6,
  sync: 7,
} as const;

export class Pending {
  kind = 0;
  /** Sent by the proxy on its own account: the answer is swallowed, unless it is an error. */
  hidden = false;
  /** Goes to the client in place of the server's ErrorResponse: a denial. */
  denial: Buffer | undefined = undefined;
  /** The server would give the denial's error before it looks at the transaction: it stands in a failed transaction too. */
  denialComesFirst = false;
  /** The execution that answers belong to; for a Query the one that runs. */
  run: Run | undefined = undefined;
  /** The further executions of a Query, first one first. */
  later: Run[] | undefined = undefined;
  /** To be committed with the answer. */
  statement: Version<Prepared> | undefined = undefined;
  portal: Version<Portal> | undefined = undefined;
  /** Whose result is described: what it must not show is looked for. */
  described: StatementPlan | undefined = undefined;
  /** Of which execution the described rows will be. */
  describedRun: Run | undefined = undefined;
  /** Maps error positions of a rewritten text. */
  mapPosition: ((position: number) => number) | undefined = undefined;

  reset(kind: number): this {
    this.kind = kind;
    this.hidden = false;
    this.denial = undefined;
    this.denialComesFirst = false;
    this.run = undefined;
    this.later = undefined;
    this.statement = undefined;
    this.portal = undefined;
    this.described = undefined;
    this.describedRun = undefined;
    this.mapPosition = undefined;
    return this;
  }
}

/** A queue of reused entries. An entry is the caller's until it is shifted out and the next one is pushed. Hot. */
export class PendingQueue {
  /** A power of two; few, because most sessions wait and never pipeline. */
  #slots: Pending[] = Array.from({ length: 4 }, () => new Pending());
  #head = 0;
  length = 0;
  /** How many were ever pushed: the number of the next entry. */
  pushed = 0;

  push(kind: number): Pending {
    if (this.length === this.#slots.length) this.#grow();
    const slot = this.#slots[(this.#head + this.length) & (this.#slots.length - 1)]!;
    this.length++;
    this.pushed++;
    return slot.reset(kind);
  }

  get head(): Pending | undefined {
    return this.length === 0 ? undefined : this.#slots[this.#head];
  }

  /** Number of the head, or of the next entry where there is none. */
  get headNumber(): number {
    return this.pushed - this.length;
  }

  shift(): void {
    this.#head = (this.#head + 1) & (this.#slots.length - 1);
    this.length--;
  }

  /** Entry by distance from the head. */
  at(index: number): Pending {
    return this.#slots[(this.#head + index) & (this.#slots.length - 1)]!;
  }

  #grow(): void {
    const { length } = this.#slots;
    const slots = Array.from({ length: length * 2 }, (_, index) =>
      index < length ? this.#slots[(this.#head + index) & (length - 1)]! : new Pending(),
    );
    this.#slots = slots;
    this.#head = 0;
  }
}
