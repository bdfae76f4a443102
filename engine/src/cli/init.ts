import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { printable } from "@penstock/language";
import type { Command } from "commander";
import { UsageError } from "./exit-codes.ts";

/** What a folder begins with, from the files of `starter/`. */
const files: readonly (readonly [path: string, starter: string])[] = [
  ["policies/guard.policy", "policies/guard.policy"],
  ["policies/guard_test.policy", "policies/guard_test.policy"],
  ["policies/testdata/catalog.json", "policies/testdata/catalog.json"],
  [".github/workflows/policies.yml", "github/policies.yml"],
];

/** `policy init`: all of it or nothing; what is there already is not touched. */
export function registerInit(program: Command): void {
  program
    .command("init")
    .description("Begin a folder of policies: a small policy, its test, a catalog to test against, and a CI file.")
    .argument("[folder]", "where; made where it is missing", ".")
    .action((folder: string) => {
      const present = files.map(([path]) => join(folder, path)).filter((path) => existsSync(path));
      if (present.length > 0) {
        const named = present.map((path) => `\`${path}\``).join(", ");
        throw new UsageError(`${named}: there already; nothing was written. Name another folder, or move it away`);
      }
      for (const [path, starter] of files) {
        const target = join(folder, path);
        write(target, readFileSync(new URL(`./starter/${starter}`, import.meta.url), "utf8"));
        console.log(printable(target));
      }
      const inside = folder === "." ? "" : `cd ${printable(folder)} && `;
      console.log(`\nNext: ${inside}npx policy test`);
    });
}

/** @throws UsageError where it cannot be written, or came to be there meanwhile */
function write(path: string, text: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text, { flag: "wx" });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new UsageError(`\`${path}\` cannot be written: ${code}`, { cause: error });
  }
}
