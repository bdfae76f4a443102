/**
 * `npm run conformance:transparency -- …` runs psql scripts, such as those of PostgreSQL's regression suite, directly and through the
 * proxy, and prints where the outputs differ. What two direct runs print differently (times, process ids) is not compared. Ends with 1
 * where something differs, with 2 on misuse.
 */
import { mkdtempSync, chmodSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { templatesVariable } from "../../engine/src/throw-away/postgres-cluster.ts";
import { compare, type Difference } from "./compare.ts";
import { runScripts } from "./run-scripts.ts";
import { scriptsOfSchedule } from "./schedule.ts";

const usage = `usage: npm run conformance:transparency -- [--major 15|18] [--setup FILE.sql] [--all] [--together] FILE.sql …
       npm run conformance:transparency -- [--major 15|18] [--setup FILE.sql] [--all] --schedule FILE

  --setup FILE.sql  what it makes, run directly, is what the scripts find in the database, in place of the demo's shop
  --together        all scripts one after the other in one database; otherwise each has a fresh one
  --schedule FILE   the scripts of a schedule of pg_regress, beside it in sql/, together in an empty database
  --all             every difference, not the first 20 of a script

Scripts find PG_ABS_SRCDIR (the folder above their own if that is named sql), PG_ABS_BUILDDIR, PG_LIBDIR and PG_DLSUFFIX as pg_regress
sets them; set in your environment, they stay as they are: say, PG_LIBDIR of a folder with regress.so.`;

const shownMax = 20;
const linesMax = 8;
const columnsMax = 200;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    major: { type: "string", default: "18" },
    setup: { type: "string" },
    together: { type: "boolean", default: false },
    schedule: { type: "string" },
    all: { type: "boolean", default: false },
  },
});
const major = values.major === "15" ? 15 : values.major === "18" ? 18 : undefined;
const { schedule, setup, together } = values;
if (major === undefined || (schedule === undefined) === (positionals.length === 0)) {
  console.error(usage);
  process.exit(2);
}
const found = setup !== undefined ? { script: setup } : schedule === undefined ? "shop" : undefined;
const paths = schedule === undefined ? positionals : scriptsOfSchedule(schedule);
const templates = mkdtempSync(join(tmpdir(), "penstock-templates-"));
// The server's user, who is not we when we are root, must be able to pass through.
chmodSync(templates, 0o711);
process.env[templatesVariable] = templates;
try {
  const groups = together || schedule !== undefined ? [paths] : paths.map((path) => [path]);
  let different = 0;
  // oxlint-disable-next-line no-await-in-loop -- a server at a time
  for (const group of groups) different += await compareGroup(group);
  if (paths.length > 1) console.log(`${paths.length} scripts, ${different} places differ`);
  if (different > 0) process.exitCode = 1;
} finally {
  rmSync(templates, { recursive: true, force: true });
}

/** How many places differ. */
async function compareGroup(group: readonly string[]): Promise<number> {
  const [first, second, through] = [
    await runScripts(group, "direct", { major, found }),
    await runScripts(group, "direct", { major, found }),
    await runScripts(group, "through", { major, found }),
  ];
  for (const line of first.setup.match(/^.*\bERROR: .*$/gm) ?? []) console.error(`${setup}: ${line}`);
  for (const fault of through.faults) console.error("fault of the proxy:", fault);
  let different = 0;
  for (const [index, path] of group.entries()) {
    const output = (run: typeof first) => run.scripts[index] ?? "";
    const { lines, unsteady, differences } = compare(
      readFileSync(path, "utf8"),
      output(first),
      output(second),
      output(through),
    );
    console.log(`${path}: ${lines} lines, ${unsteady} places not compared, ${differences.length} differ`);
    for (const difference of differences.slice(0, values.all ? differences.length : shownMax)) show(difference);
    different += differences.length;
  }
  return different;
}

function show({ line, after, direct, through }: Difference): void {
  const cut = (lines: readonly string[], mark: string) =>
    lines.slice(0, linesMax).map((text) => `    ${mark} ${text.slice(0, columnsMax)}`);
  console.log(
    [`  line ${line}`, ...after.map((text) => `      ${text}`), ...cut(direct, "-"), ...cut(through, "+")].join("\n"),
  );
}
