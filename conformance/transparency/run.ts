/**
 * `npm run conformance:transparency -- …` runs scripts of psql or of the `mariadb` command line, such as those of PostgreSQL's regression
 * suite, or of MariaDB's test suite, directly and through the proxy, and prints where the outputs differ. What two direct runs print
 * differently (times, process ids) is not compared. Ends with 1 where something differs, with 2 on misuse.
 */
import { mkdtempSync, chmodSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { templatesVariable } from "../../engine/src/throw-away/postgres-cluster.ts";
import { compareMysqltests } from "./mysql/compare-mysqltests.ts";
import { runClientScripts } from "./mysql/run-client.ts";
import type { Outputs, Side } from "./outputs.ts";
import { runScripts } from "./postgres/run-scripts.ts";
import { scriptsOfSchedule } from "./postgres/schedule.ts";
import { compareScripts } from "./report.ts";

const usage = `usage: npm run conformance:transparency -- [--major 15|18] [--setup FILE.sql] [--all] [--together] FILE.sql …
       npm run conformance:transparency -- [--major 15|18] [--setup FILE.sql] [--all] --schedule FILE
       npm run conformance:transparency -- --dialect mysql [--setup FILE.sql] [--all] [--together] FILE.sql …
       npm run conformance:transparency -- --mysqltest [--prepared] [--root FOLDER] [--all] FILE.test …

  --dialect mysql   scripts of the mariadb command line, against MariaDB; without it, of psql against PostgreSQL
  --setup FILE.sql  what it makes, run directly, is what the scripts find in the database, in place of the demo's shop (of PostgreSQL)
  --together        all scripts one after the other in one database; otherwise each has a fresh one
  --schedule FILE   the scripts of a schedule of pg_regress, beside it in sql/, together in an empty database
  --mysqltest       scripts in mysqltest's language, against MariaDB, statement by statement; what is no statement is passed over
  --prepared        those statements as prepared ones, where the server can
  --root FOLDER     of the suite, with include/ in it; otherwise the folder above the script's
  --all             every difference, not the first 20 of a script

psql's scripts find PG_ABS_SRCDIR (the folder above their own if that is named sql), PG_ABS_BUILDDIR, PG_LIBDIR and PG_DLSUFFIX as
pg_regress sets them; set in your environment, they stay as they are: say, PG_LIBDIR of a folder with regress.so.`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    dialect: { type: "string", default: "postgres" },
    major: { type: "string", default: "18" },
    setup: { type: "string" },
    together: { type: "boolean", default: false },
    schedule: { type: "string" },
    mysqltest: { type: "boolean", default: false },
    prepared: { type: "boolean", default: false },
    root: { type: "string" },
    all: { type: "boolean", default: false },
  },
});
const shownMax = values.all ? Infinity : 20;
const isMysql = values.dialect === "mysql";
const major = values.major === "15" ? 15 : values.major === "18" ? 18 : undefined;
const { schedule, setup, together } = values;
if (
  major === undefined ||
  (!isMysql && values.dialect !== "postgres") ||
  (schedule === undefined) === (positionals.length === 0)
) {
  console.error(usage);
  process.exit(2);
}

let different: number;
if (values.mysqltest) {
  different = await compareMysqltests(positionals, { root: values.root, isPrepared: values.prepared, shownMax });
} else if (isMysql) {
  different = await inGroups(positionals, together, (group, side) => runClientScripts(group, side, setup));
} else {
  const found = setup !== undefined ? { script: setup } : schedule === undefined ? "shop" : undefined;
  const paths = schedule === undefined ? positionals : scriptsOfSchedule(schedule);
  const templates = mkdtempSync(join(tmpdir(), "penstock-templates-"));
  // The server's user, who is not we when we are root, must be able to pass through.
  chmodSync(templates, 0o711);
  process.env[templatesVariable] = templates;
  try {
    const isOne = together || schedule !== undefined;
    different = await inGroups(paths, isOne, (group, side) => runScripts(group, side, { major, found }));
  } finally {
    rmSync(templates, { recursive: true, force: true });
  }
}
if (different > 0) process.exitCode = 1;

/** How many places differ. */
async function inGroups(
  paths: readonly string[],
  isOne: boolean,
  run: (group: readonly string[], side: Side) => Promise<Outputs>,
): Promise<number> {
  const groups = isOne ? [paths] : paths.map((path) => [path]);
  let sum = 0;
  // oxlint-disable-next-line no-await-in-loop -- a server at a time
  for (const group of groups) sum += await compareScripts(group, (side) => run(group, side), shownMax);
  if (paths.length > 1) console.log(`${paths.length} scripts, ${sum} places differ`);
  return sum;
}
