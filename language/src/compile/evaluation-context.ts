import { type BuiltinContext, CostError } from "../builtin.ts";
import { languageLimits } from "../limits.ts";
import type { Value } from "../values.ts";

/** The steps of an evaluation that asks rules about columns. */
export function stepsFor(columns: readonly Value[]): number {
  return languageLimits.evaluationStepsMax + columns.length * languageLimits.columnStepsMax;
}

/**
 * What builtins share in one evaluation, and what is left of its steps. The clock is read and the cache made only where something asks: most
 * decisions do neither.
 */
export class EvaluationContext implements BuiltinContext {
  readonly strict: boolean;
  /** Steps granted. */
  readonly granted: number;
  /** Steps left: negative once the evaluation was stopped, and it stays so. Generated code and the runtime count down by themselves. */
  left: number;
  /** What used up the last step. */
  stoppedIn: string | undefined;
  private readonly printLine: ((line: string) => void) | undefined;
  private now: bigint | undefined;
  private values: Map<unknown, unknown> | undefined;

  /** @param strict what fails is an error, never an absent fact: so for decisions and tests */
  constructor(steps: number, strict: boolean = true, printLine?: (line: string) => void) {
    this.granted = steps;
    this.left = steps;
    this.stoppedIn = undefined;
    this.strict = strict;
    this.printLine = printLine;
    this.now = undefined;
    this.values = undefined;
  }

  /** The time of this evaluation, in nanoseconds since 1970, where it is not that of the machine. */
  at(nowNs: bigint | undefined): this {
    this.now = nowNs;
    return this;
  }

  get nowNs(): bigint {
    this.now ??= BigInt(Date.now()) * 1_000_000n;
    return this.now;
  }

  get cache(): Map<unknown, unknown> {
    this.values ??= new Map();
    return this.values;
  }

  print(line: string): void {
    this.printLine?.(line);
  }

  spend(steps: number): void {
    this.left -= steps;
    if (this.left < 0) throw this.exhausted();
  }

  exhausted(): CostError {
    const before = this.stoppedIn;
    return new CostError(
      before === undefined
        ? `more than ${this.granted} steps`
        : `more steps, after \`${before}\` had used up the ${this.granted} of this evaluation`,
    );
  }
}
