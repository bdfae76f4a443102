import type { Verdict } from "./rego-case.ts";

export interface Outcome {
  /** Line of the file, from 1. */
  readonly line: number;
  readonly category: string;
  readonly note: string;
  readonly verdict: Verdict;
}

/** Every failed case with what was wrong. */
export function reportFailures(outcomes: readonly Outcome[]): string {
  return outcomes
    .flatMap(({ line, category, note, verdict }) =>
      verdict.kind === "failed" ? [`${line} ${category} | ${note}\n    ${verdict.reason}`] : [],
    )
    .join("\n");
}

/** A table by category, why cases are not supported, and the totals as the last lines. */
export function summarize(outcomes: readonly Outcome[]): string {
  const groups = Map.groupBy(outcomes, ({ category }) => category);
  const width = Math.max(8, ...[...groups.keys()].map((category) => category.length));
  const row = (name: string, cells: readonly (string | number)[]): string =>
    `${name.padEnd(width)} ${cells.map((cell) => String(cell).padStart(7)).join(" ")}`;
  const lines = [row("category", ["passed", "failed", "unsupp."])];
  for (const [category, group] of [...groups].sort(([a], [b]) => (a < b ? -1 : 1))) {
    lines.push(row(category, [count(group, "passed"), count(group, "failed"), count(group, "unsupported")]));
  }
  const reasons = Map.groupBy(
    outcomes.flatMap(({ verdict }) => (verdict.kind === "unsupported" ? [verdict.reason] : [])),
    (reason) => reason,
  );
  if (reasons.size > 0) {
    lines.push("", "unsupported by design:");
    for (const [reason, cases] of [...reasons].sort((a, b) => b[1].length - a[1].length)) {
      lines.push(`${String(cases.length).padStart(5)}  ${reason}`);
    }
  }
  const passed = count(outcomes, "passed");
  const supported = outcomes.length - count(outcomes, "unsupported");
  const share = supported === 0 ? 0 : (100 * passed) / supported;
  lines.push(
    "",
    `${passed} passed, ${count(outcomes, "failed")} failed, ${count(outcomes, "unsupported")} unsupported`,
    `passed ${passed} of ${supported} (${share.toFixed(1)} %)`,
  );
  return lines.join("\n");
}

function count(outcomes: readonly Outcome[], kind: Verdict["kind"]): number {
  return outcomes.filter(({ verdict }) => verdict.kind === kind).length;
}
