/** The packs leave ordinary clients alone: what they ask of the catalog passes, and what they read is masked. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ClientTool, requireTool } from "../support/client-tools.ts";
import { type Stage, setStage } from "./stage.ts";

const run = promisify(execFile);
let stage: Stage;

beforeAll(async () => {
  // The oldest server: pg_dump refuses servers newer than itself.
  stage = await setStage({
    port: undefined,
    mysqlPort: undefined,
    policies: undefined,
    major: 15,
    log: () => undefined,
  });
});

afterAll(() => stage?.stop());

async function as(name: string, tool: ClientTool, ...args: string[]): Promise<string> {
  const person = stage.people.find((each) => each.name === name);
  const { host, port, database } = stage.postgres;
  const env = {
    ...process.env,
    PGHOST: host,
    PGPORT: String(port),
    PGUSER: name,
    PGDATABASE: database,
    PGPASSWORD: person?.password,
  };
  const { stdout } = await run(requireTool(tool), args, { env, maxBuffer: 64 * 1024 * 1024 });
  return stdout;
}

async function asOnMariadb(name: string, tool: ClientTool, ...args: string[]): Promise<string> {
  const person = stage.people.find((each) => each.name === name);
  if (stage.mariadb === undefined || person === undefined) throw new Error("no MariaDB, or nobody of that name");
  const { host, port } = stage.mariadb;
  const login = [`--host=${host}`, `--port=${port}`, `--user=${name}`, `--password=${person.password}`];
  const { stdout } = await run(requireTool(tool), ["--no-defaults", ...login, "--skip-ssl", ...args], {
    maxBuffer: 64 * 1024 * 1024,
  });
  return stdout;
}

describe.each(["analyst", "agent"])("psql of the %s", (name) => {
  test.each([
    ["\\d", "customer_overview"],
    ["\\dt+", "Everyone who has ever ordered"],
    ["\\d customers", "card_number"],
    ["\\d+ customer_overview", "View definition"],
    ["\\di", "customers_pkey"],
    ["\\l", "shop"],
    ["\\du", "Superuser"],
    ["\\dn", "public"],
    ["\\db", "pg_default"],
    ["\\dx", "plpgsql"],
    ["\\dT+", "order_status"],
    ["\\dD", "quantity"],
    ["\\dp customers", "customers"],
    ["\\df pg_catalog.version", "version"],
    ["\\conninfo", "shop"],
  ])("understands %s", async (command, expected) => {
    expect(await as(name, "psql", "-X", "-c", command)).toContain(expected);
  });
});

test("\\copy hides what the analyst may not see", async () => {
  const rows = await as("analyst", "psql", "-X", "-c", "\\copy customers to stdout");
  expect(rows.trimEnd().split("\n")).toHaveLength(2000);
  expect(rows).toContain("Carlos Wirth");
  expect(rows).not.toContain("carlos.wirth7");
  expect(rows).not.toContain("423-00-3779");
});

test("pg_dump dumps masked data for the analyst and real data for the administrator", async () => {
  const [masked, real] = await Promise.all([as("analyst", "pg_dump"), as("dba", "pg_dump")]);
  for (const dump of [masked, real]) {
    expect(dump).toContain("CREATE VIEW public.customer_overview");
    expect(dump).toContain("PostgreSQL database dump complete");
  }
  expect(real).toContain("423-00-3779");
  expect(masked).not.toContain("423-00-3779");
  expect(masked).not.toMatch(/scrypt\$/);
});

describe.each(["analyst", "agent"])("mariadb of the %s", (name) => {
  test.each([
    ["show tables", "customer_overview"],
    ["show full tables", "VIEW"],
    ["show table status like 'customers'", "Everyone who has ever ordered"],
    ["show full columns from customers", "card_number"],
    ["show create table customers", "`ssn` varchar(11)"],
    ["show create view customer_overview", "customer_overview"],
    ["show index from orders", "orders_customer"],
    ["describe employees", "salary"],
    ["show databases", "shop"],
    ["show variables like 'version'", "10.11"],
    ["status", "Server version"],
  ])("understands %s", async (command, expected) => {
    expect(await asOnMariadb(name, "mariadb", "shop", "--execute", command)).toContain(expected);
  });
});

test("mariadb-dump dumps masked data for the analyst and real data for the administrator", async () => {
  const [masked, real] = await Promise.all([
    asOnMariadb("analyst", "mariadb-dump", "--single-transaction", "shop"),
    asOnMariadb("dba", "mariadb-dump", "--single-transaction", "shop"),
  ]);
  for (const dump of [masked, real]) {
    expect(dump).toContain("customer_overview");
    expect(dump).toContain("-- Dump completed");
  }
  expect(real).toContain("423-00-3779");
  expect(masked).not.toContain("423-00-3779");
  expect(masked).not.toMatch(/scrypt\$/);
});
