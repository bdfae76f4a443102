/** Documents: `data` with rules in it, as generated code walks it. */
import { compare, lookup, RegoObject, RegoSet, type Value } from "../values.ts";
import { resultSteps, spend, spread } from "./cost.ts";
import type { DocumentNode, Environment } from "./environment.ts";
import type { Site } from "./evaluation-error.ts";

export function lookupPath(value: Value | undefined, path: readonly Value[]): Value | undefined {
  let current = value;
  for (const key of path) current = lookup(current, key);
  return current;
}

/** Keys in the same order; `null` for an array, whose keys are 0, 1, …. */
export function keysOf(value: Value | undefined): readonly Value[] | null {
  if (value instanceof RegoSet) return value.members();
  return value instanceof RegoObject ? value.keys() : null;
}

/** A place in `data` above the rules: where evaluating everything below may not be needed. */
export class Cursor {
  readonly node: DocumentNode;
  readonly base: Value | undefined;

  constructor(node: DocumentNode, base: Value | undefined) {
    this.node = node;
    this.base = base;
  }
}

export function cursor(environment: Environment, node: DocumentNode): Cursor {
  return new Cursor(node, lookupPath(environment.data, node.path));
}

export function step(environment: Environment, at: Cursor | Value | undefined, key: Value): Cursor | Value | undefined {
  if (!(at instanceof Cursor)) return lookup(at, key);
  const child = typeof key === "string" ? at.node.children.get(key) : undefined;
  if (child === undefined) return lookup(at.base, key);
  if (child.isFunction) return undefined;
  return child.evaluate === undefined ? new Cursor(child, lookup(at.base, key)) : child.evaluate(environment);
}

export function stepKeys(environment: Environment, at: Cursor | Value | undefined, site: Site): readonly Value[] {
  if (!(at instanceof Cursor)) return keysOf(at) ?? spread(environment, at, site).map((_, index) => index);
  spend(environment, resultSteps(at.base), site);
  const keys = new Set<Value>(at.base instanceof RegoObject ? at.base.keys() : []);
  for (const [name, child] of at.node.children) if (!child.isFunction) keys.add(name);
  return [...keys].sort(compare);
}

export function force(environment: Environment, at: Cursor | Value | undefined): Value | undefined {
  return at instanceof Cursor ? document(environment, at.node) : at;
}

/** Everything at and below a node: what rules define, over the base document. */
export function document(environment: Environment, node: DocumentNode): Value {
  const known = environment.documents?.get(node);
  if (known !== undefined) return known;
  const base = lookupPath(environment.data, node.path);
  environment.context.left -= resultSteps(base);
  const object = base instanceof RegoObject ? base.copy() : new RegoObject();
  for (const [name, child] of node.children) {
    if (child.isFunction) continue;
    const value = child.evaluate === undefined ? document(environment, child) : child.evaluate(environment);
    if (value !== undefined) object.put(name, value);
  }
  environment.documents ??= new Map();
  environment.documents.set(node, object);
  return object;
}
