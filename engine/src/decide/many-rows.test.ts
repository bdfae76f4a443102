import { compile } from "@penstock/language";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseCatalogFixture } from "../catalog/fixture.ts";
import type { Verdict } from "../enforcer.ts";
import { createEnforcer } from "./enforcer.ts";
import { someone } from "./someone.ts";

const catalog = parseCatalogFixture({
  tables: {
    "public.parcels": {
      columns: { id: "int8", region: "text", weight: "int4", note: "text", ssn: "text" },
      primary_key: ["id"],
    },
  },
});

function enforcerOf(policy: string) {
  const { program, diagnostics } = compile({ sources: [{ path: "test.policy", text: `package test\n${policy}\n` }] });
  if (program === undefined) throw new Error(diagnostics.map(({ message }) => message).join("\n"));
  return createEnforcer(program);
}

const byRegion = 'filter public.parcels as row where row.region != "hidden"';
const byTwo = `filter public.parcels as row where {
    row.weight < 12345
    row.region != "1"
}`;
const masking = "mask public.parcels.ssn with null()";

function decide(policy: string, text: string): Verdict {
  return enforcerOf(policy).decide(text, someone(), { searchPath: ["public"] }, catalog);
}

/** It keeps a text from being read by few of its rows. */
const comment = "/**/";

function shifted(position: number | undefined): number | undefined {
  return position === undefined ? undefined : position - comment.length;
}

function reasonOf(verdict: Verdict): unknown {
  return verdict.action === "forward" ? undefined : verdict.reason;
}

function textOf(verdict: Verdict): string {
  if (verdict.action !== "forward") throw new Error(verdict.reason.message);
  return verdict.text;
}

const letters = fc.string({ unit: fc.constantFrom("a", "é", "''", "(", ",", ")", " as ", "1", "😀"), maxLength: 6 });
const text = letters.map((inner) => `'${inner}'`);
const integer = fc.integer({ min: -99_999, max: 99_999_999 }).map(String);
const number = fc.oneof(integer, fc.constantFrom("1.5", "-2.25", "12345678901"));
const weight = fc.oneof(number, fc.constantFrom("null", "default"));
const note = fc.oneof(text, fc.constantFrom("null", "true", "default"));
const rows = fc.array(fc.record({ region: text, weight, note }), { minLength: 5, maxLength: 12 });
const tails = fc.constantFrom(
  "",
  ";",
  " returning id, note, region || 'é'",
  " on conflict (id) do nothing returning *",
  " on conflict (id) do update set note = 'x', region = excluded.region where parcels.weight > 1",
);

/** Enough rows of each, all different in `id` and, where `isUnique`, in the region. */
function insert(made: readonly { region: string; weight: string; note: string }[], isUnique: boolean, tail: string) {
  const values = Array.from({ length: 200 }, (_, index) => {
    const { region, weight: grams, note: remark } = made[index % made.length] ?? { region: "", weight: "", note: "" };
    return `(${index}, ${isUnique ? `${region.slice(0, -1)}${index}'` : region},\t${grams},${remark} )`;
  });
  return `insert into parcels (id, region, weight, note) values\n${values.join(",\n")}${tail}`;
}

describe("a large INSERT that is read by few of its rows", () => {
  it.each([
    ["one column decides", byRegion],
    ["two columns decide", byTwo],
    ["two filters and a mask", `${byRegion}\n${byTwo}\n${masking}`],
    ["a mask only", masking],
  ])("becomes what it becomes when all of them are read: %s", { timeout: 120_000 }, (_, policy) => {
    fc.assert(
      fc.property(rows, tails, (made, tail) => {
        const sent = insert(made, true, tail);
        const few = decide(policy, sent);
        const all = decide(policy, comment + sent);
        expect(reasonOf(few)).toEqual(reasonOf(all));
        if (few.action !== "forward" || all.action !== "forward") return;
        expect(comment + few.text).toBe(all.text);
        for (const part of [0, 0.3, 0.7, 1]) {
          const position = 1 + Math.floor(part * few.text.length);
          expect(few.mapPosition?.(position)).toBe(shifted(all.mapPosition?.(position + comment.length)));
        }
      }),
      { numRuns: 6 },
    );
  });

  it("checks one of the rows that agree in what decides, and each that differs from all before", () => {
    const regions = ["'a'", "'b'", "'a'", "'hidden'", "'b'", "'HIDDEN'"];
    const values = Array.from({ length: 600 }, (_, index) => `(${index}, ${regions[index % regions.length]})`);
    const sent = textOf(decide(byRegion, `insert into parcels (id, region) values ${values.join(", ")}`));
    const checked = [...sent.matchAll(/from \(select cast\(('[^']*') as/g)].map(([, region]) => region);
    expect(checked).toEqual(["'a'", "'b'", "'hidden'", "'HIDDEN'"]);
  });

  it("checks once what all rows leave to a default", () => {
    const values = Array.from({ length: 600 }, (_, index) => `(${index}, 1)`);
    const sent = textOf(decide(byRegion, `insert into parcels (id, weight) values ${values.join(", ")}`));
    expect(sent.match(/as "penstock_row"/g)).toHaveLength(1);
  });

  it("checks a number and a text of the same digits apart, and each form of NULL", () => {
    const values = ["1", "'1'", "null", "'null'", "1.0", "-1"].map((region) => `(7, ${region})`);
    const many = Array.from({ length: 200 }, () => values.join(", ")).join(", ");
    const sent = textOf(decide(byRegion, `insert into parcels (id, region) values ${many}`));
    expect(sent.match(/as "penstock_row"/g)).toHaveLength(values.length);
  });
});
