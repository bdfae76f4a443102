import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, join, relative, sep } from "node:path";
import type { SourceFile } from "@penstock/language";

/** The files of a policy folder, as `compile` takes them. */
export interface PolicyFolder {
  readonly sources: readonly SourceFile[];
  /** `data.*`: each `data.json` stands at the path of its folder, as in OPA: `pii/data.json` is `data.pii`. */
  readonly data: Readonly<Record<string, unknown>>;
  /** Files that could not be read as what they are; where there are any, nothing may be compiled. */
  readonly problems: readonly FileProblem[];
}

export interface FileProblem {
  readonly path: string;
  readonly message: string;
}

export const policyEnding = ".policy";
const testEnding = "_test.policy";

/**
 * Reads policy files and folders (recursively, in order of name, so that the same tree gives the same program).
 * @param withTests whether `*_test.policy` files and what lies in `testdata` folders belong to it: for `policy test` and `policy check`.
 */
export function readPolicyFolder(paths: readonly string[], withTests: boolean): PolicyFolder {
  const sources: SourceFile[] = [];
  const data: Record<string, unknown> = {};
  const problems: FileProblem[] = [];
  const read = (path: string): string | undefined => {
    const text = readPolicyText(path);
    if (typeof text === "string") return text;
    problems.push({ path, message: text.problem });
    return undefined;
  };
  for (const root of paths) {
    for (const path of filesUnder(root, problems)) {
      const inTestdata = path.split(sep).includes("testdata");
      if (path.endsWith(policyEnding)) {
        if (!withTests && (path.endsWith(testEnding) || inTestdata)) continue;
        const text = read(path);
        if (text !== undefined) sources.push({ path, text });
      } else if (basename(path) === "data.json" && !inTestdata) {
        const text = read(path);
        if (text !== undefined) mount(data, root, path, text, problems);
      }
    }
  }
  if (sources.length === 0 && problems.length === 0) {
    problems.push({ path: paths.join(", "), message: `is or holds no ${policyEnding} file` });
  }
  return { sources, data, problems };
}

function filesUnder(path: string, problems: FileProblem[]): string[] {
  try {
    if (!statSync(path).isDirectory()) return [path];
    return readdirSync(path, { withFileTypes: true })
      .filter((entry) => !entry.name.startsWith(".") && entry.name !== "node_modules")
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .flatMap((entry) => filesUnder(join(path, entry.name), problems));
  } catch (error) {
    problems.push({ path, message: `cannot be read: ${(error as NodeJS.ErrnoException).code ?? String(error)}` });
    return [];
  }
}

/**
 * A policy that is not text must not be read as a shorter one: NUL and invalid UTF-8 are problems, not characters.
 * @param path a file, or 0 for standard input
 */
export function readPolicyText(path: string | 0): string | { readonly problem: string } {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(readFileSync(path));
    if (text.includes("\0")) return { problem: "holds a NUL byte: not a text file, or cut in the middle" };
    if (text.trim() === "") return { problem: "is empty: not a policy, or cut off" };
    return text;
  } catch (error) {
    if (error instanceof TypeError) return { problem: "is not valid UTF-8: not a text file, or cut in the middle" };
    return { problem: `cannot be read: ${(error as NodeJS.ErrnoException).code ?? String(error)}` };
  }
}

function mount(data: Record<string, unknown>, root: string, path: string, text: string, problems: FileProblem[]): void {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    problems.push({ path, message: `is not JSON: ${(error as Error).message}` });
    return;
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    problems.push({ path, message: "must hold a JSON object" });
    return;
  }
  const base = statSync(root).isDirectory() ? root : dirname(root);
  const folders = relative(base, dirname(path))
    .split(sep)
    .filter((part) => part !== "");
  let place = data;
  for (const folder of folders) {
    const next = (place[folder] ??= {});
    if (typeof next !== "object" || next === null) {
      problems.push({ path, message: `data.${folders.join(".")} is already something else` });
      return;
    }
    place = next as Record<string, unknown>;
  }
  for (const [key, field] of Object.entries(value)) {
    if (Object.hasOwn(place, key))
      problems.push({ path, message: `data.${[...folders, key].join(".")} is defined twice` });
    place[key] = field;
  }
}
