/** The policies of docs/filters.md pass their own tests. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { compile } from "@penstock/language";
import { expect, test } from "vitest";
import { parseCatalogFixture } from "../../engine/src/catalog/fixture.ts";
import { createTestHost } from "../../engine/src/decide/test-host.ts";

const page = readFileSync(join(fileURLToPath(new URL("../..", import.meta.url)), "docs", "filters.md"), "utf8");
const policies = [...page.matchAll(/```rego\n(.*?)```/gs)].map((match) => match[1] ?? "");
const catalog = parseCatalogFixture({
  tables: {
    "public.orders": { columns: { id: "bigint", region: "text" } },
    "public.tasks": {
      columns: { id: "bigint", deleted_at: "timestamptz", confidential: "boolean", project_id: "integer" },
    },
  },
});

test.each(policies.map((text, index) => [index + 1, text] as const))("example %d", (index, text) => {
  const { program, diagnostics } = compile({ sources: [{ path: `example${index}_test.policy`, text }] });
  expect(diagnostics).toEqual([]);
  if (program === undefined) return;
  const host = createTestHost(program, catalog);
  expect(program.tests.map((each) => `${each.name}: ${each.run(host).outcome}`)).toEqual(
    program.tests.map(({ name }) => `${name}: passed`),
  );
  expect(program.tests.length).toBeGreaterThan(0);
});
