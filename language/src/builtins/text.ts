/** Text as sequences of code points, which is how the language counts; JavaScript counts UTF-16 code units. */

/** ASCII only, so that code units are code points. */
export function isAscii(text: string): boolean {
  for (let index = 0; index < text.length; index += 1) if (text.charCodeAt(index) > 0x7f) return false;
  return true;
}

export function codePointCount(text: string): number {
  if (isAscii(text)) return text.length;
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

/** Upper case by each code point's own mapping: `ß` stays, as in Go, while JavaScript's gives `SS`. */
export function toUpper(text: string): string {
  return isAscii(text) ? text.toUpperCase() : mapSimple(text, (point) => point.toUpperCase());
}

/** Lower case by each code point's own mapping: a final `Σ` is `σ`, as in Go. */
export function toLower(text: string): string {
  return isAscii(text) ? text.toLowerCase() : mapSimple(text, (point) => point.toLowerCase());
}

function mapSimple(text: string, map: (point: string) => string): string {
  let result = "";
  for (const point of text) {
    const mapped = map(point);
    // The one simple mapping whose full mapping is longer, U+0130 to `i`; all other longer ones have no simple mapping.
    if (point === "\u0130" && mapped !== point) result += "i";
    else result += Array.from(mapped).length === 1 ? mapped : point;
  }
  return result;
}

/** `text` without leading (`start`) and trailing (`end`) code points that `drop` accepts. */
export function trimPoints(text: string, drop: (point: string) => boolean, start: boolean, end: boolean): string {
  const points = Array.from(text);
  const keep = (point: string): boolean => !drop(point);
  const from = start ? points.findIndex(keep) : 0;
  if (from < 0) return "";
  const to = end ? points.findLastIndex(keep) + 1 : points.length;
  return points.slice(from, to).join("");
}

/** Go's `unicode.IsSpace`. */
export function isSpace(point: string): boolean {
  return /^[\t\n\v\f\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]$/.test(point);
}
