import { readFileSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { isExposedKey } from "./exposed-key.ts";
import { ConfigPrint } from "./config-print.ts";
import type { ConfigProblem } from "./problem.ts";
import { cannotRead } from "./system-error.ts";
import type { YamlDocument, YamlPath } from "./yaml-document.ts";

/** What the sections of the configuration need in the second pass: what their values name is looked up, and mistakes are gathered. */
export class SectionReader {
  /** The configuration itself. */
  readonly file: string;
  readonly problems: ConfigProblem[] = [];
  readonly warnings: string[] = [];
  /** Tells later whether another reading of the configuration differs, and where. */
  readonly print: ConfigPrint;
  readonly #folder: string;
  readonly #document: YamlDocument;
  readonly #environment: NodeJS.ProcessEnv;

  constructor(file: string, document: YamlDocument, environment: NodeJS.ProcessEnv, print: ConfigPrint) {
    this.print = print;
    this.file = file;
    this.#folder = dirname(resolve(file));
    this.#document = document;
    this.#environment = environment;
  }

  fail(at: YamlPath, problem: string, help?: string): void {
    this.problems.push(this.#document.problemAt(at, problem, help));
  }

  /** Absolute, whatever the working directory is. */
  path(file: string): string {
    return resolve(this.#folder, file);
  }

  /** `undefined` where that is a problem, which is told then. */
  readFile(at: YamlPath, file: string): string | undefined {
    try {
      const text = readFileSync(this.path(file), "utf8");
      this.print.note(at, text);
      return text;
    } catch (error) {
      this.fail(at, `\`${this.path(file)}\` ${cannotRead(error)}`);
      return undefined;
    }
  }

  /** `undefined` where that is a problem, which is told then. */
  variable(at: YamlPath, name: string): string | undefined {
    const value = this.#environment[name];
    if (value === undefined || value === "") {
      this.fail(
        at,
        `the environment variable \`${name}\` is ${value === "" ? "empty" : "not set"}`,
        `set ${name} where the proxy is started`,
      );
    }
    this.print.note(at, value ?? "");
    return value;
  }

  warnIfExposed(file: string, what: string): void {
    const path = this.path(file);
    try {
      const { mode } = statSync(path);
      if ((mode & 0o004) !== 0)
        this.warnings.push(`${what} can be read by every user of this machine: chmod o-r ${path}`);
    } catch {
      // That it cannot be read is reported by whoever reads it.
    }
  }

  failIfExposed(at: YamlPath, file: string, danger: string): void {
    const path = this.path(file);
    if (!isExposedKey(statSync(path), { uid: process.geteuid?.(), gid: process.getegid?.() })) return;
    this.fail(at, `the key file can be read or written by others, who could ${danger}`, `chmod 600 ${path}`);
  }
}

/** What no network lies between. */
export function isThisMachine(host: string): boolean {
  return host === "localhost" || host === "::1" || host.startsWith("127.") || host.startsWith("/");
}
