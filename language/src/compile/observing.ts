/** What the generated code of a program that explains itself calls, see watcher.ts. */
import type { Value } from "../values.ts";
import type { Seen } from "./observations.ts";
import { EvaluationError } from "./evaluation-error.ts";
import type { Environment } from "./environment.ts";

/** Values kept of one thing with several. */
const valuesMax = 20;

/** A condition is about to be tried. Returns where to put what it sees. */
export function trying(environment: Environment, id: number, index: number, observed: number): readonly Seen[] {
  const seen = Array.from({ length: observed }, (): Seen => []);
  const { observations } = environment;
  if (observations === null) return seen;
  const body = observations.at(id);
  body.tried[index] = (body.tried[index] ?? 0) + 1;
  body.last = index;
  body.current.length = index;
  body.current.push(seen);
  if (index > body.furthest) {
    body.furthest = index;
    body.best = body.current.slice();
  }
  return seen;
}

export function saw(seen: readonly Seen[], index: number, value: Value): void {
  const values = seen[index];
  if (values !== undefined && values.length < valuesMax) values.push(value);
}

/** Only what a policy's own error may do is passed over. */
export function unseen(error: unknown): void {
  if (!(error instanceof EvaluationError)) throw error;
}

export function held(environment: Environment, id: number, index: number): void {
  const body = environment.observations?.at(id);
  if (body === undefined) return;
  body.held[index] = (body.held[index] ?? 0) + 1;
  // The way that passes furthest, not the first that came there.
  if (body.furthest === index && body.held[index] === 1) body.best = body.current.slice();
}
