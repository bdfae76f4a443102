import type { Value } from "@penstock/language";
import type { Relation } from "../catalog/catalog.ts";
import { combine, type CombinedEffects, merge } from "./combine.ts";
import { type Hidden, hiddenFrom } from "./hidden.ts";
import { filterOfRelation, filterPaths, type RelationFilterResult } from "./relation-filters.ts";
import { maskCandidates, masksOfRelation, type RelationMaskResult } from "./relation-masks.ts";
import type { Subject } from "./subject.ts";
import { systemMasks } from "./system-masks.ts";
import type { World } from "./world.ts";

/** What mask and filter rules that look at nothing but session and column say of one relation. */
export interface FixedMasks {
  readonly combined: CombinedEffects;
  readonly result: RelationMaskResult;
  readonly filter: RelationFilterResult;
}

interface KnownMasks extends FixedMasks {
  /** What was merged last. What is settled for session and kind comes as the same object, statement after statement. */
  mergedOf: CombinedEffects | undefined;
  merged: CombinedEffects;
}

/**
 * What is masked and filtered for one subject in one world, as far as no statement matters: asked for once a relation, kept for the session. Hot:
 * most mask rules and filters are of this kind, so a statement that reads such relations costs little more than one that does not.
 */
export class SubjectMasks {
  readonly #world: World;
  readonly #subject: Subject;
  readonly #data: Value | undefined;
  /** Weak: a text that creates a relation has one of its own. */
  readonly #relations = new WeakMap<Relation, KnownMasks>();
  #hidden: Hidden | undefined;

  /** @param data in place of the program's own `data.*`, for tests. */
  constructor(world: World, subject: Subject, data?: Value) {
    this.#world = world;
    this.#subject = subject;
    this.#data = data;
  }

  of(relation: Relation): FixedMasks {
    return this.#known(relation);
  }

  /** What the rules said of a statement, with what is masked of a relation that it touches. */
  mergedWith(combined: CombinedEffects, relation: Relation): CombinedEffects {
    const known = this.#known(relation);
    if (known.mergedOf !== combined) {
      known.merged = merge(combined, known.combined);
      known.mergedOf = combined;
    }
    return known.merged;
  }

  #known(relation: Relation): KnownMasks {
    let masks = this.#relations.get(relation);
    if (masks === undefined) {
      const asked = this.#ask(relation);
      masks = { ...asked, mergedOf: undefined, merged: asked.combined };
      this.#relations.set(relation, masks);
    }
    return masks;
  }

  #ask(relation: Relation): FixedMasks {
    const { program } = this.#world;
    const candidates = maskCandidates(this.#world, [relation]);
    const columns = candidates.map(({ value }) => value);
    const effects = program.fixedMasks(this.#subject, columns, this.#data);
    if (program.hasFilters) {
      effects.push(...program.fixedFilters(this.#subject, filterPaths(this.#world, [relation]), this.#data));
    }
    const said = combine(effects, false);
    const besides = systemMasks(candidates, this.#world.dialect.system, () => this.hidden);
    const combined = besides.size === 0 ? said : { ...said, masks: new Map([...said.masks, ...besides]) };
    return {
      combined,
      result: masksOfRelation(this.#world, relation, combined.masks),
      filter: filterOfRelation(this.#world, relation, combined.filters),
    };
  }

  /** Asked for when a statement gives reason to. */
  get hidden(): Hidden {
    return (this.#hidden ??= hiddenFrom(this.#world, this.#subject, this.#data));
  }
}
