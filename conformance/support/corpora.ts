/** Corpora that are too large, or not ours, to be part of the repository: read where they lie beside it. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/**
 * The file's path, or an empty list: for `test.each`, beside tests that need no corpus. Where it is not there, says so and what to run
 * to compare with one that lies elsewhere.
 */
export function corpora(name: string, command: string): readonly string[] {
  const path = fileURLToPath(new URL(`../../../shared/corpora/${name}`, import.meta.url));
  if (existsSync(path)) return [path];
  console.warn(`not compared with ${name}: it is not at ${path}. To compare with a copy: ${command}`);
  return [];
}
