import { isAbsolute, relative, resolve, sep } from "node:path";
import { pathToFileURL } from "node:url";

/** Where code hosts count paths from: GitHub says so to the jobs that it runs; elsewhere it is the folder one stands in. */
function root(): string {
  return process.env["GITHUB_WORKSPACE"] ?? process.cwd();
}

/** A file as a code host names it: from the root of the repository, with `/`; absolute where it lies outside. */
export function repositoryPath(path: string): string {
  const absolute = resolve(path);
  const inside = relative(root(), absolute);
  return inside.startsWith("..") || isAbsolute(inside) ? absolute : inside.split(sep).join("/");
}

/** The same as a URI reference. */
export function repositoryUri(path: string): string {
  const name = repositoryPath(path);
  return isAbsolute(name) ? pathToFileURL(name).href : name.split("/").map(encodeURIComponent).join("/");
}
