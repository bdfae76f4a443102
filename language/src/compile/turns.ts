/** Who goes first, where each may have to wait for variables that another gives a value. */
import type { Local } from "./plan.ts";

/** Variables that have a value; what is looked at adds those that it gives one. */
export interface Known {
  has(local: Local): boolean;
  add(local: Local): unknown;
}

/** Variables that would be bound, above those that are: what does not work out is forgotten with it. */
export class Trial {
  readonly added = new Set<Local>();
  private readonly bound: Pick<Known, "has">;

  constructor(bound: Pick<Known, "has">) {
    this.bound = bound;
  }

  has(local: Local): boolean {
    return this.added.has(local) || this.bound.has(local);
  }

  add(local: Local): void {
    if (!this.bound.has(local)) this.added.add(local);
  }
}

/**
 * Takes items in turn: of those that can go, always the first. One that cannot is asked again only when a variable that it lacks has got a
 * value, so that thousands in the worst order take no longer than in the best.
 */
export class Turns<Item> {
  private readonly items: Item[];
  private readonly localsOf: (item: Item, found: Set<Local>) => void;
  /** Items up to here were asked, or are in `woken`. */
  private asked = 0;
  /** To be asked again; ascending from the end. */
  private readonly woken: number[] = [];
  private readonly lacking = new Map<Local, number[]>();
  private readonly open = new Set<number>();

  /** @param localsOf adds the variables of an item */
  constructor(items: readonly Item[], localsOf: (item: Item, found: Set<Local>) => void) {
    this.items = [...items];
    this.localsOf = localsOf;
  }

  /** One more item, behind all others. */
  add(item: Item): void {
    this.items.push(item);
  }

  /**
   * @param run whether an item can go; adds the variables that it binds
   * @returns the indexes of those that went, in order
   */
  take(bound: Known, run: (item: Item, trial: Trial) => boolean): readonly number[] {
    const sequence: number[] = [];
    for (let index = this.next(); index !== undefined; index = this.next()) {
      const item = this.items[index] as Item;
      const trial = new Trial(bound);
      if (!run(item, trial)) {
        this.wait(index, item, bound);
        continue;
      }
      this.open.delete(index);
      sequence.push(index);
      for (const local of trial.added) {
        bound.add(local);
        this.wake(local);
      }
    }
    return sequence;
  }

  get areOver(): boolean {
    return this.open.size === 0;
  }

  /** Those that could not go. */
  get waiting(): readonly Item[] {
    return [...this.open].sort((a, b) => a - b).map((index) => this.items[index] as Item);
  }

  private next(): number | undefined {
    const woken = this.woken.pop();
    if (woken !== undefined) return woken;
    if (this.asked === this.items.length) return undefined;
    this.asked += 1;
    return this.asked - 1;
  }

  private wait(index: number, item: Item, bound: Known): void {
    const isKnown = this.open.has(index);
    this.open.add(index);
    // It waits for all that it lacked when it was first asked; some of that it may have by now.
    if (isKnown) return;
    const locals = new Set<Local>();
    this.localsOf(item, locals);
    for (const local of locals) {
      if (bound.has(local)) continue;
      const others = this.lacking.get(local);
      if (others === undefined) this.lacking.set(local, [index]);
      else others.push(index);
    }
  }

  private wake(local: Local): void {
    const lacking = this.lacking.get(local);
    this.lacking.delete(local);
    for (const index of lacking?.toReversed() ?? []) {
      if (!this.open.has(index)) continue;
      const at = this.woken.findLastIndex((other) => other > index) + 1;
      if (this.woken[at] !== index) this.woken.splice(at, 0, index);
    }
  }
}
