import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import { byChance, check, summary, total } from "./check.ts";
import { type Laboratory, openLaboratory, subjects } from "./property.ts";
import { twinServerSettings } from "./twin-databases.ts";

let server: PostgresServer;
const open: Laboratory[] = [];

beforeAll(async () => {
  server = await startPostgres({ settings: twinServerSettings });
});

afterAll(async () => {
  for (const laboratory of open) await laboratory.stop();
  await server?.stop();
});

async function laboratoryFor(name: keyof typeof subjects): Promise<Laboratory> {
  const laboratory = await openLaboratory(server, `shop_of_${name}`, subjects[name]);
  open.push(laboratory);
  return laboratory;
}

const timeLimitMs = 240_000;

/** So that a failure of one run can be looked for in another: PENSTOCK_SEED. */
const options =
  process.env["PENSTOCK_SEED"] === undefined
    ? { timeLimitMs }
    : { timeLimitMs, seed: Number(process.env["PENSTOCK_SEED"]) };

describe("two databases that differ in masked values and hidden rows only", { timeout: timeLimitMs + 60_000 }, () => {
  test.each([
    ["analyst", 300],
    ["strict", 150],
    ["regional", 300],
    ["agent", 50],
  ] as const)("answer alike to %s, whatever is asked: %i statements", async (name, runs) => {
    const laboratory = await laboratoryFor(name);
    const started = performance.now();
    const report = await check(laboratory, { runs, ...options });
    console.log(`${name}: ${summary(report, performance.now() - started)}`);
    if (report.failure !== undefined) throw new Error(report.failure);
    expect(report.scripts).toBe(runs);
    // Who is refused everything is told nothing, and needs no masks.
    const { read } = report.outcomes;
    const reads = total(read);
    expect(read.denied).toBeLessThanOrEqual(reads * 0.1 + byChance(reads, 0.1));
    expect(read.ran).toBeGreaterThanOrEqual(reads * 0.8 - byChance(reads, 0.8));
    expect(laboratory.proxied.events.filter(({ kind }) => kind === "fault" || kind === "origin_leak")).toEqual([]);
  });

  test("answer otherwise to somebody for whom nothing is masked: the property can fail", async () => {
    const laboratory = await laboratoryFor("dba");
    const report = await check(laboratory, { runs: 100, ...options });
    expect(report.failure).toContain("the two databases answer differently");
  });
});
