/**
 * Whoever may see everything sees what there is without a proxy: psql's scripts, its commands, and other people's SQL, byte for byte. Scripts
 * of other origin, such as PostgreSQL's own, are compared with `npm run conformance:transparency`.
 */
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { differences } from "../compare.ts";
import { runScripts } from "./run-scripts.ts";

const folder = new URL("scripts/", import.meta.url).pathname;
const scripts = readdirSync(folder).filter((name) => name.endsWith(".sql"));

// psql understands servers of its own version best; the newest server has the newest statements.
test.each(([15, 18] as const).flatMap((major) => scripts.map((name) => ({ major, name }))))(
  "$name prints the same on PostgreSQL $major",
  async ({ major, name }) => {
    const path = folder + name;
    const script = readFileSync(path, "utf8");
    const direct = (await runScripts([path], "direct", { major, found: "shop" })).scripts[0] ?? "";
    const {
      scripts: [through = ""],
      faults,
    } = await runScripts([path], "through", { major, found: "shop" });
    expect(direct.split("\n").length).toBeGreaterThan(script.split("\n").length);
    expect(differences(script, direct, through)).toEqual([]);
    expect(faults).toEqual([]);
  },
);
