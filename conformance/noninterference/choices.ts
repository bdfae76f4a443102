/**
 * A finite stream of choices from which a statement is built: fast-check generates and shrinks the stream, so that every step of a
 * generator shrinks without being an arbitrary itself. When the stream is used up, every choice is the first one, which generators
 * therefore make the simplest.
 */
export class Choices {
  readonly #numbers: readonly number[];
  #next = 0;
  #names = 0;
  readonly #parameters: string[] | undefined;

  /** @param withParameters whether literals may become `$1`, `$2`, … */
  constructor(numbers: readonly number[], withParameters: boolean) {
    this.#numbers = numbers;
    this.#parameters = withParameters ? [] : undefined;
  }

  /** A whole number from 0 to `count` - 1. */
  below(count: number): number {
    const number = this.#numbers[this.#next++] ?? 0;
    return number % count;
  }

  /** True in about `percent` of 100 cases; never when the stream is used up. */
  chance(percent: number): boolean {
    return this.below(100) >= 100 - percent;
  }

  pick<T>(from: readonly T[]): T {
    const picked = from[this.below(from.length)];
    if (picked === undefined) throw new Error("nothing to pick from");
    return picked;
  }

  /** Calls one of the alternatives, each as often as its weight says. */
  weighted<T>(alternatives: readonly (readonly [weight: number, make: () => T])[]): T {
    const total = alternatives.reduce((sum, [weight]) => sum + weight, 0);
    let left = this.below(total);
    for (const [weight, make] of alternatives) {
      if (left < weight) return make();
      left -= weight;
    }
    throw new Error("weights do not add up");
  }

  /** From `min` to `max` results of `make`. */
  some<T>(min: number, max: number, make: () => T): T[] {
    return Array.from({ length: min + this.below(max - min + 1) }, make);
  }

  /** An identifier that nothing else in the statement has. */
  fresh(prefix: string): string {
    return `${prefix}${++this.#names}`;
  }

  /** Makes a parameter of a value now and then; undefined where the literal shall stay. */
  parameter(value: string): string | undefined {
    if (this.#parameters === undefined || !this.chance(40)) return undefined;
    this.#parameters.push(value);
    return `$${this.#parameters.length}`;
  }

  /** In order of their numbers, in text form. */
  get parameters(): readonly string[] {
    return this.#parameters ?? [];
  }
}
