interface Conditional {
  readonly conditions: ReadonlySet<string>;
}

/** Finds what holds whenever something else does: what has the same conditions or fewer. Without comparing each with each. */
export class Wider<Item extends Conditional> {
  private readonly items: readonly Item[];
  /** Each item's index, under its rarest condition: what has all its conditions has that one. */
  private readonly byCondition: ReadonlyMap<string | undefined, readonly number[]>;

  constructor(items: readonly Item[]) {
    this.items = items;
    const uses = new Map<string, number>();
    for (const { conditions } of items) for (const one of conditions) uses.set(one, (uses.get(one) ?? 0) + 1);
    const rarest = ({ conditions }: Item): string | undefined => {
      let best: string | undefined;
      for (const one of conditions) {
        if (best === undefined || (uses.get(one) ?? 0) < (uses.get(best) ?? 0)) best = one;
      }
      return best;
    };
    this.byCondition = Map.groupBy(items.keys(), (index) => {
      const item = items[index];
      return item === undefined ? undefined : rarest(item);
    });
  }

  /** The first of those that hold whenever `narrow` does and are acceptable; `narrow` itself is among those that are asked. */
  firstThan(narrow: Conditional, accept: (item: Item, index: number) => boolean): Item | undefined {
    let first: number | undefined;
    for (const condition of [undefined, ...narrow.conditions]) {
      const found = this.byCondition.get(condition)?.find((index) => {
        const item = this.items[index];
        return item?.conditions.isSubsetOf(narrow.conditions) === true && accept(item, index);
      });
      if (found !== undefined && (first === undefined || found < first)) first = found;
    }
    return first === undefined ? undefined : this.items[first];
  }
}
