/** `policy test --watch`: runs, waits for a change, runs again, until it is interrupted. */
import { existsSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { printable } from "@penstock/language";
import { watchFiles } from "../../files/watch-files.ts";
import { catalogFor } from "../program-files.ts";

/** Where the system does not tell of changes, such as on a network file system, this often is looked. */
const pollMs = 1_000;

/**
 * Never returns: Ctrl-C ends the process, which has nothing to clean up (a throw-away server ends with it). The screen is never
 * cleared: what was there is the user's.
 */
export async function watch(paths: readonly string[], run: () => Promise<void>): Promise<never> {
  const changed = new Set<string>();
  let wake: () => void = () => undefined;
  watchFiles([...new Set([...paths, ...paths.flatMap(fixtureFolder)])], pollMs, (files) => {
    for (const file of files) changed.add(file);
    wake();
  });
  for (;;) {
    await run();
    console.log("\nwaiting for changes; Ctrl-C ends");
    if (changed.size === 0) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    console.log(`\n── ${new Date().toLocaleTimeString()}  changed: ${printable([...changed].sort().join(", "))}\n`);
    changed.clear();
  }
}

/** Catalogs and rows may stand above the named paths. */
function fixtureFolder(path: string): string[] {
  if (!existsSync(path)) return [];
  const catalog = catalogFor(statSync(path).isDirectory() ? join(path, "any_test.policy") : path);
  return catalog === undefined ? [] : [dirname(catalog)];
}
