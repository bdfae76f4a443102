/** What orders bundles: a number that only their builder can give, since it is signed with the rest. */
export interface BundleVersion {
  readonly revision: string;
  /** `policy build --sequence`; undefined where the builder gave none. */
  readonly sequence?: number;
}

/** Revisions that were replaced and are remembered. */
const replacedMax = 1_000;

/**
 * Keeps an old bundle, signed as it is, from coming into force again: it may lack the rule that was added since. Bundles with a sequence
 * are ordered by it; without one, a revision that was replaced while this proxy runs does not come back.
 */
export class RollbackGuard {
  readonly #replaced = new Set<string>();
  #current: BundleVersion | undefined;

  copy(): RollbackGuard {
    const made = new RollbackGuard();
    made.#current = this.#current;
    for (const revision of this.#replaced) made.#replaced.add(revision);
    return made;
  }

  /** @returns why the bundle is a step back, undefined where it is none */
  problemOf({ revision, sequence }: BundleVersion): string | undefined {
    const current = this.#current;
    if (current === undefined || current.revision === revision) return undefined;
    if (current.sequence === undefined) {
      return sequence === undefined && this.#replaced.has(revision)
        ? "it was in force before and has been replaced since"
        : undefined;
    }
    if (sequence === undefined) return `it has no sequence, and the one in force has ${current.sequence}`;
    if (sequence < current.sequence) return `its sequence ${sequence} is before ${current.sequence}, which is in force`;
    if (sequence === current.sequence)
      return `it has the same sequence ${sequence} as the one in force, and other content`;
    return undefined;
  }

  /** It is in force, or was when this proxy ran last. */
  accept(version: BundleVersion): void {
    const before = this.#current;
    this.#current = version;
    this.#replaced.delete(version.revision);
    if (before === undefined || before.revision === version.revision) return;
    const [oldest] = this.#replaced;
    if (this.#replaced.size >= replacedMax && oldest !== undefined) this.#replaced.delete(oldest);
    this.#replaced.add(before.revision);
  }
}
