import { type FSWatcher, lstatSync, readdirSync, statSync, watch } from "node:fs";
import { dirname, join } from "node:path";

export interface FileWatch {
  close(): void;
}

/** Editors write a file in several steps; what the system tells within this time counts as one change. */
const settleMs = 50;
/** Files that are looked at for changes; in larger trees only these. */
const filesMax = 10_000;

/**
 * Calls back after files, or anything under folders, changed: soon where the system tells (inotify and the like), else within
 * `pollMs`, which is what works on network file systems and through the symbolic links of mounted configuration volumes. A
 * change is a change of size, time or identity of a file; writing the same text again counts.
 */
export function watchFiles(paths: readonly string[], pollMs: number, changed: () => void): FileWatch {
  let last = stateOf(paths);
  let settling: NodeJS.Timeout | undefined;
  let closed = false;
  const look = () => {
    if (closed) return;
    const state = stateOf(paths);
    if (state === last) return;
    last = state;
    changed();
  };
  const soon = () => {
    clearTimeout(settling);
    settling = setTimeout(look, settleMs);
  };
  const watchers = paths.flatMap((path) => tryWatch(path, soon));
  const poll = setInterval(look, pollMs);
  return {
    close() {
      closed = true;
      clearTimeout(settling);
      clearInterval(poll);
      for (const watcher of watchers) watcher.close();
    },
  };
}

/** A file is watched through its folder: editors replace files instead of writing them. */
function tryWatch(path: string, soon: () => void): FSWatcher[] {
  try {
    const isFolder = statSync(path).isDirectory();
    const watcher = watch(isFolder ? path : dirname(path), { recursive: isFolder }, soon);
    // A watch that breaks (folder removed, too many watches) leaves polling.
    watcher.on("error", () => watcher.close());
    return [watcher];
  } catch {
    return [];
  }
}

function stateOf(paths: readonly string[]): string {
  const parts: string[] = [];
  const look = (path: string): void => {
    if (parts.length >= filesMax) return;
    try {
      const stats = statSync(path);
      if (!stats.isDirectory()) {
        parts.push(`${path} ${stats.ino} ${stats.size} ${stats.mtimeMs} ${stats.ctimeMs}`);
        return;
      }
      for (const name of readdirSync(path).sort()) {
        if (name.startsWith(".") || name === "node_modules") continue;
        const child = join(path, name);
        // A link to a folder could lead around in a circle.
        if (lstatSync(child).isSymbolicLink() && statSync(child).isDirectory()) continue;
        look(child);
      }
    } catch {
      parts.push(`${path} -`);
    }
  };
  for (const path of paths) look(path);
  return parts.join("\n");
}
