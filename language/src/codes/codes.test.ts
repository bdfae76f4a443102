import { describe, expect, test } from "vitest";
import { compile } from "../compile/compile.ts";
import type { Diagnostic, SourceFile } from "../diagnostics.ts";
import { metadataOf } from "../metadata.ts";
import { toRego } from "../rego.ts";
import { parseModule } from "../syntax/parse.ts";
import { codes } from "./codes.ts";
import { diagnosticsReference, wrongExample } from "./page.ts";

const entries = Object.entries(codes).flatMap(([code, entry]) =>
  [entry.file, entry.catalog, entry.by].some((need) => need !== undefined) || entry.wrong === undefined
    ? []
    : [[code, entry] as const],
);

function check(text: string): readonly Diagnostic[] {
  return compile({ sources: [{ path: "acme.policy", text }], lint: true }).diagnostics;
}

describe.each(entries)("%s", (code, entry) => {
  test("the wrong example has this mistake, at its place, and no other", () => {
    const { text, start, end } = wrongExample(entry);
    expect(
      check(text).map(({ code: found, severity, message, span }) => ({
        code: found,
        severity,
        underlined: text.slice(span.start, span.end),
        start: span.start,
        message,
      })),
    ).toEqual([
      { code, severity: entry.severity, underlined: text.slice(start, end), start, message: expect.any(String) },
    ]);
  });

  test("of the right example nothing is reported", () => {
    expect(check(entry.right)).toEqual([]);
  });
});

describe("what other commands than `policy check` report", () => {
  const reporters = {
    doc: (source: SourceFile) => {
      const { tree } = parseModule(source);
      return tree === undefined ? [] : metadataOf(tree).diagnostics;
    },
    "build --target rego": (source: SourceFile) => toRego([source]).diagnostics,
  } as const;
  const others = Object.entries(codes).flatMap(([code, entry]) =>
    entry.by === undefined ? [] : [[code, entry, reporters[entry.by]] as const],
  );

  test.each(others)("%s", (code, entry, report) => {
    const { text, start, end } = wrongExample(entry);
    const span = expect.objectContaining({ start, end }) as unknown;
    expect(report({ path: "acme.policy", text })).toEqual([expect.objectContaining({ code, span })]);
    expect(report({ path: "acme.policy", text: entry.right })).toEqual([]);
  });
});

test("docs/diagnostics.md is what the tables say", async () => {
  await expect(diagnosticsReference()).toMatchFileSnapshot("../../../docs/diagnostics.md");
});

test("a fix is text that mends the mistake", () => {
  const mended = entries.flatMap(([code, entry]) => {
    const { text } = wrongExample(entry);
    return check(text).flatMap(({ fix }) =>
      fix === undefined ? [] : [[code, text.slice(0, fix.span.start) + fix.text + text.slice(fix.span.end)] as const],
    );
  });
  expect(mended.length).toBeGreaterThan(5);
  for (const [code, text] of mended) expect([code, check(text)]).toEqual([code, []]);
});
