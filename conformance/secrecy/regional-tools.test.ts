/**
 * PostgreSQL's own programs as somebody from whom rows are hidden: what they show is what they would show of a database without those rows,
 * and the same whatever is hidden.
 */
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hiddenRows, regionalPolicy } from "../noninterference/hidden-rows.ts";
import { createTwins, hiddenByPacks, type Twins, twinServerSettings } from "../noninterference/twin-databases.ts";
import { libpqEnvironment, requireTool } from "../support/client-tools.ts";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import { packSources, type Proxied, type ProxiedLogin, startProxied } from "../support/proxied.ts";

const run = promisify(execFile);
let server: PostgresServer;
let twins: Twins;
let proxied: Proxied;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "penstock-regional-"));
  // Of a major that any installed pg_dump accepts.
  server = await startPostgres({ major: 15, settings: twinServerSettings });
  twins = await createTwins(server, "shop", hiddenByPacks, hiddenRows);
  const packs = packSources();
  proxied = await startProxied({
    databases: [twins.shop, twins.twin],
    users: [{ name: "regional", kind: "human", groups: ["analyst", "regional"] }],
    policies: [...packs.sources, regionalPolicy],
    data: packs.data,
  });
});

afterAll(async () => {
  await proxied.stop();
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

interface Output {
  readonly stdout: string;
  readonly stderr: string;
}

async function tool(name: "psql" | "pg_dump", login: ProxiedLogin, args: readonly string[]): Promise<Output> {
  const { stdout, stderr } = await run(requireTool(name), args, { env: libpqEnvironment(login), maxBuffer: 1e8 }).catch(
    (failed: Output) => failed,
  );
  // Newer versions of pg_dump put a random word around a dump.
  return { stdout: stdout.replaceAll(/^\\(?:un)?restrict \w+$/gm, ""), stderr };
}

/** Through the proxy at two databases that differ in what is hidden, and directly at one without it. */
async function everywhere(name: "psql" | "pg_dump", ...args: string[]) {
  const [shown, ofTwin, direct] = await Promise.all(
    [proxied.as("regional", twins.shop.database), proxied.as("regional", twins.twin.database), twins.masked].map(
      (login) => tool(name, login, args),
    ),
  );
  if (shown === undefined || ofTwin === undefined || direct === undefined)
    throw new Error("three outputs were asked for");
  return { shown, ofTwin, direct };
}

const sorted = (text: string) => text.split("\n").sort();

describe("psql", () => {
  test.each([
    ["\\d \\d+ \\dS \\dt \\dt+ \\dv \\dv+ \\dm \\dm+ \\ds \\ds+ \\di \\di+ \\dE \\dP \\dP+ \\dPn"],
    ["\\d customers", "\\d+ customers", "\\d+ orders", "\\d+ page_views", "\\d+ employees", "\\d+ customer_overview"],
    ["\\da \\dA \\dA+ \\dAc \\dAf \\dAo \\dAp \\dc \\dC \\dd \\dD \\dD+ \\ddp \\des \\det \\deu \\dew"],
    ["\\df \\df+ \\dF \\dF+ \\dFd \\dFp \\dFt \\do \\dO \\dL \\dL+ \\dT \\dT+ \\dy \\dX \\dx \\dx+"],
    ["\\dg \\du+ \\drds \\dRp \\dRs \\dl \\dn \\dn+ \\dp \\z \\db \\db+ \\l \\l+ \\dconfig"],
    ["\\sv customer_overview", "\\sv+ customer_overview", "\\dp customers", "\\z orders", "\\encoding", "\\timing"],
  ])("shows with %s what does not depend on hidden rows, and refuses none of it", async (...lines) => {
    const script = join(folder, "commands.sql");
    writeFileSync(script, lines.flatMap((line) => (line.includes(" \\") ? line.split(" ") : [line])).join("\n"));
    const { shown, ofTwin } = await everywhere("psql", "-X", "-f", script);
    expect(shown.stderr).not.toContain("ERROR");
    expect(shown).toEqual(ofTwin);
    expect(shown.stdout.length).toBeGreaterThan(20);
  });

  test.each([
    "customers",
    "orders",
    "employees",
    "support_tickets",
    "(table page_views)",
    "customers (id, name)",
    "(select count(*), sum(total) from orders)",
    "(select c.name, o.total from customers c join orders o on o.customer_id = c.id)",
  ])("copies of %s the rows that there are", async (what) => {
    const { shown, ofTwin, direct } = await everywhere(
      "psql",
      "-X",
      "-c",
      `\\copy ${what} to stdout with (format csv, header)`,
    );
    expect(shown.stderr).toBe("");
    expect(shown).toEqual(ofTwin);
    expect(sorted(shown.stdout)).toEqual(sorted(direct.stdout));
  });

  test("copies to a file, and reads through a cursor", async () => {
    const file = join(folder, "copy.csv");
    const { stdout } = await tool("psql", proxied.as("regional"), ["-X", "-c", `\\copy orders to '${file}' csv`]);
    const { stdout: direct } = await tool("psql", twins.masked, ["-X", "-c", "\\copy orders to stdout csv"]);
    expect(stdout).toMatch(/^COPY \d+/);
    expect(sorted(readFileSync(file, "utf8"))).toEqual(sorted(direct));
    const fetched = await everywhere(
      "psql",
      "-X",
      "-A",
      "-v",
      "FETCH_COUNT=2",
      "-c",
      "select id, total from orders order by id",
    );
    expect(fetched.shown).toEqual(fetched.direct);
  });
});

describe("pg_dump", () => {
  test.each([
    ["the whole database"],
    ["the schema", "--schema-only"],
    ["data", "--data-only"],
    ["a filtered table", "--table", "orders"],
    ["a partitioned one", "--table", "page_views*"],
    ["as INSERT statements", "--inserts", "--table", "customers"],
    ["with names of columns", "--column-inserts", "--table", "employees"],
    ["in many rows a statement", "--rows-per-insert=3", "--table", "orders"],
    ["without comments and owners", "--no-owner", "--no-comments", "--no-privileges"],
  ])("dumps %s as if hidden rows were not there", async (_, ...args) => {
    const { shown, ofTwin, direct } = await everywhere("pg_dump", ...args);
    expect(shown.stderr).toBe("");
    expect(shown).toEqual(ofTwin);
    expect(shown.stdout).toContain("PostgreSQL database dump complete");
    expect(sorted(shown.stdout)).toEqual(sorted(direct.stdout));
  });
});
