import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Fence } from "./markdown.ts";

const commands: Readonly<Record<string, string>> = {
  policy: new URL("../../engine/bin/policy.js", import.meta.url).pathname,
  "policy-proxy": new URL("../../proxy/bin/policy-proxy.ts", import.meta.url).pathname,
};

/** A command that a page shows, what it printed and what it should. */
export interface Ran {
  readonly command: string;
  readonly printed: string;
  readonly expected: RegExp;
}

/** Writes the page's files into a folder and runs its console fences there, in order, as a reader would. */
export function runConsole(fences: readonly Fence[]): Ran[] {
  const ran: Ran[] = [];
  const folder = mkdtempSync(join(tmpdir(), "penstock-docs-"));
  try {
    for (const fence of fences) {
      const file = fence.attributes.get("file");
      if (file !== undefined) {
        mkdirSync(dirname(join(folder, file)), { recursive: true });
        writeFileSync(join(folder, file), `${fence.text}\n`);
      } else if (fence.language === "console") ran.push(...runFence(folder, fence));
    }
    return ran;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** `$ COMMAND` and what it prints, in turn. */
function runFence(folder: string, fence: Fence): Ran[] {
  const parts = `\n${fence.text}`.split("\n$ ").slice(1);
  return parts.map((part) => {
    const [command = "", ...printed] = part.split("\n");
    const [name = "", ...rest] = command.split(" ");
    // `node FILE`: a file of the page.
    const script = name === "node" ? rest.shift() : commands[name];
    if (script === undefined)
      throw new Error(`line ${fence.line}: no command \`${name}\` in the documentation's console`);
    const { GITHUB_WORKSPACE: _, ...environment } = process.env;
    const { stdout, stderr } = spawnSync("sh", ["-c", `"$NODE" "$SCRIPT" ${rest.join(" ")}`], {
      cwd: folder,
      encoding: "utf8",
      env: { ...environment, NODE: process.execPath, SCRIPT: script },
    });
    return {
      command: `line ${fence.line}: ${command}`,
      printed: (stdout + stderr).trimEnd(),
      expected: patternOf(printed.join("\n")),
    };
  });
}

/** `…` stands for any text, `N ms` for any time. */
function patternOf(printed: string): RegExp {
  const literal = printed.trimEnd().replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`^${literal.replaceAll("…", "[^]*?").replaceAll("N ms", "\\d+(?:\\.\\d+)? ms")}$`);
}
