import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { PoliciesConfig } from "../config/sections/policies.ts";
import { PolicyLoader } from "./policy-loader.ts";
import { PolicySource } from "./policy-source.ts";

const good = 'package guard\n\ndeny "no" if query.kind == "truncate"\n';

let folder: string;
let config: PoliciesConfig;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "penstock-policies-"));
  config = { kind: "folder", paths: [folder], pollMs: 3_600_000 };
  write(good);
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(text: string, name = "guard.policy"): void {
  writeFileSync(join(folder, name), text);
}

async function source() {
  const loader = new PolicyLoader(config);
  const first = await loader.load();
  if (first.kind !== "loaded") throw new Error("the policies do not load");
  const swapped: string[] = [];
  const refused: string[] = [];
  const policies = new PolicySource(first.policies, {
    watched: config,
    loader,
    swap: ({ enforcer }) => swapped.push(enforcer.revision),
    refused: ({ report }) => refused.push(report),
    unreachable: () => undefined,
  });
  return { policies, swapped, refused, revision: first.policies.enforcer.revision };
}

test("the same content is the same revision and swaps nothing", async () => {
  const { policies, swapped } = await source();
  write(good);
  await policies.reload();
  expect(swapped).toEqual([]);
  expect(policies.counters).toEqual({ swaps: 0, refusals: 0, failures: 0 });
});

test("changed content comes into force; with mistakes it does not, and the report shows where", async () => {
  const { policies, swapped, refused, revision } = await source();
  write(`${good}# more\nallow if true\n`);
  await policies.reload();
  write(good.replace('"truncate"', '"trunkate"'));
  await policies.reload();
  expect(swapped).toHaveLength(1);
  expect(swapped[0]).not.toBe(revision);
  expect(refused).toHaveLength(1);
  expect(refused[0]).toContain('query.kind == "trunkate"');
  expect(policies.counters).toEqual({ swaps: 1, refusals: 1, failures: 0 });
});

test("many calls at once lead to one load that runs and one that follows", async () => {
  const { policies, swapped } = await source();
  const running = [policies.reload()];
  write(`${good}\nallow if true\n`);
  for (let index = 0; index < 10; index++) running.push(policies.reload());
  await Promise.all(running);
  expect(swapped).toHaveLength(1);
});

test("after closing nothing is swapped", async () => {
  const { policies, swapped } = await source();
  const loading = policies.reload();
  write(`${good}\nallow if true\n`);
  policies.close();
  await loading;
  expect(swapped).toEqual([]);
});

test.each<[string, string, string]>([
  ["a file that is empty", "", "is empty"],
  ["data that is not JSON", "{", "is not JSON"],
])("%s refuses the whole folder", async (_name, text, message) => {
  write(text, message.includes("JSON") ? "data.json" : "more.policy");
  expect(await new PolicyLoader(config).load()).toMatchObject({
    kind: "refused",
    report: expect.stringContaining(message),
  });
});

test("files of tests do not decide", async () => {
  write('package guard\n\ndeny "always" if true\n', "guard_test.policy");
  expect(await new PolicyLoader(config).load()).toMatchObject({ kind: "loaded", policies: { files: 1 } });
});
