import { isArray, type Value } from "../values.ts";

/** The steps from a value to a part of it. */
export type Path = readonly Value[];

/** A path as text (`a/b`, with `~1` for `/` and `~0` for `~`, leading slashes ignored) or as an array of steps; `undefined` for anything else. */
export function parsePath(path: Value): Path | undefined {
  if (isArray(path)) return path;
  if (typeof path !== "string") return undefined;
  if (path === "") return [];
  return path
    .replace(/^\/+/, "")
    .split("/")
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
}
