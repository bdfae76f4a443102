/**
 * `npm run conformance:sql -- --dialect postgres|mysql FILE.jsonl`: parses every statement of a corpus, extracts its facts against a
 * catalog that knows the system's own relations only, and reports what the parser refuses and what the extractor does not know.
 */
import { parseArgs } from "node:util";
import { readCorpus } from "./corpus.ts";
import { isMeasured, measuredDialects } from "./dialects.ts";
import { measureCorpus, type Measured } from "./measure.ts";

const usage = "usage: npm run conformance:sql -- --dialect postgres|mysql FILE.jsonl";

function main(): number {
  const { values, positionals } = parseArgs({
    options: { dialect: { type: "string", default: "postgres" }, verbose: { type: "boolean", default: false } },
    allowPositionals: true,
  });
  const [file] = positionals;
  if (!isMeasured(values.dialect) || file === undefined || positionals.length > 1) {
    console.error(usage);
    return 2;
  }
  print(measureCorpus(readCorpus(file), measuredDialects[values.dialect]), values.verbose);
  return 0;
}

function print(measured: Measured, verbose: boolean): void {
  console.log("source                                    lines  valid  parsed  opaque");
  for (const [source, counts] of [...measured.sources].sort(([a], [b]) => a.localeCompare(b))) {
    const cells = [counts.lines, counts.valid, counts.parsed, counts.opaque].map((each) => String(each).padStart(7));
    console.log(`${source.slice(0, 38).padEnd(38)} ${cells.join(" ")}`);
  }
  console.log();
  table("opaque constructs", measured.constructs);
  table("opaque by nature, counted apart", measured.byNature);
  table("not parsed", measured.failures);
  table("taken although the grammar's owner refuses it", measured.disagreements);
  const { parseMicros, factsMicros } = measured;
  console.log(`parse: ${timing(parseMicros)}`);
  console.log(`facts: ${timing(factsMicros)}`);
  console.log(`statements ${measured.valid}, of ${measured.lines} lines`);
  console.log(`parsed ${percent(measured.parsed, measured.valid)} %`);
  console.log(`opaque ${percent(measured.opaque, measured.valid)} %`);
  if (verbose) for (const example of measured.examples) console.log(`\n${example.construct}\n  ${example.sql}`);
}

function table(title: string, counts: ReadonlyMap<string, number>): void {
  if (counts.size === 0) return;
  console.log(`${title}:`);
  for (const [name, count] of [...counts].sort((a, b) => b[1] - a[1])) {
    console.log(`  ${String(count).padStart(6)}  ${name}`);
  }
  console.log();
}

function percent(part: number, whole: number): string {
  return whole === 0 ? "100" : String(Math.floor((part / whole) * 100_000) / 1000);
}

function timing(micros: readonly number[]): string {
  const sorted = [...micros].sort((a, b) => a - b);
  const at = (share: number): string => (sorted[Math.floor(sorted.length * share)] ?? 0).toFixed(1);
  const total = sorted.reduce((sum, each) => sum + each, 0);
  const perSecond = total === 0 ? 0 : Math.round((sorted.length / total) * 1_000_000);
  return `${perSecond} statements/s, median ${at(0.5)} µs, 99th percentile ${at(0.99)} µs`;
}

process.exitCode = main();
