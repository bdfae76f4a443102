import type { BuiltinContext } from "../builtin.ts";

/** What builtins share in one evaluation. The clock is read and the cache made only where something asks: most decisions do neither. */
export class EvaluationContext implements BuiltinContext {
  readonly strict: boolean;
  private readonly printLine: ((line: string) => void) | undefined;
  private now: bigint | undefined;
  private values: Map<unknown, unknown> | undefined;

  /** @param strict what fails is an error, never an absent fact: so for decisions and tests */
  constructor(strict: boolean = true, printLine?: (line: string) => void) {
    this.strict = strict;
    this.printLine = printLine;
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
}
