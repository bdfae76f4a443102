import { type Change, changesBetween, type Enforcer, type PrincipalContext, type Verdict } from "@penstock/engine";

/** A statement that the shadow decides otherwise. */
export interface Difference {
  readonly who: PrincipalContext;
  /** Of the shadow. */
  readonly revision: string;
  /** By which the record of the statement is found in the session. */
  readonly fingerprint: string | undefined;
  readonly changes: readonly Change[];
}

/** What is counted for a statement that both decide alike. */
const alike = "same";

/**
 * Policies that decide beside those in force, and change nothing. Each statement is counted, and what would be different is told once for each
 * session and text, as often as both verdicts are the same.
 */
export class Shadow {
  readonly #differs: (difference: Difference) => void;
  readonly #known = new WeakMap<Verdict, { readonly beside: Verdict; readonly changes: readonly Change[] }>();
  readonly #counts = new Map<string, number>();
  #enforcer: Enforcer | undefined;

  /** @param differs told of each difference; must not throw */
  constructor(differs: (difference: Difference) => void) {
    this.#differs = differs;
  }

  /** How many statements would be decided alike, and how often each kind of change came. */
  get counts(): ReadonlyMap<string, number> {
    return this.#counts;
  }

  get revision(): string | undefined {
    return this.#enforcer?.revision;
  }

  /** From the next statement on. */
  setEnforcer(enforcer: Enforcer): void {
    this.#enforcer = enforcer;
    this.#counts.clear();
  }

  /** The same policies, with the shadow beside them. */
  beside(inForce: Enforcer): Enforcer {
    return {
      ...inForce,
      decide: (...asked) => {
        const verdict = inForce.decide(...asked);
        const shadow = this.#enforcer;
        if (shadow !== undefined) this.#compare(verdict, shadow.decide(...asked), asked[1], shadow.revision);
        return verdict;
      },
    };
  }

  #compare(verdict: Verdict, shadow: Verdict, who: PrincipalContext, revision: string): void {
    const [shape, beside] = [shapeOf(verdict), shapeOf(shadow)];
    let known = this.#known.get(shape);
    if (known?.beside !== beside) {
      known = { beside, changes: changesBetween(verdict, shadow) };
      this.#known.set(shape, known);
      const { changes } = known;
      const fingerprint = verdict.statements[0]?.fingerprint;
      if (changes.length > 0) this.#differs({ who, revision, fingerprint, changes });
    }
    if (known.changes.length === 0) this.#count(alike);
    for (const kind of new Set(known.changes.map((change) => change.kind))) this.#count(kind);
  }

  #count(kind: string): void {
    this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + 1);
  }
}

/** Verdicts on texts that differ in their constants only are new objects with one template. */
function shapeOf(verdict: Verdict): Verdict {
  return (verdict.action === "forward" ? verdict.template : undefined) ?? verdict;
}
