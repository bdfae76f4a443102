import { readdirSync, readFileSync } from "node:fs";

/** Processes that this one has started and that are still there, by the system (Linux). */
export function childrenOf(pid: number | undefined): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && parentOf(name) === String(pid))
    .map(Number);
}

function parentOf(pid: string): string | undefined {
  try {
    // proc(5): pid, name in brackets, state, parent. A zombie is gone for everybody but its parent.
    return /\) [^Z] (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, "utf8"))?.[1];
  } catch {
    return undefined;
  }
}
