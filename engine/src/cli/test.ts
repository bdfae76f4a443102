import type { Command } from "commander";
import {
  formatDiagnostics,
  type Program,
  type SourceFile,
  type TestCase,
  type TestHost,
  type TestResult,
} from "@penstock/language";
import type { Catalog } from "../catalog/catalog.ts";
import { createTestHost } from "../decide/test-host.ts";
import { exitCodes, UsageError } from "./exit-codes.ts";
import { catalogFor, compileFiles, readCatalog } from "./program-files.ts";

interface TestOptions {
  readonly run?: string;
  readonly catalog?: string;
  readonly format: string;
}

interface Ran {
  readonly test: TestCase;
  readonly result: TestResult;
  readonly milliseconds: number;
}

export function registerTest(program: Command): void {
  program
    .command("test")
    .description("Run the `test_` rules of policy files.")
    .argument("[paths...]", "policy files or folders", ["policies"])
    .option("--run <text>", "only tests whose name contains this text")
    .option(
      "--catalog <file>",
      "catalog fixture for decide(sql); default: testdata/catalog.json beside the test or above",
    )
    .option("--format <format>", "pretty or json", "pretty")
    .action((paths: string[], options: TestOptions) => {
      const { folder, result, diagnostics } = compileFiles(paths, true);
      const errors = diagnostics.filter((diagnostic) => diagnostic.severity === "error");
      if (result.program === undefined || errors.length > 0) {
        console.log(formatDiagnostics(errors, folder.sources, { color: process.stdout.isTTY }));
        process.exitCode = exitCodes.failed;
        return;
      }
      const ran = runTests(result.program, folder.sources, options);
      if (options.format === "json") printJson(ran);
      else printPretty(ran);
      const failed = ran.some(({ result: { outcome } }) => outcome !== "passed");
      // A run in which no test ran proves nothing, so it must not look like success.
      process.exitCode = failed || ran.length === 0 ? exitCodes.failed : exitCodes.ok;
    });
}

function runTests(program: Program, sources: readonly SourceFile[], options: TestOptions): Ran[] {
  const hosts = new Map<string, TestHost>();
  const catalogs = new Map<string, Catalog>();
  const hostFor = (file: string): TestHost => {
    const source = sources.find((candidate) => candidate.path === file);
    const path = options.catalog ?? (source === undefined ? undefined : catalogFor(source));
    if (path === undefined) return hostWithoutCatalog(file);
    let host = hosts.get(path);
    if (host === undefined) {
      const catalog = catalogs.get(path) ?? readCatalog(path);
      catalogs.set(path, catalog);
      host = createTestHost(program, catalog);
      hosts.set(path, host);
    }
    return host;
  };
  return program.tests
    .filter((test) => options.run === undefined || test.name.includes(options.run))
    .map((test) => {
      const started = performance.now();
      const result = test.run(hostFor(test.rule.file));
      return { test, result, milliseconds: performance.now() - started };
    });
}

function hostWithoutCatalog(file: string): TestHost {
  return {
    decide: () => {
      throw new UsageError(
        `${file} calls decide(sql), which needs a catalog: add testdata/catalog.json beside it, or pass --catalog FILE`,
      );
    },
  };
}

function printPretty(ran: readonly Ran[]): void {
  const failures = ran.filter(({ result }) => result.outcome !== "passed");
  for (const { test, result } of failures) {
    console.log(`${result.outcome === "failed" ? "FAIL" : "ERROR"} ${test.rule.file}:${test.rule.line} ${test.name}`);
    const { failure } = result;
    if (failure !== undefined) {
      if (failure.message !== undefined) console.log(`  ${failure.message}`);
      console.log(`  line ${failure.line}: ${failure.expression}`);
      for (const [name, value] of Object.entries(failure.variables)) console.log(`    ${name} = ${value}`);
    }
  }
  for (const { test, result } of ran) for (const line of result.prints) console.log(`${test.name}: ${line}`);
  const milliseconds = ran.reduce((sum, { milliseconds: each }) => sum + each, 0);
  if (ran.length === 0) console.log("no test ran: name a folder with `test_` rules, or check --run");
  console.log(`${ran.length - failures.length} passed, ${failures.length} failed in ${milliseconds.toFixed(0)} ms`);
}

function printJson(ran: readonly Ran[]): void {
  const tests = ran.map(({ test, result, milliseconds }) => ({
    name: test.name,
    package: test.rule.package,
    file: test.rule.file,
    line: test.rule.line,
    ...result,
    milliseconds,
  }));
  console.log(JSON.stringify({ tests }, null, 2));
}
