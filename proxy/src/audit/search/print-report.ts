/** A report as text, CSV, JSON or one page of HTML that needs nothing else. */
import { escapeForTerminal, jsonOnLine } from "../escape.ts";
import type { Report, ReportRow, ReportSubject } from "./report.ts";

const headings: Readonly<Record<ReportSubject, string>> = {
  agent: "table",
  principal: "table",
  label: "label",
  table: "table",
};

interface Column {
  readonly title: string;
  readonly of: (row: ReportRow) => string | number;
}

function columnsOf(by: ReportSubject): readonly Column[] {
  const who: readonly Column[] = [
    { title: by === "agent" ? "agent" : "principal", of: ({ principal }) => principal },
    { title: "on behalf of", of: ({ behalf }) => behalf },
  ];
  const what: readonly Column[] = [
    { title: "target", of: ({ target }) => target },
    { title: headings[by], of: (row) => row.what },
  ];
  return [
    ...(by === "agent" || by === "principal" ? [...who, ...what] : [...what, ...who]),
    { title: "statements", of: ({ statements }) => statements },
    { title: "denied", of: ({ denied }) => denied },
    { title: "rows", of: ({ rows }) => rows },
    { title: "first", of: ({ firstMs }) => timeOf(firstMs) },
    { title: "last", of: ({ lastMs }) => timeOf(lastMs) },
    { title: "labels", of: ({ labels }) => labels.join(" ") },
    { title: "rules", of: ({ rules }) => rules.join(" ") },
  ];
}

export type ReportFormat = "text" | "csv" | "json" | "html";

export function printReport(report: Report, format: ReportFormat, title: string): string {
  const columns = columnsOf(report.by);
  switch (format) {
    case "text":
      return asText(report, columns);
    case "csv":
      return asCsv(report, columns);
    case "json":
      return `${jsonOnLine(report.rows.map((row) => asObject(row, columns)))}\n`;
    case "html":
      return asHtml(report, columns, title);
  }
}

function asObject(row: ReportRow, columns: readonly Column[]): Record<string, unknown> {
  const { labels, rules } = row;
  return {
    ...Object.fromEntries(columns.map(({ title, of }) => [title.replaceAll(" ", "_"), of(row)])),
    labels,
    rules,
  };
}

function asText({ rows }: Report, columns: readonly Column[]): string {
  const cells = [
    columns.map(({ title }) => title),
    ...rows.map((row) => columns.map(({ of }) => escapeForTerminal(String(of(row))))),
  ];
  const widths = columns.map((_, index) => Math.max(...cells.map((line) => line[index]?.length ?? 0)));
  return cells
    .map((line) =>
      line
        .map((cell, index) => cell.padEnd(widths[index] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join("");
}

/** RFC 4180. What a spreadsheet would take for a formula gets an apostrophe in front, as OWASP advises for CSV injection. */
function asCsv({ rows }: Report, columns: readonly Column[]): string {
  const lines = [columns.map(({ title }) => title), ...rows.map((row) => columns.map(({ of }) => of(row)))];
  return lines.map((line) => `${line.map(csvCell).join(",")}\r\n`).join("");
}

function csvCell(value: string | number): string {
  if (typeof value === "number") return String(value);
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

const style = `
:root { color-scheme: light dark; --ink: #1d2430; --paper: #fff; --line: #d5dae2; --allowed: #3a76b8; --denied: #c2483d }
@media (prefers-color-scheme: dark) { :root { --ink: #e3e7ee; --paper: #151a21; --line: #39414e; --allowed: #6aa5e3; --denied: #e57368 } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); margin: 2rem auto; max-width: 1200px; padding: 0 1rem }
h1 { font-size: 1.4rem } h2 { font-size: 1.1rem; margin-top: 2rem }
table { border-collapse: collapse; width: 100%; font-size: 0.9rem }
th, td { text-align: left; padding: 0.3rem 0.6rem; border-bottom: 1px solid var(--line); vertical-align: top; overflow-wrap: anywhere }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
svg { width: 100%; height: auto } svg text { fill: var(--ink); font: 12px system-ui, sans-serif }
.allowed { fill: var(--allowed) } .denied { fill: var(--denied) } .axis { stroke: var(--line) }
@media print { body { margin: 0; max-width: none } }
`;

function asHtml(report: Report, columns: readonly Column[], title: string): string {
  const { rows, times } = report;
  const statements = times.reduce((sum, each) => sum + each.statements, 0);
  const denied = times.reduce((sum, each) => sum + each.denied, 0);
  const isNumber = (column: Column): boolean => rows.some((row) => typeof column.of(row) === "number");
  const cell = (tag: string, column: Column, text: string | number): string =>
    `<${tag}${isNumber(column) ? ' class="number"' : ""}>${escapeHtml(String(text))}</${tag}>`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escapeHtml(title)}</title>
<style>${style}</style>
</head>
<body>
<h1>${escapeHtml(title)}</h1>
<p>${statements} statements, ${denied} of them denied.</p>
<h2>When</h2>
${timeChart(report)}
<h2>Most statements</h2>
${barChart(report)}
<h2>All</h2>
<table>
<thead><tr>${columns.map((column) => cell("th", column, column.title)).join("")}</tr></thead>
<tbody>
${rows.map((row) => `<tr>${columns.map((column) => cell("td", column, column.of(row))).join("")}</tr>`).join("\n")}
</tbody>
</table>
</body>
</html>
`;
}

const chartWidth = 1000;
const timeHeight = 160;

function timeChart({ times, pieceMs }: Report): string {
  const [first] = times;
  const last = times.at(-1);
  if (first === undefined || last === undefined) return "<p>Nothing.</p>";
  const pieces = (last.startMs - first.startMs) / pieceMs + 1;
  const width = chartWidth / pieces;
  const most = Math.max(...times.map(({ statements }) => statements));
  const bars = times.map(({ startMs, statements, denied }) => {
    const x = ((startMs - first.startMs) / pieceMs) * width;
    const height = (statements / most) * timeHeight;
    const deniedHeight = (denied / most) * timeHeight;
    const name = `<title>${timeOf(startMs)}: ${statements} statements, ${denied} denied</title>`;
    return `<g>${name}${box("allowed", x, timeHeight - height, width * 0.9, height - deniedHeight)}${box("denied", x, timeHeight - deniedHeight, width * 0.9, deniedHeight)}</g>`;
  });
  return `<svg viewBox="0 0 ${chartWidth} ${timeHeight + 20}" role="img" aria-label="statements over time">
${bars.join("\n")}
<line class="axis" x1="0" x2="${chartWidth}" y1="${timeHeight}" y2="${timeHeight}"/>
<text x="0" y="${timeHeight + 15}">${timeOf(first.startMs)}</text>
<text x="${chartWidth}" y="${timeHeight + 15}" text-anchor="end">${timeOf(last.startMs + pieceMs)}</text>
<text x="${chartWidth}" y="12" text-anchor="end">at most ${most} in ${pieceMs / 3_600_000} h</text>
</svg>`;
}

const barsMax = 20;
const barHeight = 22;
const nameWidth = 380;

function barChart({ rows }: Report): string {
  const shown = rows.slice(0, barsMax);
  if (shown.length === 0) return "<p>Nothing.</p>";
  const most = Math.max(...shown.map(({ statements }) => statements));
  const bars = shown.map(({ principal, behalf, what, statements, denied }, index) => {
    const y = index * barHeight;
    const length = (count: number): number => (count / most) * (chartWidth - nameWidth - 80);
    const name = `${principal}${behalf === "" ? "" : ` for ${behalf}`}${what === "" ? "" : `: ${what}`}`;
    const short = name.length > 60 ? `${name.slice(0, 59)}…` : name;
    return `<g><title>${escapeHtml(name)}: ${statements} statements, ${denied} denied</title>
<text x="${nameWidth - 8}" y="${y + 15}" text-anchor="end">${escapeHtml(short)}</text>
${box("allowed", nameWidth, y + 3, length(statements - denied), barHeight - 6)}${box("denied", nameWidth + length(statements - denied), y + 3, length(denied), barHeight - 6)}
<text x="${nameWidth + length(statements) + 6}" y="${y + 15}">${statements}</text></g>`;
  });
  return `<svg viewBox="0 0 ${chartWidth} ${shown.length * barHeight}" role="img" aria-label="most statements">
${bars.join("\n")}
</svg>`;
}

function box(kind: "allowed" | "denied", x: number, y: number, width: number, height: number): string {
  if (width <= 0 || height <= 0) return "";
  return `<rect class="${kind}" x="${x.toFixed(1)}" y="${y.toFixed(1)}" width="${width.toFixed(1)}" height="${height.toFixed(1)}"/>`;
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 16).replace("T", " ");
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => entities[character] ?? character);
}
