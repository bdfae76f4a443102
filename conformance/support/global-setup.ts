/** Once per test run: the folder in which test files share initialised data directories and compiled commands, removed with the run. */
import { mkdtempSync, chmodSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { guard } from "../../engine/src/throw-away/guard.ts";
import { templatesVariable } from "../../engine/src/throw-away/postgres-cluster.ts";

export default function setup(): () => Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "penstock-templates-"));
  // The server's user, who is not we when we are root, must be able to pass through.
  chmodSync(folder, 0o711);
  const guarded = guard(folder);
  process.env[templatesVariable] = folder;
  // Each start of a command would otherwise strip the types of the same files again.
  process.env["NODE_COMPILE_CACHE"] = join(folder, "compiled");
  return guarded.close;
}
