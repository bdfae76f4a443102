/** Runs scripts on both sides and prints where they differ. */
import { readFileSync } from "node:fs";
import { compare, type Difference } from "./compare.ts";
import type { Outputs, Side } from "./outputs.ts";

const linesMax = 8;
const columnsMax = 200;

/** @returns how many places differ. @param shownMax differences of a script that are printed */
export async function compareScripts(
  paths: readonly string[],
  run: (side: Side) => Promise<Outputs>,
  shownMax: number,
): Promise<number> {
  const [first, second, through] = [await run("direct"), await run("direct"), await run("through")];
  for (const line of first.setup.match(/^.*\bERROR[ :].*$/gm) ?? []) console.error(`setup: ${line}`);
  printFaults(through.faults);
  let different = 0;
  for (const [index, path] of paths.entries()) {
    const output = (outputs: Outputs) => outputs.scripts[index] ?? "";
    const { lines, unsteady, differences } = compare(
      readFileSync(path, "utf8"),
      output(first),
      output(second),
      output(through),
    );
    console.log(`${path}: ${lines} lines, ${unsteady} places not compared, ${differences.length} differ`);
    show(differences, shownMax);
    different += differences.length;
  }
  return different;
}

export function printFaults(faults: readonly unknown[]): void {
  for (const fault of faults) console.error("fault of the proxy:", fault);
}

export function show(differences: readonly Difference[], shownMax: number): void {
  const cut = (lines: readonly string[], mark: string) =>
    lines.slice(0, linesMax).map((text) => `    ${mark} ${text.slice(0, columnsMax)}`);
  for (const { line, after, direct, through } of differences.slice(0, shownMax)) {
    console.log(
      [`  line ${line}`, ...after.map((text) => `      ${text}`), ...cut(direct, "-"), ...cut(through, "+")].join("\n"),
    );
  }
}
