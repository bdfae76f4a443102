import type { Builtin, BuiltinContext } from "../builtin.ts";
import { RegoSet, isArray, type RegoObject, type Value } from "../values.ts";
import { weightOf } from "../weight.ts";
import { arrayOrSet, checkElements, define, objectAt, typeError, valueAt } from "./operands.ts";

const graphType = { object: { key: "any", value: arrayOrSet } } as const;

/** Graphs are objects from a vertex to the array or set of its neighbours. */
export const graph: readonly Builtin[] = [
  define(
    "graph.reachable",
    [graphType, arrayOrSet],
    "set",
    (args) => {
      const edges = objectAt(args, 0);
      const queue = [...initial(args)];
      const reached = new RegoSet();
      for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
        const neighbours = edges.get(next);
        // A vertex that only others name is no vertex of the graph.
        if (neighbours === undefined || reached.has(next)) continue;
        reached.add(next);
        for (const vertex of vertices(neighbours)) if (!reached.has(vertex)) queue.push(vertex);
      }
      return reached;
    },
    { charges: "all", factor: 8 },
  ),
  define(
    "graph.reachable_paths",
    [graphType, arrayOrSet],
    { set: "array" },
    (args, context) => {
      const edges = objectAt(args, 0);
      const paths = new RegoSet();
      for (const start of initial(args)) {
        const neighbours = edges.get(start);
        if (neighbours === undefined) continue;
        const next = vertices(neighbours);
        if (next.length === 0) paths.add([start]);
        for (const neighbour of next) extend(edges, neighbour, [start], RegoSet.from([start]), paths, context);
      }
      return paths;
    },
    { charges: "all", factor: 8 },
  ),
];

/**
 * Adds every path that begins with `path` and goes on by `vertex`, until it comes to a dead end, leaves the graph, or comes to a vertex from
 * which another path that begins with the same two vertices has gone on already: OPA's rule, which also ends cycles.
 */
function extend(
  edges: RegoObject,
  vertex: Value,
  path: readonly Value[],
  left: RegoSet,
  paths: RegoSet,
  context: BuiltinContext,
): void {
  // Each path is a copy, and one more as a member of the set.
  context.spend(8 + 2 * weightOf(path, Number.MAX_SAFE_INTEGER));
  const neighbours = edges.get(vertex);
  if (neighbours === undefined) {
    paths.add(path);
    return;
  }
  const longer = [...path, vertex];
  const next = vertices(neighbours);
  if (next.length === 0) paths.add(longer);
  for (const neighbour of next) {
    if (left.has(neighbour)) paths.add(longer);
    else {
      left.add(vertex);
      extend(edges, neighbour, longer, left, paths, context);
    }
  }
  checkElements(paths.size);
}

function initial(args: readonly Value[]): readonly Value[] {
  const value = valueAt(args, 1);
  if (!isArray(value) && !(value instanceof RegoSet)) throw typeError(1, value, "array", "set");
  return vertices(value);
}

function vertices(collection: Value): readonly Value[] {
  if (isArray(collection)) return collection;
  return collection instanceof RegoSet ? collection.members() : [];
}
