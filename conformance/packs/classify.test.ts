import { expect, test } from "vitest";
import { classify, precision, printConfusions, printScores, readColumns, recall, scoreOf } from "./classify.ts";

const classified = classify(readColumns());
const heldOut = classified.filter(({ half }) => half === "held-out");
const score = scoreOf(heldOut);

test("the list holds thousands of columns of many schemas, most of them not sensitive, in two halves of like size", () => {
  const paths = new Set(classified.map(({ project, table, column }) => `${project}.${table}.${column}`));
  expect(paths.size).toBe(classified.length);
  expect(paths.size).toBeGreaterThan(5000);
  expect(new Set(classified.map(({ project }) => project)).size).toBeGreaterThan(25);
  expect(classified.filter(({ label }) => label === "none").length / classified.length).toBeGreaterThan(0.85);
  expect(Math.abs(heldOut.length / classified.length - 0.5)).toBeLessThan(0.02);
  expect(score.expected).toBeGreaterThan(250);
});

test("on the half that was set aside, at least 95 % of what is found is right and 90 % of what is there is found", () => {
  const enough = precision(score) >= 0.95 && recall(score) >= 0.9;
  expect(enough ? "enough" : `${printScores(heldOut)}\n\n${printConfusions(heldOut)}`).toBe("enough");
});

test.each(["pii.", "pci.", "phi.", "secret."])("labels below %s alone are as good", (root) => {
  const only = (label: string) => (label.startsWith(root) ? label : "none");
  const own = scoreOf(heldOut.map((column) => ({ ...column, label: only(column.label), found: only(column.found) })));
  expect(precision(own)).toBeGreaterThanOrEqual(0.95);
  expect(recall(own)).toBeGreaterThanOrEqual(0.9);
});

test("another label than the expected one counts as found wrongly and as missed", () => {
  const [column] = classified;
  if (column === undefined) throw new Error("the list is empty");
  const wrong = scoreOf([{ ...column, label: "pii.name", found: "pii.email" }]);
  expect([precision(wrong), recall(wrong)]).toEqual([0, 0]);
});
