import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import { check, type Laboratory, openLaboratory, subjects } from "./property.ts";
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

/** How far a share may be off in so many random statements: three standard deviations. */
function byChance(runs: number, share: number): number {
  return 3 * Math.sqrt(runs * share * (1 - share));
}

describe("two databases that differ in masked values and hidden rows only", { timeout: timeLimitMs + 60_000 }, () => {
  test.each([
    ["analyst", 300],
    ["strict", 150],
    ["regional", 300],
    ["agent", 50],
  ] as const)("answer alike to %s, whatever is asked: %i statements", async (name, runs) => {
    const laboratory = await laboratoryFor(name);
    const report = await check(laboratory, { runs, ...options });
    if (report.failure !== undefined) throw new Error(report.failure);
    expect(report.scripts).toBe(runs);
    // Who is refused everything is told nothing, and needs no masks. Changes of masked tables, which are refused by intent, are among them.
    expect(report.outcomes.denied).toBeLessThanOrEqual(runs * 0.1 + byChance(runs, 0.1));
    expect(report.outcomes.ran).toBeGreaterThanOrEqual(runs * 0.8 - byChance(runs, 0.8));
    expect(laboratory.proxied.events.filter(({ kind }) => kind === "fault" || kind === "origin_leak")).toEqual([]);
  });

  test("answer otherwise to somebody for whom nothing is masked: the property can fail", async () => {
    const laboratory = await laboratoryFor("dba");
    const report = await check(laboratory, { runs: 100, ...options });
    expect(report.failure).toContain("the two databases answer differently");
  });
});
