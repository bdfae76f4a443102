import { closeSync, fstatSync, openSync, readSync } from "node:fs";

/** As much as a few records take. */
const firstBytes = 64 * 1024;

/**
 * The last line of a file that is wanted, without reading all of it: a log of minutes has hundreds of megabytes. `undefined` where there is none.
 * @param isWanted asked of lines from the end on
 */
export function lastLine(path: string, isWanted: (line: string) => boolean): string | undefined {
  const file = openSync(path, "r");
  try {
    const { size } = fstatSync(file);
    for (let bytes = firstBytes; ; bytes *= 8) {
      const from = Math.max(0, size - bytes);
      const text = Buffer.alloc(size - from);
      readSync(file, text, 0, text.length, from);
      // The first one may have begun before.
      const lines = text
        .toString("utf8")
        .split("\n")
        .slice(from === 0 ? 0 : 1);
      const found = lines.findLast((line) => line !== "" && isWanted(line));
      if (found !== undefined || from === 0) return found;
    }
  } finally {
    closeSync(file);
  }
}
