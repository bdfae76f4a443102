/**
 * `npm run conformance:transparency -- [--major 15] FILE.sql …`: runs psql scripts, such as those of PostgreSQL's regression suite,
 * directly and through the proxy, each in a fresh database, and prints where the outputs differ. What two direct runs print differently
 * (times, process ids, addresses of objects) is not compared. Ends with 1 where something differs, with 2 on misuse.
 */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { type Difference, differences, runScript, startPair } from "./compare.ts";

const shownMax = 20;
const linesMax = 8;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { major: { type: "string", default: "18" }, all: { type: "boolean", default: false } },
});
const major = values.major === "15" ? 15 : values.major === "18" ? 18 : undefined;
if (positionals.length === 0 || major === undefined) {
  console.error("usage: npm run conformance:transparency -- [--major 15|18] [--all] FILE.sql …");
  process.exit(2);
}

const pair = await startPair({ major });
try {
  for (const path of positionals) {
    const script = readFileSync(path, "utf8");
    const outputs: string[] = [];
    for (const login of [pair.direct, pair.direct, pair.through]) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other, in the same database made anew
      await pair.fresh();
      // oxlint-disable-next-line no-await-in-loop -- as above
      outputs.push(await runScript(login, script));
    }
    const [first = "", second = "", through = ""] = outputs;
    const unsteady = new Set(differences(script, first, second).map(({ line }) => line));
    const found = differences(script, first, through).filter(({ line }) => !unsteady.has(line));
    const lines = first.split("\n").length;
    console.log(`${path}: ${lines} lines, ${unsteady.size} places not compared, ${found.length} differ`);
    for (const difference of found.slice(0, values.all ? found.length : shownMax)) show(difference);
    if (found.length > 0) process.exitCode = 1;
  }
} finally {
  await pair.stop();
}

function show({ line, after, direct, through }: Difference): void {
  const cut = (lines: readonly string[], mark: string) => lines.slice(0, linesMax).map((text) => `    ${mark} ${text}`);
  console.log(
    [`  line ${line}`, ...after.map((text) => `      ${text}`), ...cut(direct, "-"), ...cut(through, "+")].join("\n"),
  );
}
