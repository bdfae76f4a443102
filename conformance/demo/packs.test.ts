import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { policyFixture, policyFixtureFile } from "./policy-fixture.ts";

const policy = new URL("../../engine/bin/policy.js", import.meta.url).pathname;
const packs = new URL("../../policies", import.meta.url).pathname;

test("the packs' own tests pass and reach every rule", () => {
  const args = ["test", packs, "--coverage", "--threshold", "rules=100"];
  const { stdout, stderr, status } = spawnSync(process.execPath, [policy, ...args], { encoding: "utf8" });
  expect(stderr).toBe("");
  expect(stdout).toMatch(/^\d+ passed, 0 failed/m);
  expect(status).toBe(0);
});

test("the packs check without a warning", () => {
  const output = execFileSync(process.execPath, [policy, "check", packs], { encoding: "utf8" });
  expect(output).toContain("0 errors, 0 warnings");
});

test("the packs' tests decide on the schema that the demo has", async () => {
  expect(JSON.parse(readFileSync(policyFixtureFile, "utf8"))).toEqual(JSON.parse(await policyFixture()));
});
