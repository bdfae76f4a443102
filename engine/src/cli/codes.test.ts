import { globSync, readFileSync } from "node:fs";
import { codes, wrongExample } from "@penstock/language";
import { describe, expect, test } from "vitest";
import { folderOf, policy } from "./run-policy.ts";

interface Reported {
  readonly diagnostics: readonly {
    readonly code: string;
    readonly severity: string;
    readonly span: { readonly file: string; readonly start: number; readonly end: number };
  }[];
}

/** What `policy check` says of an example, with the catalog and the file name that it asks for. */
function check(text: string, { file, catalog }: { readonly file?: string; readonly catalog?: string }): Reported {
  const policies = file === undefined ? { "acme.policy": text } : { [file]: text, "acme.policy": "package acme\n" };
  const files = Object.entries(policies).map(([name, content]) => [`policies/${name}`, content] as const);
  const folder = folderOf({
    ...Object.fromEntries(files),
    ...(catalog === undefined ? {} : { "catalog.json": catalog }),
  });
  const options = catalog === undefined ? [] : ["--catalog", "catalog.json"];
  return JSON.parse(policy(folder, "check", "--format", "json", ...options).stdout) as Reported;
}

const entries = Object.entries(codes).flatMap(([code, entry]) =>
  entry.file === undefined && entry.catalog === undefined ? [] : [[code, entry] as const],
);

describe.each(entries)("%s, which needs more than a policy", (code, entry) => {
  test("the wrong example has this mistake, at its place, and no other", () => {
    const { text, start, end } = wrongExample(entry);
    const file = `policies/${entry.file ?? "acme.policy"}`;
    expect(check(text, entry).diagnostics).toEqual([
      expect.objectContaining({
        code,
        severity: entry.severity,
        span: expect.objectContaining({ file, start, end }) as unknown,
      }),
    ]);
  });

  test("of the right example nothing is reported", () => {
    expect(check(entry.right, entry).diagnostics).toEqual([]);
  });
});

test("every code that is reported is in the tables, and every code of the tables is reported somewhere", () => {
  const root = new URL("../../../", import.meta.url).pathname;
  const files = globSync("{language,engine,proxy}/src/**/*.ts", { cwd: root }).filter(
    (file) => !file.endsWith(".test.ts") && !file.startsWith("language/src/codes/"),
  );
  const reported = files.flatMap((file) =>
    [...readFileSync(root + file, "utf8").matchAll(/"(P\d{3})"/g)].map((match) => match[1]),
  );
  expect(new Set(reported)).toEqual(new Set(Object.keys(codes)));
});
