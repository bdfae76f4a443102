import { type FSWatcher, lstatSync, readdirSync, type Stats, statSync, watch } from "node:fs";
import { dirname, join } from "node:path";

export interface FileWatch {
  close(): void;
}

/** Editors write a file in several steps; what the system tells within this time counts as one change. */
const settleMs = 50;
/** Files that are looked at for changes; of larger trees only the first of them. */
const filesMax = 10_000;

/**
 * Calls back after files, or anything under folders, changed: soon where the system tells (inotify and the like), else within
 * `pollMs`, which is what works on network file systems and through the symbolic links of mounted configuration volumes. A
 * change is a change of size, time or identity of a file; writing the same text again counts.
 * @param changed gets the files that changed, came or went
 */
export function watchFiles(
  paths: readonly string[],
  pollMs: number,
  changed: (files: readonly string[]) => void,
): FileWatch {
  return new Watch(paths, pollMs, changed);
}

class Watch implements FileWatch {
  readonly #paths: readonly string[];
  readonly #changed: (files: readonly string[]) => void;
  readonly #poll: NodeJS.Timeout;
  /** One for each folder, by identity and path, since a folder may be replaced too. Node's recursive watch loses replaced files. */
  readonly #watchers = new Map<string, FSWatcher>();
  /** What the files look like, by path. */
  #state: ReadonlyMap<string, string>;
  #settling: NodeJS.Timeout | undefined;

  constructor(paths: readonly string[], pollMs: number, changed: (files: readonly string[]) => void) {
    this.#paths = paths;
    this.#changed = changed;
    this.#state = this.#scan();
    this.#poll = setInterval(() => this.#look(), pollMs);
  }

  close(): void {
    clearTimeout(this.#settling);
    clearInterval(this.#poll);
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  #look(): void {
    const before = this.#state;
    const now = this.#scan();
    const all = new Set([...before.keys(), ...now.keys()]);
    const differing = [...all].filter((path) => before.get(path) !== now.get(path));
    if (differing.length === 0) return;
    this.#state = now;
    this.#changed(differing);
  }

  /** What the files look like now; watches the folders that hold them, and no others. */
  #scan(): ReadonlyMap<string, string> {
    const files = new Map<string, string>();
    const folders = new Map<string, string>();
    const addFolder = (path: string, stats: Stats) => folders.set(`${stats.ino} ${path}`, path);
    const visit = (path: string): void => {
      if (files.size >= filesMax) return;
      const stats = statOf(path);
      if (!stats?.isDirectory()) {
        files.set(path, stats === undefined ? "-" : `${stats.ino} ${stats.size} ${stats.mtimeMs} ${stats.ctimeMs}`);
        return;
      }
      addFolder(path, stats);
      for (const child of childrenOf(path)) visit(child);
    };
    for (const path of this.#paths) {
      visit(path);
      // Editors replace a file instead of writing it, which only its folder tells; and a folder may come later.
      const parent = statOf(path)?.isDirectory() === true ? undefined : statOf(dirname(path));
      if (parent !== undefined) addFolder(dirname(path), parent);
    }
    for (const [key, watcher] of this.#watchers) {
      if (folders.has(key)) continue;
      watcher.close();
      this.#watchers.delete(key);
    }
    for (const [key, folder] of folders) if (!this.#watchers.has(key)) this.#watchFolder(key, folder);
    return files;
  }

  #watchFolder(key: string, folder: string): void {
    try {
      const watcher = watch(folder, () => {
        clearTimeout(this.#settling);
        this.#settling = setTimeout(() => this.#look(), settleMs);
      });
      this.#watchers.set(key, watcher);
      // A watch that breaks leaves polling, which sets it up again.
      watcher.on("error", () => {
        watcher.close();
        this.#watchers.delete(key);
      });
    } catch {
      // No such folder, or too many watches: polling remains.
    }
  }
}

function childrenOf(folder: string): string[] {
  try {
    return readdirSync(folder)
      .sort()
      .filter((name) => !name.startsWith(".") && name !== "node_modules")
      .map((name) => join(folder, name))
      .filter((child) => !isLinkToFolder(child));
  } catch {
    return [];
  }
}

/** It could lead around in a circle. */
function isLinkToFolder(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true && statOf(path)?.isDirectory() === true;
}

function statOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}
