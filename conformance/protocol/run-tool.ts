import { spawn } from "node:child_process";
import { type ClientTool, requireTool } from "../support/client-tools.ts";

export interface ToolResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one of PostgreSQL's programs without blocking: the proxy lives in this process. */
export function runTool(
  tool: ClientTool,
  args: readonly string[],
  options: { readonly input?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<ToolResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(requireTool(tool), args, {
      env: { PATH: process.env["PATH"], HOME: "/nonexistent", LC_ALL: "C.UTF-8", ...options.env },
      timeout: 60_000,
    });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout, stderr }));
    child.stdin.end(options.input ?? "");
  });
}
