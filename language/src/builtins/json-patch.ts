import { RegoObject, RegoSet, equal, isArray, type Value } from "../values.ts";
import { parsePath, type Path } from "./json-path.ts";

/**
 * JSON Patch (RFC 6902), with sets: a member is its own key. Whatever does not apply (a path that leads nowhere, a failed `test`, an
 * operation that is none) makes the whole undefined, never a half-patched value.
 */
export function applyPatch(target: Value, operations: readonly Value[]): Value | undefined {
  let result: Value | undefined = target;
  for (const operation of operations) {
    if (!(operation instanceof RegoObject) || result === undefined) return undefined;
    result = applyOne(result, operation);
  }
  return result;
}

function applyOne(target: Value, operation: RegoObject): Value | undefined {
  const path = pathOf(operation, "path");
  if (path === undefined) return undefined;
  const value = operation.field("value");
  const op = operation.field("op");
  switch (typeof op === "string" ? op : "") {
    case "add":
      return value === undefined ? undefined : add(target, path, value);
    case "remove":
      return remove(target, path);
    case "replace": {
      if (value === undefined) return undefined;
      if (path.length === 0) return value;
      const without = remove(target, path);
      return without === undefined ? undefined : add(without, path, value);
    }
    case "move": {
      const from = pathOf(operation, "from");
      const moved = from === undefined ? undefined : find(target, from);
      if (from === undefined || moved === undefined) return undefined;
      if (from.length === 0) return path.length === 0 ? target : undefined;
      const without = remove(target, from);
      return without === undefined ? undefined : add(without, path, moved);
    }
    case "copy": {
      const from = pathOf(operation, "from");
      const copied = from === undefined ? undefined : find(target, from);
      return copied === undefined ? undefined : add(target, path, copied);
    }
    case "test": {
      const found = find(target, path);
      return found !== undefined && value !== undefined && equal(found, value) ? target : undefined;
    }
    default:
      return undefined;
  }
}

function pathOf(operation: RegoObject, attribute: "path" | "from"): Path | undefined {
  const path = operation.field(attribute);
  return path === undefined ? undefined : parsePath(path);
}

function find(target: Value, path: Path): Value | undefined {
  let found: Value | undefined = target;
  for (const step of path) found = found === undefined ? undefined : child(found, step);
  return found;
}

function child(container: Value, step: Value): Value | undefined {
  if (container instanceof RegoObject) return container.get(step);
  if (container instanceof RegoSet) return container.has(step) ? step : undefined;
  if (!isArray(container)) return undefined;
  const index = arrayIndex(step, container.length - 1);
  return index === undefined ? undefined : container[index];
}

/** A number, or its decimal text without leading zeros; `-` is the place behind the last element. */
function arrayIndex(step: Value, max: number): number | undefined {
  const index =
    typeof step === "number"
      ? step
      : typeof step === "string" && /^(0|[1-9][0-9]{0,9})$/.test(step)
        ? Number(step)
        : undefined;
  return index !== undefined && Number.isInteger(index) && index >= 0 && index <= max ? index : undefined;
}

/** Rebuilds the containers from the root to `path`, the last of them by `change`. */
function update(
  target: Value,
  path: Path,
  change: (container: Value, step: Value) => Value | undefined,
): Value | undefined {
  const [step, ...rest] = path;
  if (step === undefined) return undefined;
  if (rest.length === 0) return change(target, step);
  const inner = child(target, step);
  const changed = inner === undefined ? undefined : update(inner, rest, change);
  if (changed === undefined) return undefined;
  if (target instanceof RegoObject) {
    const copy = target.copy();
    copy.put(step, changed);
    return copy;
  }
  if (target instanceof RegoSet) {
    // A changed member is another member.
    return RegoSet.from([...target.members().filter((member) => !equal(member, step)), changed]);
  }
  if (!isArray(target)) return undefined;
  const index = arrayIndex(step, target.length - 1);
  return index === undefined ? undefined : target.with(index, changed);
}

function add(target: Value, path: Path, value: Value): Value | undefined {
  if (path.length === 0) return value;
  return update(target, path, (container, step) => {
    if (container instanceof RegoObject) {
      const copy = container.copy();
      copy.put(step, value);
      return copy;
    }
    if (container instanceof RegoSet) {
      return equal(step, value) ? RegoSet.from([...container.members(), value]) : undefined;
    }
    if (!isArray(container)) return undefined;
    const index = step === "-" ? container.length : arrayIndex(step, container.length);
    return index === undefined ? undefined : container.toSpliced(index, 0, value);
  });
}

function remove(target: Value, path: Path): Value | undefined {
  return update(target, path, (container, step) => {
    if (child(container, step) === undefined) return undefined;
    if (container instanceof RegoObject) {
      return RegoObject.fromEntries(container.entries().filter(([key]) => !equal(key, step)));
    }
    if (container instanceof RegoSet) return RegoSet.from(container.members().filter((member) => !equal(member, step)));
    const index = isArray(container) ? arrayIndex(step, container.length - 1) : undefined;
    return index === undefined || !isArray(container) ? undefined : container.toSpliced(index, 1);
  });
}
