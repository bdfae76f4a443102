/**
 * Whoever may see everything sees what there is without a proxy: psql's scripts, its commands, and other people's SQL, byte for byte. Scripts
 * of other origin, such as PostgreSQL's own, are compared with `npm run conformance:transparency`.
 */
import { readdirSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { differences, type Pair, runScript, startPair } from "./compare.ts";

const folder = new URL("scripts/", import.meta.url);
const scripts = readdirSync(folder).filter((name) => name.endsWith(".sql"));

// psql understands servers of its own version best; the newest server has the newest statements.
describe.each([15, 18] as const)("PostgreSQL %i", (major) => {
  let pair: Pair;

  beforeAll(async () => {
    pair = await startPair({ major });
  });

  afterAll(() => pair?.stop());

  test.each(scripts)("%s prints the same", async (name) => {
    const script = readFileSync(new URL(name, folder), "utf8");
    const outputs: string[] = [];
    for (const login of [pair.direct, pair.through]) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other, in the same database made anew
      await pair.fresh();
      // oxlint-disable-next-line no-await-in-loop -- as above
      outputs.push(await runScript(login, script));
    }
    const [direct = "", through = ""] = outputs;
    expect(direct.split("\n").length).toBeGreaterThan(script.split("\n").length);
    expect(differences(script, direct, through)).toEqual([]);
  });
});
