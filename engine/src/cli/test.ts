import { type Command, Option } from "commander";
import { exitCodes, UsageError } from "./exit-codes.ts";
import { coverageFormats, reportCoverage } from "./report/coverage.ts";
import { reportDiagnostics } from "./report/diagnostics.ts";
import { formatOption } from "./report/format-option.ts";
import { reportTests, testFormats } from "./report/tests.ts";
import { writeReport } from "./write-output.ts";
import { benchTests, prettyTimes } from "./testing/bench-tests.ts";
import { type CoverageReport, shortfalls } from "./testing/coverage.ts";
import { runOnce, withHosts } from "./testing/run-once.ts";
import { hasFailed, nothingRan } from "./testing/test-run.ts";
import { parseJobs, parseThreshold, type TestSettings } from "./testing/test-settings.ts";
import { watch } from "./testing/watch.ts";

interface TestOptions extends Omit<TestSettings, "paths" | "coverage"> {
  readonly coverage?: boolean;
  readonly watch?: boolean;
  readonly bench?: boolean;
}

/** `policy test`: exit code 1 where a test fails, where policies have errors, where coverage falls short, and where no test ran. */
export function registerTest(program: Command): void {
  program
    .command("test")
    .description("Run the `test_` rules of policy files. Exit code 1 where one fails or none ran.")
    .argument("[paths...]", "policy files or folders", ["policies"])
    .option("-r, --run <pattern>", "only tests whose package.name has this text or matches this regular expression")
    .addOption(formatOption(testFormats))
    .option("-c, --coverage", "count which rules and lines the tests reach")
    .addOption(
      new Option("--threshold <percent>", "with less coverage the run fails: 90, or rules=100,lines=90").argParser(
        parseThreshold,
      ),
    )
    .addOption(
      new Option("--coverage-format <format>", "json and lcov are written to a file")
        .choices(coverageFormats)
        .default("pretty"),
    )
    .option("--coverage-output <file>", "default: coverage/coverage.json, coverage/lcov.info")
    .option("-w, --watch", "run again whenever a file changes")
    .option("--bench", "time each test: median and spread")
    .addOption(
      new Option("-j, --jobs <number>", "threads; default: more than one where tests take long").argParser(parseJobs),
    )
    .option(
      "--catalog <file>",
      "catalog fixture for decide(sql); default: testdata/catalog.json beside the test or above",
    )
    .option("--database-url <url>", "an empty PostgreSQL database for rows(sql), in place of a throw-away server")
    .action(async (paths: string[], options: TestOptions) => {
      const asked =
        options.threshold !== undefined || options.coverageOutput !== undefined || options.coverageFormat !== "pretty";
      const settings: TestSettings = { ...options, paths, coverage: options.coverage === true || asked };
      if (options.bench === true && (settings.coverage || options.watch === true)) {
        throw new UsageError("--bench measures alone: leave out --watch and --coverage");
      }
      if (options.bench === true) return bench(settings);
      if (options.watch !== true) return runAndReport(settings);
      // What is wrong now may be mended next: only Ctrl-C ends a watch.
      await watch(paths, () => runAndReport(settings).catch(reportMisuse));
    });
}

async function runAndReport(settings: TestSettings): Promise<void> {
  const run = await runOnce(settings);
  const { format } = settings;
  process.stdout.write(`${reportTests(format, run, isColorful(process.stdout))}\n`);
  const isEmpty = run.tests.length === 0 && run.diagnostics.length === 0;
  if (isEmpty && format !== "pretty") console.error(`policy test: ${nothingRan}`);
  const short = run.coverage === undefined ? [] : reportCovered(run.coverage, settings);
  process.exitCode = hasFailed(run) || short.length > 0 ? exitCodes.failed : exitCodes.ok;
}

/** Beside a report for machines, coverage for people goes to standard error. */
function reportCovered(coverage: CoverageReport, settings: TestSettings): string[] {
  const { format, coverageFormat, coverageOutput, threshold } = settings;
  const stream = format === "pretty" ? process.stdout : process.stderr;
  if (coverageFormat === "pretty" && coverageOutput === undefined) {
    stream.write(`\n${reportCoverage("pretty", coverage, isColorful(stream))}\n`);
  } else {
    const path = coverageOutput ?? defaultOutputs[coverageFormat];
    writeReport(path, reportCoverage(coverageFormat, coverage, false));
    stream.write(`coverage written to ${path}\n`);
  }
  const short = threshold === undefined ? [] : shortfalls(coverage, threshold);
  for (const line of short) console.error(`policy test: ${line}`);
  return short;
}

/** As other tools call them, so that CI services find them. */
const defaultOutputs = {
  pretty: "coverage/coverage.txt",
  json: "coverage/coverage.json",
  lcov: "coverage/lcov.info",
} as const;

async function bench(settings: TestSettings): Promise<void> {
  if (settings.format !== "pretty" && settings.format !== "json") {
    throw new UsageError("--bench reports as pretty or json");
  }
  const times = await withHosts(settings, (loaded, hosts) => {
    if (loaded.errors.length > 0)
      console.error(
        reportDiagnostics("pretty", { diagnostics: loaded.errors }, loaded.sources, isColorful(process.stderr)),
      );
    return benchTests(loaded, hosts);
  });
  if (times.length === 0) console.error(`policy test: ${nothingRan}`);
  else console.log(settings.format === "json" ? JSON.stringify({ tests: times }, undefined, 2) : prettyTimes(times));
  process.exitCode = times.length === 0 ? exitCodes.failed : exitCodes.ok;
}

function reportMisuse(error: unknown): void {
  if (!(error instanceof UsageError)) throw error;
  console.error(`policy: ${error.message}`);
}

function isColorful(stream: NodeJS.WriteStream): boolean {
  return stream.isTTY && stream.hasColors();
}
