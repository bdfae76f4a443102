/** The same with PostgreSQL's own programs, as people run them: psql and pg_dump, every byte that they receive searched. */
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { libpqEnvironment, requireTool } from "../support/client-tools.ts";
import { type GuardedUser, type ShopUnderGuard, startShopUnderGuard } from "../support/shop-under-guard.ts";
import { completionQueries } from "./completion-queries.ts";

const run = promisify(execFile);
let shop: ShopUnderGuard;

beforeAll(async () => {
  // Of a major that any installed pg_dump accepts: it refuses servers newer than itself.
  shop = await startShopUnderGuard({ major: 15 });
});

afterAll(() => shop?.stop());

beforeEach(() => shop.tap.clear());

async function psql(user: GuardedUser, ...commands: string[]): Promise<string> {
  const args = ["-X", "-v", "ON_ERROR_STOP=1", ...commands.flatMap((command) => ["-c", command])];
  const { stdout } = await run(requireTool("psql"), args, { env: libpqEnvironment(shop.as(user)), maxBuffer: 1e8 });
  return stdout;
}

/** As typed in, or from a file: what goes to standard output and standard error. */
async function psqlScript(user: GuardedUser, script: string): Promise<string> {
  const running = run(requireTool("psql"), ["-X"], { env: libpqEnvironment(shop.as(user)), maxBuffer: 1e8 });
  running.child.stdin?.end(`${script}\n`);
  const { stdout, stderr } = await running;
  return stdout + stderr;
}

const expectNothingHidden = () => expect(shop.hidden.findIn(shop.tap.received())).toEqual([]);

describe("psql", () => {
  test.each([
    ["\\d", "customers"],
    ["\\dt+", "Everyone who has ever ordered"],
    ["\\d customers", "credit_limit"],
    ["\\d+ customer_overview", "last_order"],
    ["\\dv", "customer_overview"],
    ["\\di+", "customers_pkey"],
    ["\\df", "List of functions"],
    ["\\dn+", "public"],
    ["\\du", "shop"],
    ["\\dp customers", "Access privileges"],
    ["\\dT+", "order_status"],
    ["\\dd", "Object descriptions"],
    ["\\l", "shop"],
    ["\\sv customer_overview", "CREATE OR REPLACE VIEW"],
    ["\\conninfo", "shop"],
    ["\\timing", "Timing"],
  ])("%s works", async (command, expected) => {
    expect(await psql("analyst", command)).toContain(expected);
    expectNothingHidden();
  });

  test.each(completionQueries)("completes names: %s", async (sql) => {
    expect(await psql("analyst", sql)).toMatch(/\(\d+ rows?\)/);
    expectNothingHidden();
  });

  test("\\copy to a file gives masked values, and all rows", async () => {
    const folder = mkdtempSync(join(tmpdir(), "penstock-copy-"));
    try {
      const file = join(folder, "customers.csv");
      await psql("analyst", `\\copy customers to '${file}' with (format csv, header)`);
      const lines = readFileSync(file, "utf8").trim().split("\n");
      expect(lines).toHaveLength(17);
      expect(lines[1]).toContain("***@");
      await psql("analyst", `\\copy (select name, ssn from customers) to '${file}'`);
      expect(readFileSync(file, "utf8")).toContain("***");
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
    expect(await psql("analyst", "\\copy customers to stdout")).toContain("***");
    expectNothingHidden();
  });

  test("\\gset, \\gexec, \\gdesc, \\crosstabview and \\bind work on masked values", async () => {
    const shown = await psqlScript(
      "analyst",
      String.raw`
        select ssn as s, id from customers where id = 2 \gset
        \echo set to :s for :id
        select format('select %L as made', ssn) from customers where id = 2 \gexec
        select ssn, email from customers \gdesc
        select city, country, max(ssn) from customers group by 1, 2 \crosstabview`,
    );
    expect(shown).toContain("set to *** for 2");
    expect(shown).toMatch(/made[\s-]+\*\*\*/);
    expect(shown).toMatch(/ssn +\| character varying\(11\)/);
    expect(shown).not.toContain("ERROR");
    expectNothingHidden();
  });

  test("FETCH_COUNT, which reads through a cursor, works", async () => {
    const shown = await psqlScript("analyst", "\\set FETCH_COUNT 3\nselect name, ssn from customers;");
    expect(shown.split("\n").filter((line) => line.includes("***"))).toHaveLength(16);
    expectNothingHidden();
  });

  test("a refusal is shown with its reason, and the session goes on", async () => {
    const shown = await psqlScript("analyst", "drop table customers;\nselect 'still here' as x;");
    expect(shown).toMatch(/ERROR: .*DROP TABLE/);
    expect(shown).toContain("still here");
  });
});

describe("pg_dump", () => {
  const dump = async (user: GuardedUser, ...args: string[]) =>
    (await run(requireTool("pg_dump"), args, { env: libpqEnvironment(shop.as(user)), maxBuffer: 1e8 })).stdout;

  test("dumps the whole database, masked for whom it is masked", async () => {
    const text = await dump("analyst");
    expect(text).toContain("CREATE TABLE public.customers");
    expect(text).toContain("COPY public.customers (id, name, email");
    expect(text).toContain("***@example");
    expect(text).toContain("PostgreSQL database dump complete");
    expectNothingHidden();
  });

  test("dumps as INSERT statements, which reads through a cursor", async () => {
    const text = await dump("analyst", "--inserts", "--table", "customers");
    expect(text).toMatch(/INSERT INTO public\.customers VALUES \(1, .*\*\*\*/);
    expectNothingHidden();
  });

  test("dumps real values for whom nothing is masked", async () => {
    await dump("dba", "--data-only", "--table", "customers");
    expect(shop.hidden.findIn(shop.tap.received()).length).toBeGreaterThan(10);
  });
});
