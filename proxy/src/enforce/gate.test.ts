import { createEnforcer, parseCatalogFixture } from "@penstock/engine";
import { compile } from "@penstock/language";
import { expect, test } from "vitest";
import { someone } from "../../../engine/src/decide/someone.ts";
import { type Ruling, rulingOf } from "./gate.ts";

const catalog = parseCatalogFixture({ tables: { "public.notes": { columns: { id: "int8", body: "text" } } } });
const { program } = compile({
  sources: [{ path: "test.policy", text: 'package test\ndeny "no deleting" if query.kind == "delete"' }],
});
const who = someone();

function ruling(texts: readonly string[]) {
  if (program === undefined) throw new Error("the test's policy does not compile");
  const enforcer = createEnforcer(program);
  const names = { searchPath: ["public"] };
  return texts.map((text) => rulingOf(enforcer.decide(text, who, names, catalog), text)).at(-1)!;
}

const rows = (body: string) => Array.from({ length: 1000 }, (_, id) => `(${id}, '${body}')`).join(", ");

/** A terminal's escape sequence in one character, a mark that turns text around, DEL. */
const harmful = "\u009b31m \u202e \u007f";

test.each([
  ["a statement that may run", [`select '${harmful}'`]],
  ["a large one like another", [rows("a"), rows(harmful)].map((each) => `insert into notes (id, body) values ${each}`)],
  ["one that a rule refuses", [`delete from notes where body = '${harmful}'`]],
  ["one that the session refuses", [`set client_encoding = '${harmful}'`]],
  ["one that cannot be read", [`selekt '${harmful}'`]],
])("what is recorded of %s can hurt no terminal and says the text", (_, texts) => {
  const found = ruling(texts);
  const records = found.kind === "refused" ? found.records : found.plans.map(({ auditFields }) => auditFields);
  expect(records).toHaveLength(1);
  for (const record of records) {
    // oxlint-disable-next-line no-control-regex
    expect(record).not.toMatch(/[\x00-\x1f\x7f-\x9f\u202e]/);
    expect(JSON.parse(`{${record}}`)).toMatchObject({ text: texts.at(-1) });
  }
});

test("texts that differ in literals share a plan, but for what says the text", () => {
  const first = ruling(["select body from notes where id = 1"]);
  const found = ruling(["select body from notes where id = 1", "select body from notes where id = 22"]);
  expect(found).toMatchObject({ kind: "pass", verdict: { text: "select body from notes where id = 22" } });
  const [plan] = found.kind === "pass" ? found.plans : [];
  expect(JSON.parse(`{${plan?.auditFields ?? ""}}`)).toMatchObject({ text: "select body from notes where id = 22" });
  expect(withoutText(found)).toEqual(withoutText(first));
});

function withoutText(found: Ruling) {
  if (found.kind === "refused") throw new Error(found.message);
  return {
    ...found,
    verdict: undefined,
    plans: found.plans.map((plan) => ({ ...plan, facts: { ...plan.facts, end: 0 }, auditFields: "" })),
  };
}
