/**
 * `npm run conformance:rego -- FILE.jsonl [--failures] [--only SUBSTRING]`: runs cases in the format of OPA's suite through the compiled language
 * and prints a table by category. Exits with 1 where a case failed.
 */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { parseCase, runCase } from "./rego-case.ts";
import { reportFailures, summarize, type Outcome } from "./report.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { failures: { type: "boolean", default: false }, only: { type: "string", default: "" } },
});
const [file] = positionals;
if (file === undefined || positionals.length !== 1) {
  console.error("usage: npm run conformance:rego -- FILE.jsonl [--failures] [--only SUBSTRING]");
  process.exit(2);
}

const outcomes: Outcome[] = [];
for (const [index, line] of linesOf(file).entries()) {
  if (line.trim() === "") continue;
  const number = index + 1;
  try {
    const test = parseCase(line);
    const name = `${test.category} ${test.note}`;
    if (name.includes(values.only))
      outcomes.push({ line: number, category: test.category, note: test.note, verdict: runCase(test) });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    outcomes.push({
      line: number,
      category: "unreadable",
      note: `line ${number}`,
      verdict: { kind: "failed", reason },
    });
  }
}
if (values.failures) console.log(reportFailures(outcomes));
console.log(summarize(outcomes));
process.exitCode = outcomes.some(({ verdict }) => verdict.kind === "failed") ? 1 : 0;

function linesOf(path: string): readonly string[] {
  try {
    return readFileSync(path, "utf8").split("\n");
  } catch (error) {
    console.error(`cannot read ${path}: ${error instanceof Error ? error.message : String(error)}`);
    return process.exit(2);
  }
}
