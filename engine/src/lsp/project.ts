/**
 * Policy files that are checked together, as `policy check` does it: from the disk, with what is open in the editor in its place.
 */
import { existsSync, readdirSync, statSync } from "node:fs";
import { basename, dirname, join, sep } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { Diagnostic, SourceFile } from "@penstock/language";
import { type CatalogNames, noCatalog, PolicySet } from "@penstock/language/editor";
import { type PolicyFolder, policyEnding, readPolicyFolder } from "../bundle/policy-folder.ts";
import { catalogFor, readCatalog } from "../cli/program-files.ts";
import { catalogNames } from "./catalog-names.ts";
import { isFile } from "./locations.ts";

/** Texts by path that are open in the editor. */
export type OpenTexts = ReadonlyMap<string, string>;

export class Project {
  /** Files and folders, or one file alone. */
  readonly paths: readonly string[];
  private readonly isFlat: boolean;
  private readonly open: OpenTexts;
  private disk: PolicyFolder | undefined;
  private current: PolicySet | undefined;
  private isChanged = true;
  private catalogs = new Map<string, CatalogNames>();

  /**
   * @param isFlat whether the only path is a folder of which nothing below is looked at
   * @param open read anew after each `change`
   */
  constructor(paths: readonly string[], isFlat: boolean, open: OpenTexts) {
    this.paths = paths;
    this.isFlat = isFlat;
    this.open = open;
  }

  contains(path: string): boolean {
    if (this.isFlat) return this.paths.includes(dirname(path));
    return this.paths.some((root) => path === root || path.startsWith(root.endsWith(sep) ? root : root + sep));
  }

  /** A text in the editor changed. */
  change(): void {
    this.isChanged = true;
  }

  /** A file changed on the disk. */
  reload(): void {
    this.disk = undefined;
    this.catalogs = new Map();
    this.isChanged = true;
  }

  get set(): PolicySet {
    if (this.current === undefined || this.isChanged) {
      const { folder } = this;
      const sources = this.sources(folder);
      // A file that was saved is the text that was looked at already.
      if (!isSame(this.current, sources, folder.data)) this.current = new PolicySet(sources, folder.data, this.current);
      this.isChanged = false;
    }
    return this.current;
  }

  /** Of each file that has been looked at, what is wrong, files that cannot be read among them. */
  diagnostics(): ReadonlyMap<string, readonly Diagnostic[]> {
    const diagnostics = new Map(this.set.diagnostics());
    for (const { path, message } of this.folder.problems) {
      if (this.open.has(path) || !path.includes(sep) || isFolder(path)) continue;
      const span = { file: path, start: 0, end: 0, line: 1, column: 1 };
      const problem: Diagnostic = {
        code: "P001",
        severity: "error",
        message: `\`${basename(path)}\` ${message}`,
        span,
      };
      diagnostics.set(path, [...(diagnostics.get(path) ?? []), problem]);
    }
    return diagnostics;
  }

  /** Of the catalog that a file's tests use; nothing where there is none that can be read. */
  catalogOf(path: string): CatalogNames {
    const file = isFile(path) ? catalogFor(path) : undefined;
    if (file === undefined) return noCatalog;
    const known = this.catalogs.get(file) ?? readNames(file);
    this.catalogs.set(file, known);
    return known;
  }

  /** As the program's own `data.*`. */
  get data(): unknown {
    return this.folder.data;
  }

  private get folder(): PolicyFolder {
    return (this.disk ??= this.read());
  }

  private read(): PolicyFolder {
    const [only] = this.paths;
    const existing = this.paths.filter((path) => isFile(path) && existsSync(path));
    if (!this.isFlat || only === undefined) return readPolicyFolder(existing, true);
    const files = existing.length === 0 ? [] : readdirSync(only).filter((name) => isPolicyFile(name));
    return readPolicyFolder(
      files.map((name) => join(only, name)),
      true,
    );
  }

  /** In order of path, so that a new file's place does not depend on whether it is saved. */
  private sources(folder: PolicyFolder): SourceFile[] {
    const known = new Map([...(this.current?.files ?? [])].map(([path, { source }]) => [path, source]));
    const texts = new Map(folder.sources.map(({ path, text }) => [path, text]));
    for (const [path, text] of this.open) if (this.contains(path)) texts.set(path, text);
    return [...texts]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([path, text]) => {
        const before = known.get(path);
        return before?.text === text ? before : { path, text };
      });
  }
}

/** The same texts, of the same files, with the same data. @param sources with those of the set where they did not change */
function isSame(set: PolicySet | undefined, sources: readonly SourceFile[], data: unknown): set is PolicySet {
  return (
    set?.files.size === sources.length &&
    sources.every((source) => set.files.get(source.path)?.source === source) &&
    isDeepStrictEqual(set.data, data)
  );
}

/** Files of a folder that make up its policies. */
function isPolicyFile(name: string): boolean {
  return name.endsWith(policyEnding) || name === "data.json";
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** A catalog that is being written is not wrong for an editor: it knows no names until it can be read. */
function readNames(file: string): CatalogNames {
  try {
    return catalogNames(readCatalog(file));
  } catch {
    return noCatalog;
  }
}
