/** What the bodies of a program that explains itself saw in one evaluation. */
import type { Value } from "../values.ts";

/** The values of one observed thing; several where a step iterates. */
export type Seen = Value[];

export interface BodyObservations {
  /** By condition: how often it was tried, and how often it held. */
  readonly tried: number[];
  readonly held: number[];
  /** What each condition saw: on the way that led furthest or, once one reached the end, on the first that did. */
  best: readonly (readonly Seen[])[];
  furthest: number;
  /** The way that is being tried. */
  readonly current: (readonly Seen[])[];
  /** The condition that was tried last, and did not come to its end where there was an error. */
  last: number;
}

export class Observations {
  private readonly bodies: (BodyObservations | undefined)[] = [];

  of(id: number): BodyObservations | undefined {
    return this.bodies[id];
  }

  forget(id: number): void {
    this.bodies[id] = undefined;
  }

  at(id: number): BodyObservations {
    return (this.bodies[id] ??= { tried: [], held: [], best: [], furthest: -1, current: [], last: -1 });
  }
}
