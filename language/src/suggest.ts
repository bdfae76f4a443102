/** "did you mean": the nearest of the known names, where one is near enough to be meant. */
export function suggest(name: string, known: Iterable<string>): string | undefined {
  let best: string | undefined;
  // Any name is near one of a letter or two.
  let bestDistance = name.length < 3 ? 1 : Math.max(1, Math.floor(name.length / 3)) + 1;
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
  return best === undefined ? undefined : `did you mean \`${best}\`?`;
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
