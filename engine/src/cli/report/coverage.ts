/** Coverage, in each format that `policy test --coverage-format` offers. */
import { printable } from "@penstock/language";
import { type CoverageReport, type FileCoverage, percent, type Share, shareOf } from "../testing/coverage.ts";
import { type Paint, painter } from "./paint.ts";
import { repositoryPath } from "./repository-path.ts";

export const coverageFormats = ["pretty", "json", "lcov"] as const;
export type CoverageFormat = (typeof coverageFormats)[number];

/** The report's text, without a final line break. */
export function reportCoverage(format: CoverageFormat, report: CoverageReport, color: boolean): string {
  switch (format) {
    case "pretty":
      return pretty(report, painter(color));
    case "json":
      return JSON.stringify(
        {
          rules: { ...report.rules, percent: percent(report.rules) },
          lines: { ...report.lines, percent: percent(report.lines) },
          files: report.files,
        },
        undefined,
        2,
      );
    case "lcov":
      return report.files.map(lcovRecord).join("\n");
  }
}

function pretty({ files, rules, lines }: CoverageReport, paint: Paint): string {
  const names = [...files.map(({ file }) => printable(file)), "all files"];
  const width = Math.max(...names.map((name) => name.length));
  const row = (name: string, ofRules: Share, ofLines: Share): string =>
    `${name.padEnd(width)}  ${printShare(ofRules, paint)}  ${printShare(ofLines, paint)}`;
  return [
    paint("bold", `${"Coverage".padEnd(width)}  ${"rules".padStart(16)}  ${"lines".padStart(16)}`),
    ...files.flatMap((file) => [
      row(printable(file.file), shareOf(file.rules), shareOf(file.lines)),
      ...uncovered(file, paint),
    ]),
    row("all files", rules, lines),
  ].join("\n");
}

function printShare(share: Share, paint: Paint): string {
  const text = `${share.covered}/${share.total} ${percent(share).toFixed(1).padStart(6)} %`.padStart(16);
  return paint(share.covered === share.total ? "green" : "yellow", text);
}

function uncovered({ file, rules, lines }: FileCoverage, paint: Paint): string[] {
  const ofRules = rules
    .filter(({ held }) => held === 0)
    .map(({ name, line, tried }) => {
      const why = tried === 0 ? "never evaluated" : "evaluated, but never held";
      return `  ${paint("red", "rule")}   ${printable(file)}:${line} \`${printable(name)}\` ${why}`;
    });
  const ofLines = ranges(lines.filter(({ held }) => held === 0).map(({ line }) => line));
  return ofLines.length === 0 ? ofRules : [...ofRules, `  ${paint("red", "lines")}  ${ofLines.join(", ")}`];
}

/** `3, 5-7`. */
function ranges(lines: readonly number[]): string[] {
  const found: { from: number; to: number }[] = [];
  for (const line of lines) {
    const last = found.at(-1);
    if (last !== undefined && line === last.to + 1) last.to = line;
    else found.push({ from: line, to: line });
  }
  return found.map(({ from, to }) => (from === to ? `${from}` : `${from}-${to}`));
}

/** A record of lcov's tracefile (man geninfo): rules stand as functions. Names are unique by their line. */
function lcovRecord({ file, rules, lines }: FileCoverage): string {
  const names = rules.map(({ name, line }) => `${name}:${line}`);
  const [hitRules, hitLines] = [shareOf(rules), shareOf(lines)];
  return [
    "TN:",
    `SF:${repositoryPath(file)}`,
    ...rules.map(({ line }, index) => `FN:${line},${names[index]}`),
    ...rules.map(({ held }, index) => `FNDA:${held},${names[index]}`),
    `FNF:${hitRules.total}`,
    `FNH:${hitRules.covered}`,
    ...lines.map(({ line, held }) => `DA:${line},${held}`),
    `LF:${hitLines.total}`,
    `LH:${hitLines.covered}`,
    "end_of_record",
  ].join("\n");
}
