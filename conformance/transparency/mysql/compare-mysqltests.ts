/** Compares the answers to each statement of scripts of `mysqltest`, and says why they differ. */
import { dirname } from "node:path";
import type { Difference } from "../compare.ts";
import { printFaults, show } from "../report.ts";
import { type Script, stepsOf } from "./mysqltest-steps.ts";
import { runMysqltest } from "./run-mysqltest.ts";

interface Options {
  /** Folder of the suite; default: the one above the script's. */
  readonly root: string | undefined;
  readonly isPrepared: boolean;
  /** Differences of a script that are printed. */
  readonly shownMax: number;
}

interface Counts {
  statements: number;
  same: number;
  /** Two direct runs differ. */
  unsteady: number;
  different: number;
}

/** @returns how many statements are answered differently */
export async function compareMysqltests(paths: readonly string[], options: Options): Promise<number> {
  const total: Counts = { statements: 0, same: 0, unsteady: 0, different: 0 };
  const causes = new Map<string, number>();
  for (const path of paths) {
    const script = stepsOf(path, options.root ?? dirname(dirname(path)));
    // oxlint-disable-next-line no-await-in-loop -- a server at a time
    const { counts, differences } = await compareMysqltest(script, path, options.isPrepared);
    const passed = Array.from(script.skipped, ([what, times]) => `${what} ${times}`).join(", ");
    console.log(`${path}: ${inWords(counts)}${passed === "" ? "" : `; passed over: ${passed}`}`);
    show(differences, options.shownMax);
    for (const key of Object.keys(total) as (keyof Counts)[]) total[key] += counts[key];
    for (const difference of differences) {
      const cause = causeOf(difference);
      causes.set(cause, (causes.get(cause) ?? 0) + 1);
    }
  }
  console.log(`\n${paths.length} scripts: ${inWords(total)}`);
  const compared = total.same + total.different;
  console.log(`the same: ${((total.same / Math.max(1, compared)) * 100).toFixed(2)} %`);
  for (const [cause, times] of [...causes].sort((a, b) => b[1] - a[1]))
    console.log(`${String(times).padStart(6)}  ${cause}`);
  return total.different;
}

async function compareMysqltest(
  script: Script,
  path: string,
  isPrepared: boolean,
): Promise<{ readonly counts: Counts; readonly differences: readonly Difference[] }> {
  const direct = await runMysqltest(script, path, "direct", isPrepared);
  const through = await runMysqltest(script, path, "through", isPrepared);
  printFaults(through.faults);
  const statements = script.steps.filter((step) => step.kind === "statement");
  const differs = (other: typeof direct, index: number) =>
    other.answers[index]?.join("\n") !== direct.answers[index]?.join("\n");
  const indexes = Array.from(statements.keys()).filter((index) => differs(through, index));
  // Only where something differs is it asked whether it differs by itself.
  const again = indexes.length === 0 ? direct : await runMysqltest(script, path, "direct", isPrepared);
  const found = indexes.filter((index) => !differs(again, index));
  return {
    counts: {
      statements: statements.length,
      same: statements.length - indexes.length,
      unsteady: indexes.length - found.length,
      different: found.length,
    },
    differences: found.map((index) => {
      const { sql = "", place = "" } = statements[index] ?? {};
      const after = [
        place.slice(place.lastIndexOf("/") + 1),
        ...Buffer.from(sql, "latin1").toString("utf8").split("\n"),
      ];
      const line = Number(place.slice(place.lastIndexOf(":") + 1));
      const lines = unlike(direct.answers[index] ?? [], through.answers[index] ?? []);
      return { line, after, ...lines };
    }),
  };
}

/** Without the lines at the beginning that both have. */
function unlike(direct: readonly string[], through: readonly string[]): Pick<Difference, "direct" | "through"> {
  let same = 0;
  while (same < direct.length && direct[same] === through[same]) same++;
  return { direct: direct.slice(same), through: through.slice(same) };
}

/** What a difference is, without names and values: those of one cause shall be counted together. */
function causeOf({ direct, through }: Difference): string {
  const [was = "nothing", is = "nothing"] = [direct[0], through[0]];
  const what = is.startsWith("error ") || is.startsWith("lost") ? is : `${was} => ${is}`;
  return what
    .replaceAll(/'[^']*'|"[^"]*"|`[^`]*`/g, "…")
    .replaceAll(/(?<!^error )\b\d+\b/g, "0")
    .slice(0, 200);
}

function inWords({ statements, same, unsteady, different }: Counts): string {
  return `${statements} statements, ${same} the same, ${unsteady} not compared, ${different} differ`;
}
