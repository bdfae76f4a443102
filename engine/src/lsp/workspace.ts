/** Which policy files belong together in the folders that are open in the editor. */
import { existsSync, statSync } from "node:fs";
import { basename, dirname, isAbsolute, join } from "node:path";
import { isFile } from "./locations.ts";
import { type OpenTexts, Project } from "./project.ts";

/** As `policy check` without arguments takes it. */
const defaultFolder = "policies";

/** Projects of single folders outside of the workspace that are kept. */
const outsideMax = 50;

export class Workspace {
  private readonly open: OpenTexts;
  private folders: readonly string[] = [];
  private configured: readonly string[] = [];
  private inside: Project[] = [];
  private outside: Project[] = [];

  constructor(open: OpenTexts) {
    this.open = open;
  }

  /** Folders of the workspace, by path. */
  setFolders(folders: readonly string[]): void {
    this.folders = folders.filter(isFile);
    this.divide();
  }

  /** @param paths what is checked together in each folder, relative to it; empty for its `policies` folder, or all of it */
  configure(paths: readonly string[]): void {
    this.configured = paths;
    this.divide();
  }

  private divide(): void {
    this.inside = this.folders.map((folder) => new Project(this.rootsIn(folder), false, this.open));
    this.outside = [];
  }

  private rootsIn(folder: string): string[] {
    if (this.configured.length > 0)
      return this.configured.map((path) => (isAbsolute(path) ? path : join(folder, path)));
    const policies = join(folder, defaultFolder);
    return [isFolder(policies) ? policies : folder];
  }

  /** Every project that has been looked at or stands in the workspace. */
  get projects(): readonly Project[] {
    return [...this.inside, ...this.outside];
  }

  /** The project of a file, made where it is in none: with the folder named `policies` that it is in, or the files beside it. */
  projectOf(path: string): Project {
    const known = this.projects.find((project) => project.contains(path));
    if (known !== undefined) return known;
    const project = this.newProject(path);
    this.outside = [...this.outside.slice(1 - outsideMax), project];
    return project;
  }

  private newProject(path: string): Project {
    if (!isFile(path)) return new Project([path], false, this.open);
    for (let folder = dirname(path); folder !== dirname(folder); folder = dirname(folder))
      if (basename(folder) === defaultFolder) return new Project([folder], false, this.open);
    return new Project([dirname(path)], true, this.open);
  }

  /** A folder for policies was made or removed: files may belong elsewhere now. */
  hasMoved(): boolean {
    return this.folders.some((folder, index) => {
      const roots = this.rootsIn(folder);
      return JSON.stringify(roots) !== JSON.stringify(this.inside[index]?.paths);
    });
  }

  refresh(): void {
    if (this.hasMoved()) this.divide();
    for (const project of this.projects) project.reload();
  }
}

function isFolder(path: string): boolean {
  return existsSync(path) && statSync(path).isDirectory();
}
