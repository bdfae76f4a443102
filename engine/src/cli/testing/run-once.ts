/** One run of the selected tests: in this thread, and in more where that pays. */
import { availableParallelism } from "node:os";
import { addCounts, type CoverageReport, coverageReport } from "./coverage.ts";
import { type LoadedTests, loadTests } from "./loaded-tests.ts";
import { Progress } from "./progress.ts";
import { runInWorkers } from "./run-in-workers.ts";
import { Hosts, runTest } from "./run-tests.ts";
import type { RanTest, TestRun } from "./test-run.ts";
import type { TestSettings } from "./test-settings.ts";

/** A further thread compiles the policies anew: it pays only where so many times as long is left to do, which a while has to tell. */
const compilesLeft = 4;
const estimateAfterMs = 2_000;

/** Loads the selected tests, with a server for as long as `use` takes where some of them ask for rows. */
async function withServer<T>(
  settings: TestSettings,
  use: (loaded: LoadedTests, settings: TestSettings) => Promise<T>,
): Promise<T> {
  const loaded = loadTests(settings);
  const usesRows = [...loaded.files.values()].flat().some((test) => test.usesRows);
  if (!usesRows) return use(loaded, { ...settings, databaseUrl: undefined });
  const { startRowsServer } = await import("./rows/rows-server.ts");
  const server = await startRowsServer(settings.databaseUrl);
  try {
    return await use(loaded, { ...settings, databaseUrl: server.url });
  } finally {
    await server.stop();
  }
}

/** The selected tests with what they run against, in this thread; nothing where the policies have errors. */
export function withHosts<T>(settings: TestSettings, use: (loaded: LoadedTests, hosts: Hosts) => T[]): Promise<T[]> {
  return withServer(settings, async (loaded, served) => {
    if (loaded.program === undefined) return [];
    const hosts = await Hosts.open(loaded.program, served, loaded.files);
    try {
      return use(loaded, hosts);
    } finally {
      await hosts.close();
    }
  });
}

export function runOnce(settings: TestSettings): Promise<TestRun & { readonly coverage: CoverageReport | undefined }> {
  return withServer(settings, async (loaded, served) => {
    const { program, files, errors, sources } = loaded;
    const started = performance.now();
    const counts: number[] = [];
    const tests = await runAll(loaded, served, counts);
    const milliseconds = performance.now() - started;
    const order = new Map([...files.keys()].map((file, index) => [file, index]));
    return {
      tests: tests.toSorted((a, b) => (order.get(a.file) ?? 0) - (order.get(b.file) ?? 0) || a.line - b.line),
      diagnostics: errors,
      sources,
      milliseconds,
      coverage: program?.coverage === undefined ? undefined : coverageReport(program.coverage, counts),
    };
  });
}

async function runAll(
  { program, files, milliseconds }: LoadedTests,
  settings: TestSettings,
  counts: number[],
): Promise<RanTest[]> {
  if (program === undefined) return [];
  const progress = new Progress([...files.values()].reduce((sum, cases) => sum + cases.length, 0));
  const tests: RanTest[] = [];
  const add = (test: RanTest): void => {
    tests.push(test);
    progress.ran(test.file, test.outcome === "passed");
  };
  const left = [...files.keys()];
  const started = performance.now();
  try {
    if (settings.jobs === undefined || workersFor(settings, left.length) < 2) {
      const hosts = await Hosts.open(program, settings, files);
      try {
        for (let file = left.shift(); file !== undefined; file = left.shift()) {
          for (const test of files.get(file) ?? []) add(runTest(test, hosts.of(file)));
          const elapsed = performance.now() - started;
          const toDo = (elapsed * left.length) / (files.size - left.length);
          const paying = elapsed > estimateAfterMs && toDo > compilesLeft * milliseconds;
          if (paying && settings.jobs === undefined && workersFor(settings, left.length) > 1) break;
        }
      } finally {
        await hosts.close();
      }
      addCounts(counts, program.coverage?.counts ?? []);
    }
    if (left.length > 0) {
      addCounts(counts, await runInWorkers(settings, left, workersFor(settings, left.length), add));
    }
  } finally {
    progress.end();
  }
  return tests;
}

/** How many threads can share the files that are left. */
function workersFor({ jobs }: TestSettings, filesLeft: number): number {
  return Math.min(jobs ?? availableParallelism(), filesLeft);
}
