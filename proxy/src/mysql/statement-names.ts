/**
 * Names of statements that PREPARE has made: what each of them is, as the server has it. Names are the same in any case of their letters; for
 * letters beyond ASCII and for spaces the server has rules that are not known here.
 */
import type { StatementFacts } from "@penstock/engine";
import type { Prepared } from "./prepared.ts";
import type { Run } from "./run.ts";

/** What a statement does to a name when it has run. */
export interface Naming {
  readonly key: string;
  /** `undefined`: the name is gone. */
  readonly prepared: Prepared | undefined;
}

interface Named {
  readonly prepared: Prepared;
  /** Code has run since that may have given the name to another statement. */
  isUnsure: boolean;
}

const plain = /^[!-~]{1,64}$/;

/** Equal for names that the server takes for the same; `undefined` for a name of which that is not known. */
export function keyOfName(name: string | undefined): string | undefined {
  return name !== undefined && plain.test(name) ? name.toLowerCase() : undefined;
}

export class StatementNames {
  readonly #named = new Map<string, Named>();

  get size(): number {
    return this.#named.size;
  }

  get(key: string): Named | undefined {
    return this.#named.get(key);
  }

  set(key: string, prepared: Prepared): void {
    this.#named.set(key, { prepared, isUnsure: false });
  }

  forget(key: string): void {
    this.#named.delete(key);
  }

  clear(): void {
    this.#named.clear();
  }

  /** A statement has run, or failed: PREPARE that fails leaves the name without a meaning. */
  ran({ naming, plan }: Run, succeeded: boolean, mayPrepare: (facts: StatementFacts) => boolean): void {
    if (naming !== undefined) {
      if (succeeded && naming.prepared !== undefined) this.set(naming.key, naming.prepared);
      else if (succeeded || naming.prepared !== undefined) this.forget(naming.key);
    }
    if (this.#named.size > 0 && mayPrepare(plan.facts)) for (const named of this.#named.values()) named.isUnsure = true;
  }
}
