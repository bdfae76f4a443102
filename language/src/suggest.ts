import type { Advice, Span } from "./diagnostics.ts";

/**
 * "did you mean", where one of the known names is near enough to be meant.
 * @param span where the name stands; where it has quotes there, the fix has them too
 */
export function suggest(name: string, known: Iterable<string>, span: Span): Advice | undefined {
  const best = nearest(name, known);
  if (best === undefined) return undefined;
  const isPlain = span.end - span.start === name.length;
  return { help: `did you mean \`${best}\`?`, fix: { span, text: isPlain ? best : JSON.stringify(best) } };
}

/** How many letters may be wrong in a name that was meant; any name is near one of a letter or two. */
function mistypedMax(name: string): number {
  return name.length < 3 ? 0 : Math.max(1, Math.floor(name.length / 3));
}

/** The nearest of the known names, where one is near enough to be meant. */
export function nearest(name: string, known: Iterable<string>, distanceMax = mistypedMax(name)): string | undefined {
  let best: string | undefined;
  let bestDistance = distanceMax + 1;
  for (const candidate of known) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase(), bestDistance);
    // Of two that are equally near, the one that begins alike: people mistype the middle of a word.
    const alike =
      distance === bestDistance && best?.charAt(0) !== name.charAt(0) && candidate.charAt(0) === name.charAt(0);
    if (distance < bestDistance || (alike && best !== undefined)) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** Insertions, deletions, replacements and swaps of neighbours; `limit` or more is all the same. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const same = a[row - 1] === b[column - 1];
      let cost = Math.min(
        (previous[column] ?? limit) + 1,
        (current[column - 1] ?? limit) + 1,
        (previous[column - 1] ?? limit) + (same ? 0 : 1),
      );
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        cost = Math.min(cost, (beforePrevious[column - 2] ?? limit) + 1);
      }
      current.push(cost);
    }
    beforePrevious = previous;
    previous = current;
  }
  return previous[b.length] ?? limit;
}
