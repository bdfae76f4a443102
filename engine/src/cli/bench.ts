import type { Command } from "commander";
import { formatDiagnostics } from "@penstock/language";
import { stepsForRoots } from "../decide/test-host.ts";
import { World } from "../decide/world.ts";
import { exitCodes, UsageError } from "./exit-codes.ts";
import { catalogFor, compileFiles, readCatalog } from "./program-files.ts";
import { formatOption } from "./report/format-option.ts";
import { type RootsOptions, rootsFrom } from "./roots-options.ts";
import { type Sample, sampleOf } from "./testing/sample.ts";

interface BenchOptions extends RootsOptions {
  readonly sql: string;
  readonly catalog?: string;
  readonly format: "pretty" | "json";
}

/** Times of one step, in microseconds a call. */
interface StepTime {
  readonly step: string;
  readonly calls: number;
  readonly time: Sample;
}

/** `policy bench`: what a statement's decision costs under the policies. */
export function registerBench(program: Command): void {
  program
    .command("bench")
    .description("Time the decision on a statement for a principal: median and p99 in microseconds.")
    .argument("[paths...]", "policy files or folders", ["policies"])
    .requiredOption("--sql <text>", "the statement")
    .option("--catalog <file>", "catalog fixture; default: testdata/catalog.json beside the policies or above")
    .option("--principal <json>", 'the principal as JSON or a file: {"id":"ann","kind":"human","groups":["analyst"]}')
    .option("--target <json>", 'the target as JSON or a file: {"environment":"staging"}')
    .addOption(formatOption(["pretty", "json"]))
    .action((paths: string[], options: BenchOptions) => {
      const { folder, result, diagnostics } = compileFiles(paths, false);
      const errors = diagnostics.filter(({ severity }) => severity === "error");
      if (result.program === undefined || errors.length > 0) {
        console.error(formatDiagnostics(errors, folder.sources, { color: process.stderr.isTTY }));
        process.exitCode = exitCodes.failed;
        return;
      }
      const [first] = folder.sources;
      const catalog = options.catalog ?? (first === undefined ? undefined : catalogFor(first.path));
      if (catalog === undefined)
        throw new UsageError("there is no testdata/catalog.json beside the policies or above: pass --catalog FILE");
      const times = timesOf(new World(result.program, readCatalog(catalog)), options);
      console.log(
        options.format === "json"
          ? JSON.stringify({ sql: options.sql, unit: "µs", times }, undefined, 2)
          : pretty(times),
      );
    });
}

function timesOf(world: World, options: BenchOptions): StepTime[] {
  try {
    const { whole, fromFacts } = stepsForRoots(world, options.sql, rootsFrom(options));
    return [
      measure("rules, from the facts of the statement", fromFacts),
      measure("a text that is new: parse, resolve, decide, rewrite", whole),
    ];
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`the statement cannot be read: ${(error as Error).message}`, { cause: error });
  }
}

const warmUpMs = 300;
const measureMs = 1_500;
/** A call of less than a microsecond is far below what the clock resolves, so calls are timed in batches of this length. */
const batchMs = 0.2;

function measure(step: string, call: () => unknown): StepTime {
  let calls = 0;
  const warm = performance.now();
  while (performance.now() - warm < warmUpMs) {
    call();
    calls += 1;
  }
  const batch = Math.max(1, Math.round((calls / warmUpMs) * batchMs));
  const times: number[] = [];
  const started = performance.now();
  while (performance.now() - started < measureMs) {
    const from = performance.now();
    for (let index = 0; index < batch; index += 1) call();
    times.push(((performance.now() - from) * 1_000) / batch);
  }
  return { step, calls: times.length * batch, time: sampleOf(times) };
}

function pretty(times: readonly StepTime[]): string {
  const width = Math.max(...times.map(({ step }) => step.length));
  return [
    `${"µs a statement".padEnd(width)}  ${["median", "min", "p99", "calls"].map((name) => name.padStart(9)).join("  ")}`,
    ...times.map(({ step, calls, time: { median, min, p99 } }) => {
      const cells = [...[median, min, p99].map((value) => value.toFixed(2)), String(calls)];
      return `${step.padEnd(width)}  ${cells.map((cell) => cell.padStart(9)).join("  ")}`;
    }),
  ].join("\n");
}
