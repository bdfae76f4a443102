import { fileURLToPath } from "node:url";
import { compile, type TestHost, toValue } from "@penstock/language";
import { parseCatalogFixture, readPolicyFolder } from "@penstock/engine";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { printRule } from "../../engine/src/decide/combine.ts";
import type { DecisionRecord } from "../../engine/src/decide/decision-record.ts";
import { decideForRoots, explainForRoots } from "../../engine/src/decide/test-host.ts";
import { World } from "../../engine/src/decide/world.ts";

const packs = fileURLToPath(new URL("../../policies", import.meta.url));

test("what the explanation says fires is what the decision names, in every test of the packs", () => {
  const folder = readPolicyFolder([packs], true);
  const { program } = compile({ sources: folder.sources, data: folder.data });
  if (program === undefined) throw new Error("the packs do not compile");
  const fixture: unknown = JSON.parse(readFileSync(`${packs}/testdata/catalog.json`, "utf8"));
  const world = new World(program, parseCatalogFixture(fixture));
  const differences: unknown[] = [];
  let [decided, fired] = [0, 0];
  const host: TestHost = {
    rows: () => null,
    decide: (sql, parameters, input, data) => {
      const decision = decideForRoots(world, sql, input, parameters, data);
      const explained = firedRules(explainForRoots(world, sql, input, parameters, data));
      decided++;
      fired += explained.rules.length;
      const wanted = { rules: decision.rules.toSorted(), denials: denials(decision) };
      if (JSON.stringify(explained) !== JSON.stringify(wanted)) differences.push({ sql, explained, wanted });
      return toValue(decision);
    },
  };
  for (const one of program.tests.filter(({ usesRows }) => !usesRows)) expect(one.run(host).outcome).toBe("passed");
  expect(differences).toEqual([]);
  expect(decided).toBeGreaterThan(150);
  expect(fired).toBeGreaterThan(decided / 2);
});

/** Label rules are no part of a decision. */
function firedRules(explanations: ReturnType<typeof explainForRoots>): { rules: string[]; denials: string[] } {
  const rules = explanations
    .flatMap((statement) => statement.rules)
    .filter(({ statement, outcome }) => statement !== "label" && outcome !== "not_fired");
  return {
    rules: [...new Set(rules.map(({ rule }) => printRule(rule)))].sort(),
    denials: [
      ...new Set(
        rules.flatMap(({ rule, effects }) =>
          effects.flatMap((effect) => (effect.kind === "deny" ? [`${printRule(rule)} ${effect.message}`] : [])),
        ),
      ),
    ].sort(),
  };
}

function denials({ reasons }: DecisionRecord): string[] {
  const said = reasons.flatMap(({ rule, code, message }) =>
    rule === undefined || code === "rule_error" || code === "approval_required" ? [] : [`${rule} ${message}`],
  );
  return [...new Set(said)].sort();
}
