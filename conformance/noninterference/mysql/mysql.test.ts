import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type MariadbServer, startMariadb } from "../../support/mariadb-server.ts";
import { byChance, check, summary, total } from "../check.ts";
import { type Laboratory, openLaboratory, subjects } from "./laboratory.ts";
import { twinServerOptions } from "./twin-shops.ts";

let server: MariadbServer;
const open: Laboratory[] = [];

beforeAll(async () => {
  server = await startMariadb(twinServerOptions);
});

afterAll(async () => {
  for (const laboratory of open) await laboratory.stop();
  await server?.stop();
});

/** The names of databases have the length of those that statements are written for. */
const prefixes = { analyst: "ship", regional: "shop", dba: "shut" } as const;

async function laboratoryFor(name: keyof typeof subjects): Promise<Laboratory> {
  const laboratory = await openLaboratory(server, prefixes[name], subjects[name]);
  open.push(laboratory);
  return laboratory;
}

const timeLimitMs = 240_000;

/** So that a failure of one run can be looked for in another: PENSTOCK_SEED. */
const options =
  process.env["PENSTOCK_SEED"] === undefined
    ? { timeLimitMs }
    : { timeLimitMs, seed: Number(process.env["PENSTOCK_SEED"]) };

describe("two databases of MariaDB that differ in masked values and hidden rows only", {
  timeout: timeLimitMs + 60_000,
}, () => {
  test.each([
    ["analyst", 200],
    ["regional", 250],
  ] as const)("answer alike to %s, whatever is asked: %i statements", async (name, runs) => {
    const laboratory = await laboratoryFor(name);
    const started = performance.now();
    const report = await check(laboratory, { runs, ...options });
    console.log(`${name}: ${summary(report, performance.now() - started)}`);
    if (report.failure !== undefined) throw new Error(report.failure);
    expect(report.scripts).toBe(runs);
    // Who is refused everything is told nothing, and needs no masks.
    const { read, change } = report.outcomes;
    const [reads, changes] = [total(read), total(change)];
    expect(read.denied).toBeLessThanOrEqual(reads * 0.1 + byChance(reads, 0.1));
    expect(read.ran).toBeGreaterThanOrEqual(reads * 0.7 - byChance(reads, 0.7));
    expect(changes).toBeGreaterThan(runs / 5);
    expect(change.denied).toBeLessThanOrEqual(changes * 0.15 + byChance(changes, 0.15));
    expect(laboratory.proxied.events.filter(({ kind }) => kind === "fault" || kind === "origin_leak")).toEqual([]);
  });

  test("answer otherwise to somebody for whom nothing is masked: the property can fail", async () => {
    const laboratory = await laboratoryFor("dba");
    const report = await check(laboratory, { runs: 100, ...options });
    expect(report.failure).toContain("the two databases answer differently");
  });
});
