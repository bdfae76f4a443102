/**
 * Cleaning up that outlives this process: a shell whose standard input is a pipe that only we hold open. When the pipe closes,
 * because we ask for it or because this process died (even by SIGKILL), the shell ends what it started and removes the folder.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";

export interface Guard {
  readonly pid: number;
  /** What the command wrote to its standard error, the last 64 KiB of it. */
  readonly log: () => string;
  /** Whether the command has ended (its standard error is closed). */
  readonly ended: () => boolean;
  /** Ends the command, removes the folder, and waits for both. May be called twice. */
  readonly close: () => Promise<void>;
}

export interface GuardedCommand {
  readonly file: string;
  readonly args: readonly string[];
  /** Signal name without SIG that ends the command. */
  readonly endWith: string;
  readonly uid?: number;
  readonly gid?: number;
}

const logCharactersMax = 64 * 1024;

/** `exec 2>/dev/null` leaves the command as the only holder of standard error, so that we see its end. */
const script = `
folder=$1; signal=$2; shift 2
if [ $# -gt 0 ]; then "$@" & command=$!; fi
exec 2>/dev/null
cat >/dev/null
if [ -n "$command" ]; then kill -"$signal" "$command"; wait "$command"; fi
rm -rf "$folder"
`;

/** Pipes to a child are sockets, which can be left out of what keeps a process going. */
function unref(stream: object & { readonly unref: unknown }): void {
  if (typeof stream.unref === "function") stream.unref();
}

/** Removes `folder` when this process is gone or `close` is called; runs `command` until then. */
export function guard(folder: string, command?: GuardedCommand): Guard {
  const child: ChildProcess = spawn(
    "/bin/sh",
    [
      "-c",
      script,
      "penstock-guard",
      folder,
      command?.endWith ?? "",
      ...(command ? [command.file, ...command.args] : []),
    ],
    {
      cwd: "/",
      // A session of its own: Ctrl-C in the terminal reaches us, who then end things in order.
      detached: true,
      stdio: ["pipe", "ignore", "pipe"],
      env: { PATH: process.env["PATH"] ?? "/usr/bin:/bin", LC_ALL: "C", TZ: "UTC" },
      ...(command?.uid === undefined ? {} : { uid: command.uid }),
      ...(command?.gid === undefined ? {} : { gid: command.gid }),
    },
  );
  let log = "";
  let ended = false;
  child.stderr?.setEncoding("utf8");
  child.stderr?.on("data", (chunk: string) => {
    log = (log + chunk).slice(-logCharactersMax);
  });
  child.stderr?.on("close", () => {
    ended = true;
  });
  child.on("error", (error) => {
    log += error.message;
    ended = true;
  });
  // Who forgets to close us must not hang: the process may end, and the pipe then closes by itself.
  child.unref();
  for (const stream of [child.stdin, child.stderr]) if (stream !== null && "unref" in stream) unref(stream);
  return {
    pid: child.pid ?? -1,
    log: () => log,
    ended: () => ended,
    async close() {
      if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
      child.ref();
      const exited = once(child, "exit");
      child.stdin?.end();
      await exited;
      // As another user the shell may empty the folder, but not take it out of a folder that is only ours.
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
