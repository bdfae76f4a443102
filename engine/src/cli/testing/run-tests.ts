/** Runs tests in this thread. */
import type { Program, TestCase, TestHost } from "@penstock/language";
import { createTestHost } from "../../decide/test-host.ts";
import { UsageError } from "../exit-codes.ts";
import { catalogFor, readCatalog } from "../program-files.ts";
import type { RowsDatabase } from "./rows/rows-database.ts";
import type { RanTest } from "./test-run.ts";
import type { TestSettings } from "./test-settings.ts";

/** A host for each catalog: test files that share one share labels, facts and rows. */
export class Hosts {
  readonly #program: Program;
  readonly #catalog: string | undefined;
  readonly #byCatalog = new Map<string, TestHost>();
  /** The catalog beside each test file. */
  readonly #fixtures = new Map<string, string | undefined>();
  /** By the catalog that they stand beside. */
  readonly #databases = new Map<string, RowsDatabase>();

  private constructor(program: Program, catalog: string | undefined) {
    this.#program = program;
    this.#catalog = catalog;
  }

  /** @param files the tests that will run: databases are opened for those that ask for rows */
  static async open(
    program: Program,
    { catalog, databaseUrl }: Pick<TestSettings, "catalog" | "databaseUrl">,
    files: ReadonlyMap<string, readonly TestCase[]>,
  ): Promise<Hosts> {
    const hosts = new Hosts(program, catalog);
    try {
      for (const [file, cases] of files) {
        const path = hosts.#catalogOf(file);
        if (databaseUrl === undefined || path === undefined || hosts.#databases.has(path)) continue;
        if (!cases.some(({ usesRows }) => usesRows)) continue;
        const { openRowsDatabase } = await import("./rows/rows-database.ts");
        hosts.#databases.set(path, await openRowsDatabase(program, path, databaseUrl));
      }
    } catch (error) {
      await hosts.close();
      throw error;
    }
    return hosts;
  }

  of(file: string): TestHost {
    const path = this.#catalogOf(file);
    if (path === undefined) return hostWithoutCatalog(file);
    let host = this.#byCatalog.get(path);
    if (host === undefined) {
      host = createTestHost(this.#program, readCatalog(path), this.#databases.get(path)?.rows);
      this.#byCatalog.set(path, host);
    }
    return host;
  }

  async close(): Promise<void> {
    for (const database of this.#databases.values()) await database.close();
  }

  #catalogOf(file: string): string | undefined {
    if (this.#catalog !== undefined) return this.#catalog;
    if (!this.#fixtures.has(file)) this.#fixtures.set(file, catalogFor(file));
    return this.#fixtures.get(file);
  }
}

function hostWithoutCatalog(file: string): TestHost {
  const refuse = (): never => {
    throw new UsageError(
      `${file} calls decide(sql) or rows(sql), which need a catalog: add testdata/catalog.json beside it, or pass --catalog FILE`,
    );
  };
  return { decide: refuse, rows: refuse };
}

export function runTest(test: TestCase, host: TestHost): RanTest {
  const started = performance.now();
  const result = test.run(host);
  return { name: test.name, ...test.rule, ...result, milliseconds: performance.now() - started };
}
