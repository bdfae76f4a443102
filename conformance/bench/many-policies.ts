/**
 * `policy check` and `policy test` on a company's worth of policies, as whole commands: what a reviewer waits for. The set is generated:
 * rules of every kind over the tables of a made-up schema, in files of fifty, and tests that decide about statements on them.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { printSample, printTable, sample } from "./statistics.ts";

const policyCommand = fileURLToPath(new URL("../../engine/bin/policy.js", import.meta.url));
const rulesWanted = 1_000;
const testsWanted = 500;
const rulesInFile = 50;
const tables = 100;
const rounds = 5;

export function benchManyPolicies(): void {
  const folder = mkdtempSync(join(tmpdir(), "penstock-bench-policies-"));
  try {
    writeSet(folder);
    const rows: string[][] = [["seconds, whole command", "median (min–max)"]];
    for (const command of ["check", "test"]) {
      const times = Array.from({ length: rounds }, () => secondsOf(folder, command));
      rows.push([`policy ${command}`, printSample(sample(times), 2)]);
    }
    console.log(`\n${rulesWanted} rules and ${testsWanted} tests: ${rounds} runs each`);
    printTable(rows);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function secondsOf(folder: string, command: string): number {
  const started = performance.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, [policyCommand, command, "policies"], {
    cwd: folder,
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`policy ${command} fails on the generated set:\n${stdout}${stderr}`);
  return (performance.now() - started) / 1_000;
}

/** Writes `policies/` with rules, tests and the catalog that the tests decide on. */
function writeSet(folder: string): void {
  const policies = join(folder, "policies");
  mkdirSync(join(policies, "testdata"), { recursive: true });
  writeFileSync(join(policies, "testdata", "catalog.json"), JSON.stringify({ tables: fixtureTables() }));
  const files = rulesWanted / rulesInFile;
  for (let file = 0; file < files; file += 1) {
    const numbers = Array.from({ length: rulesInFile }, (_, index) => file * rulesInFile + index);
    writeFileSync(
      join(policies, `rules_${file}.policy`),
      `package set.rules_${file}\n\n${numbers.map(rule).join("\n\n")}\n`,
    );
    const tests = numbers.filter((number) => number % (rulesWanted / testsWanted) === 0).map(test);
    writeFileSync(join(policies, `rules_${file}_test.policy`), `package set.rules_${file}\n\n${tests.join("\n\n")}\n`);
  }
}

function fixtureTables(): Record<string, unknown> {
  const columns = { id: "int8", owner: "text", email: "text", amount: "numeric(10,2)", created_at: "timestamptz" };
  return Object.fromEntries(Array.from({ length: tables }, (_, table) => [`public.t${table}`, { columns }]));
}

/** Every fifth is a helper; the others decide. */
function rule(number: number): string {
  const table = `t${number % tables}`;
  switch (number % 5) {
    case 0:
      return `owns_${number} if {\n    some group in principal.groups\n    group in {"owners_${number}", "admins"}\n}`;
    case 1:
      return `deny sprintf("%s is for its owners", ["${table}"]) code "owners_${number}" if {\n    some table in query.tables\n    table.path == "public.${table}"\n    "write_${number}" in principal.groups\n    not owns_${number - 1}\n}`;
    case 2:
      return `mask public.${table}.email with email() if {\n    principal.kind == "human"\n    "masked_${number}" in principal.groups\n}`;
    case 3:
      return `limit rows ${1_000 + number} if {\n    some table in query.tables\n    table.path == "public.${table}"\n    principal.kind == "agent"\n}`;
    default:
      return `deny "not at this hour" code "hours_${number}" if {\n    query.kind in {"update", "delete"}\n    some column in query.columns\n    column.table == "${table}"\n    startswith(column.name, "created")\n    "night_${number}" in principal.groups\n}`;
  }
}

function test(number: number): string {
  const rules = number - (number % 5);
  const table = `t${(rules + 1) % tables}`;
  return `test_rule_${number} if {
    stranger := {"id": "ann", "kind": "human", "groups": {"write_${rules + 1}"}}
    refused := decide("select id, amount from ${table} where id = ${number}") with principal as stranger
    refused.outcome == "deny"
    some reason in refused.reasons
    reason.code == "owners_${rules + 1}"
    owner := object.union(stranger, {"groups": {"write_${rules + 1}", "owners_${rules}"}})
    allowed := decide("select id, amount from ${table} where id = ${number}") with principal as owner
    allowed.outcome == "allow"
}`;
}
