/**
 * How far a test came, for the report of its failure: written by the generated code of `test_` rules and of test files' helpers, which no
 * decision runs.
 */
import type { Span } from "../diagnostics.ts";
import type { Value } from "../values.ts";
import type { Environment } from "./environment.ts";

/** A condition of a traced rule: a constant of the generated code. */
export interface TracePoint {
  /** Position in its body. */
  readonly depth: number;
  /** The `every` in whose body it stands. */
  readonly outer: TracePoint | undefined;
  readonly span: Span;
  /** Variables that have a value where it is tried, as they are passed to `reach`. */
  readonly names: readonly string[];
  /** What it asks of variables: `["decision", "outcome"]` for `decision.outcome`. */
  readonly fields: readonly (readonly [variable: string, field: string])[];
  readonly shape: TraceShape;
}

export type TraceShape =
  /** `expected` is the side that tells what should be: a constant, else the right one. */
  | { readonly kind: "compare"; readonly operator: string; readonly expected: 0 | 1; readonly negated: boolean }
  | { readonly kind: "member"; readonly negated: boolean }
  /** A value that should be there and not false; negated, one that should not. */
  | { readonly kind: "value"; readonly negated: boolean }
  /** `some x in xs`, `every x in xs`: the value is `xs`. */
  | { readonly kind: "some" | "every" };

/** One evaluation of a traced rule. */
export class Frame {
  readonly rule: string;
  readonly outer: Frame | undefined;
  /** The deepest condition that was tried, and what was seen there the last time. */
  point: TracePoint | undefined;
  values: readonly (Value | undefined)[] = [];
  /** A comparison's sides, or the value of another condition. */
  readonly sides: [Value | undefined, Value | undefined] = [undefined, undefined];
  /** How many values the left side, or the right one of a constant, came with. */
  tries = 0;
  /** The rule that was evaluated there and did not hold. */
  inner: Frame | undefined;

  constructor(rule: string, outer: Frame | undefined) {
    this.rule = rule;
    this.outer = outer;
  }
}

/** Shared by an environment and its forks. */
export class Tracer {
  readonly root: Frame = new Frame("", undefined);
  current: Frame = this.root;

  /** The frames that led to where the evaluation ended, outermost first. After an error these are the ones that it ended in. */
  chain(): readonly Frame[] {
    for (let frame: Frame = this.current; frame.outer !== undefined; frame = frame.outer) frame.outer.inner = frame;
    const frames: Frame[] = [];
    for (let frame = this.root.inner; frame !== undefined; frame = frame.inner) frames.push(frame);
    return frames;
  }
}

/** A traced rule begins. */
export function enter({ tracer }: Environment, rule: string): Frame | null {
  if (tracer === null) return null;
  const frame = new Frame(rule, tracer.current);
  tracer.current = frame;
  return frame;
}

/** A traced rule ends. One that does not hold may be why the rule that asked does not. */
export function leave({ tracer }: Environment, frame: Frame | null, result: Value | undefined): void {
  if (tracer === null || frame?.outer === undefined) return;
  tracer.current = frame.outer;
  if (result === undefined || result === false) frame.outer.inner = frame;
}

/** A condition is about to be tried. */
export function reach({ tracer }: Environment, point: TracePoint, values: readonly (Value | undefined)[]): void {
  if (tracer === null) return;
  const frame = tracer.current;
  if (frame.point !== undefined && !isAtLeastAsDeep(point, frame.point)) return;
  frame.point = point;
  frame.values = values;
  frame.sides[0] = undefined;
  frame.sides[1] = undefined;
  frame.tries = 0;
  frame.inner = undefined;
}

/** The body of an `every` is tried for its next item: how far it came for the items before, which hold, does not count. */
export function again({ tracer }: Environment, point: TracePoint): void {
  const frame = tracer?.current;
  if (frame?.point !== undefined && isWithin(frame.point, point)) frame.point = point;
}

/** A side of a comparison, or the value of another condition. */
export function seen({ tracer }: Environment, point: TracePoint, side: 0 | 1, value: Value): void {
  const frame = tracer?.current;
  if (frame === undefined || frame.point !== point) return;
  frame.sides[side] = value;
  const { shape } = point;
  if (shape.kind !== "compare" || side !== shape.expected) frame.tries += 1;
}

function isWithin(point: TracePoint, other: TracePoint): boolean {
  for (let at: TracePoint | undefined = point; at !== undefined; at = at.outer) if (at === other) return true;
  return false;
}

/** Compares positions from the outermost body inwards. */
function isAtLeastAsDeep(point: TracePoint, other: TracePoint): boolean {
  if (point.outer === other.outer) return point.depth >= other.depth;
  const [own, others] = [positions(point), positions(other)];
  for (let level = 0; level < own.length && level < others.length; level += 1) {
    const difference = (own[level] ?? 0) - (others[level] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return own.length >= others.length;
}

function positions(point: TracePoint): number[] {
  return [...(point.outer === undefined ? [] : positions(point.outer)), point.depth];
}
