/** What a policy says is data in the module that is made of it, whatever it says (generated code never interpolates a value). */
import { decode } from "@jridgewell/sourcemap-codec";
import { expect, test } from "vitest";
import { writeModule } from "../../engine/src/standalone/write-module.ts";
import { BareModule } from "./bare-module.ts";

const texts = [
  "'; globalThis.broken = 1; '",
  '"); globalThis.broken = 1; ("',
  "`${globalThis.broken = 1}`",
  "${globalThis.broken = 1}",
  "*/ globalThis.broken = 1; /*",
  "// broken",
  "</script><script>globalThis.broken = 1</script>",
  "<!-- broken -->",
  "\\",
  "\\u0027",
  "line\nline\r\u2028\u2029end",
  "\u0000\u{10ffff}\ud800",
  "//# sourceMappingURL=https://example.com/broken.map",
  "__proto__",
  "constructor",
];

/** Of the policy language: JSON's escapes. */
const literal = (text: string): string => JSON.stringify(text);

function policyOf(text: string): string {
  return [
    `package p[${literal(text)}]`,
    `values[${literal(text)}] := ${literal(text)}`,
    `deny ${literal(text)} code ${literal(text)} if query.kind == "select"`,
    `mask column with redact(${literal(text)}) if column.name == ${literal(text)}`,
    `notify ${literal(text)} if data.given[${literal(text)}] == ${literal(text)}`,
    "",
  ].join("\n");
}

const input = (name: string): unknown => ({
  query: {
    kind: "select",
    columns: [
      { schema: "s", table: "t", name, path: "s.t.c", type: "text", comment: "", label: "", labels: [], uses: [] },
    ],
  },
});

test.each(texts)("%j is data in every place", async (text) => {
  const path = `${text}.policy`;
  const data = { given: JSON.parse(`{${literal(text)}: ${literal(text)}}`) as unknown };
  const { files, diagnostics } = await writeModule({ sources: [{ path, text: policyOf(text) }], data }, `${text}.map`);
  expect(diagnostics).toEqual([]);
  const bare = await BareModule.of(files?.code ?? "");
  expect(bare.call("decide", input(text))).toMatchObject({
    outcome: "deny",
    reasons: [{ message: text, code: text, rule: `p.${text}:3` }],
    masks: { "s.t.c": { name: "redact", args: [text] } },
    notifications: [{ channel: text }],
  });
  expect(bare.call("query", ["data", "p", text, "values", text])).toBe(text);
  expect(bare.evaluate("typeof broken")).toBe("undefined");
});

test("the program's text is the same whatever the policy's texts are", async () => {
  const lines = async (text: string): Promise<string> => {
    const { files } = await writeModule({ sources: [{ path: "p.policy", text: policyOf(text) }], data: {} }, "p.map");
    const code = files?.code ?? "";
    return code.slice(0, code.indexOf("const constants"));
  };
  const wanted = await lines("an ordinary text");
  // What begins with NUL is looked up by another function.
  for (const text of texts.filter((each) => !each.startsWith("\0"))) expect(await lines(text)).toBe(wanted);
});

test("nothing but ECMAScript is there where these modules run, and no code comes from a string", async () => {
  const bare = await BareModule.of("export const decide = 1;");
  for (const name of ["process", "require", "fetch", "Buffer", "performance", "setTimeout", "TextEncoder", "crypto"])
    expect(bare.evaluate(`typeof ${name}`)).toBe("undefined");
  expect(() => bare.evaluate('new Function("return 1")')).toThrow("Code generation from strings disallowed");
});

test("the source map leads from the functions to each condition of the policies", async () => {
  const text =
    'package p\n\ndeny "no" if {\n  query.kind == "select"\n  some table in query.tables\n  table.name == "t"\n}\n';
  const { files } = await writeModule({ sources: [{ path: "sources/p.policy", text }], data: {} }, "p.js.map");
  const map = JSON.parse(files?.map ?? "") as { sources: string[]; sourcesContent: string[]; mappings: string };
  expect(map.sources).toEqual(["sources/p.policy"]);
  expect(map.sourcesContent).toEqual([text]);
  const code = (files?.code ?? "").split("\n");
  const generatedFor = new Map<number, string>();
  decode(map.mappings).forEach((segments, line) => {
    for (const [, , policyLine] of segments) {
      if (policyLine === undefined) continue;
      generatedFor.set(policyLine + 1, `${generatedFor.get(policyLine + 1) ?? ""}${code[line]}\n`);
    }
  });
  expect([...generatedFor.keys()].sort((a, b) => a - b)).toEqual([3, 4, 5, 6]);
  expect(generatedFor.get(3)).toContain("function d0(E, column, out)");
  expect(generatedFor.get(5)).toContain("R.spread(");
  expect(generatedFor.get(6)).toContain("R.field(");
});
