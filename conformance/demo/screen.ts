/** What the demo prints: colours where a terminal shows them, aligned tables, texts cut to fit. */

export interface Ink {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly accent: (text: string) => string;
}

/** SGR codes of ECMA-48. Without colour every ink is the text itself, so that output can be piped and compared. */
export function inkFor(colour: boolean): Ink {
  const code = (on: number, off: number) => (text: string) => (colour ? `\u001b[${on}m${text}\u001b[${off}m` : text);
  return { bold: code(1, 22), dim: code(2, 22), good: code(32, 39), bad: code(31, 39), accent: code(36, 39) };
}

export interface Cell {
  readonly text: string;
  readonly ink?: (text: string) => string;
}

const cellWidthMax = 36;
const lineWidthMax = 118;

/**
 * Rows as aligned lines; cells are padded before they are coloured. The last cell of a row may take what is left of the line. A line
 * break in a value is shown as a space: what comes from a database must not move the cursor.
 */
export function tableLines(
  rows: readonly (readonly Cell[])[],
  indent = "  ",
  lineMax = lineWidthMax,
  widthsMin: readonly number[] = [],
): string[] {
  const shown = rows.map((row) => row.map((cell) => ({ ...cell, text: plain(cell.text) })));
  const widths = [...widthsMin];
  for (const row of shown) {
    row.slice(0, -1).forEach((cell, index) => {
      widths[index] = Math.max(widths[index] ?? 0, Math.min(width(cell.text), cellWidthMax));
    });
  }
  return shown.map((row) => {
    let used = indent.length;
    const cells = row.map(({ text, ink }, index) => {
      const isLast = index === row.length - 1;
      const room = isLast ? Math.max(cellWidthMax, lineMax - used) : (widths[index] ?? 0);
      const fitted = cut(text, room);
      used += room + gap.length;
      const padded = isLast ? fitted : fitted + " ".repeat(room - width(fitted));
      return ink === undefined ? padded : ink(padded);
    });
    return `${indent}${cells.join(gap)}`.trimEnd();
  });
}

const gap = "  ";

export function cut(text: string, max: number): string {
  const points = Array.from(text);
  return points.length <= max ? text : `${points.slice(0, max - 1).join("")}…`;
}

/** Control characters as spaces (ESC among them, so that no value can paint the screen). */
export function plain(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]+/gu, " ");
}

function width(text: string): number {
  return Array.from(text).length;
}
